"""Every answer is checked against botocore's model."""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

import pytest
from aiobotocore.config import AioConfig
from aiobotocore.session import get_session
from botocore.exceptions import ClientError

from tests.services.demo.shapes import assert_output_shape

_SESSION = get_session()


@asynccontextmanager
async def client(url: str, service: str, read_timeout: float = 60) -> AsyncIterator[Any]:
    """One attempt, no retries."""
    config = AioConfig(
        retries={"total_max_attempts": 1, "mode": "standard"},
        inject_host_prefix=False,
        read_timeout=read_timeout,
    )
    async with _SESSION.create_client(
        service,
        region_name="ap-northeast-1",
        endpoint_url=url,
        aws_access_key_id="AKIATESTTESTTESTTEST",
        aws_secret_access_key="test",
        config=config,
    ) as sdk_client:
        yield sdk_client


async def ask(url: str, service: str, operation: str, /, **params: Any) -> dict[str, Any]:
    async with client(url, service) as asked:
        answer: dict[str, Any] = await asked._make_api_call(operation, params)
    answer.pop("ResponseMetadata")
    return assert_output_shape(service, operation, answer)


async def refused(url: str, service: str, operation: str, /, **params: Any) -> tuple[str, int, str]:
    """(code, HTTP status, message) of the refusal."""
    with pytest.raises(ClientError) as caught:
        await ask(url, service, operation, **params)
    response = caught.value.response
    return (
        response["Error"]["Code"],
        response["ResponseMetadata"]["HTTPStatusCode"],
        response["Error"]["Message"],
    )


async def sums(
    url: str,
    namespace: str,
    name: str,
    dimensions: Iterable[tuple[str, str]],
    start: datetime | int,
    end: datetime | int,
    period: int = 60,
) -> list[float]:
    """The sums of a metric, oldest first."""
    pairs = [{"Name": key, "Value": value} for key, value in dimensions]
    metric = {"Namespace": namespace, "MetricName": name, "Dimensions": pairs}
    query = {"Id": "m", "MetricStat": {"Metric": metric, "Period": period, "Stat": "Sum"}}
    answer = await ask(
        url, "cloudwatch", "GetMetricData",
        MetricDataQueries=[query], StartTime=start, EndTime=end, ScanBy="TimestampAscending",
    )  # fmt: skip
    return list(answer["MetricDataResults"][0]["Values"])
