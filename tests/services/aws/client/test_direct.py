"""The first reads, sent without the SDK's client, are the requests that it would send, and say what it would say.

The faults, limits, redirects and refusals of a read are tested with both senders: see `SENDERS` in `conftest`.
"""

import asyncio
import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from aiobotocore.session import get_session
from botocore.parsers import ResponseParserError
from hypothesis import given, settings
from hypothesis import strategies as st

from services.aws.client.direct.connections import Answer
from services.aws.client.direct.requests import Requests
from services.aws.client.direct.sender import SERVICES
from services.aws.client.errors import AwsError, Refused
from services.aws.client.meter import UsageMeter
from services.aws.client.sdk.parsers import Parsers
from services.aws.client.session import AwsSession
from services.aws.client.settings import AwsSettings
from tests.faults.server import FAULTS, FaultServer, Manner, Reply, answer
from tests.faults.time_limits import LIMIT, TimeLimits
from tests.faults.waiting import until
from tests.services.aws.client.test_parsers import MODELS, _parse, _shape, _values

ROOT = Path(__file__).parents[4]
READS: list[tuple[str, str, dict[str, Any]]] = [
    ("cloudwatch", "DescribeAlarms", {}),
    ("cloudwatch", "DescribeAlarms", {"AlarmTypes": ["MetricAlarm", "CompositeAlarm"], "MaxRecords": 100}),
    ("cloudwatch", "DescribeAlarms", {"AlarmNames": ["alb-5xx-error-rate", "日本語"]}),
    ("cloudwatch", "DescribeAlarms", {"StateValue": "ALARM"}),
    ("cloudwatch", "DescribeAlarmHistory", {"StartDate": 1_775_000_000, "ScanBy": "TimestampDescending"}),
    ("cloudwatch", "ListAlarmMuteRules", {}),
    ("cloudwatch", "ListDashboards", {}),
    ("logs", "DescribeLogGroups", {"logGroupNamePrefix": "/ecs/"}),
    ("logs", "FilterLogEvents", {"logGroupName": "/ecs/staff-api", "limit": 3}),
]


async def by_both(open_session: Callable[..., AwsSession], *read: Any, **more: Any) -> list[Any]:
    """What a session says that has no SDK yet, and one that has."""
    service, operation, params = read
    answers: list[Any] = []
    for is_loaded in (False, True):
        session = open_session(**more)
        if is_loaded:
            await session._loaded()
        try:
            answers.append(await session.read(service, operation, **params))
        except AwsError as error:
            answers.append(error.problem)
        assert (session._login is not None) >= is_loaded
    return answers


def without_metadata(answer: Any) -> Any:
    return {key: value for key, value in answer.items() if key != "ResponseMetadata"}


@pytest.mark.parametrize("read", READS, ids=lambda read: f"{read[1]} {list(read[2])}")
async def test_the_requests_are_the_same(
    read: Any, open_session: Callable[..., AwsSession], server: FaultServer
) -> None:
    server.always(answer({"MetricAlarms": []}))
    await by_both(open_session, *read)
    direct, sdk = server.seen
    assert (direct.path, direct.operation, direct.json) == (sdk.path, sdk.operation, sdk.json)
    for name in ("host", "content-type", "x-amz-target", "x-amzn-query-mode", "accept-encoding"):
        assert direct.headers.get(name) == sdk.headers.get(name), name
    scopes = [
        request.headers["authorization"].partition("/")[2].partition(",")[0] for request in (direct, sdk)
    ]
    assert scopes[0] == scopes[1]


@pytest.mark.parametrize("read", READS, ids=lambda read: f"{read[1]} {list(read[2])}")
async def test_the_embedded_aws_says_the_same_to_both(read: Any, embedded: Any) -> None:
    sessions: list[AwsSession] = []

    def open_session() -> AwsSession:
        meter = UsageMeter(embedded.clock)
        sessions.append(AwsSession(AwsSettings(**embedded.settings()), clock=embedded.clock, meter=meter))
        return sessions[-1]

    direct, sdk = await by_both(open_session, *read)
    assert sessions[0]._login is None, "the SDK was not needed"
    assert without_metadata(direct) == without_metadata(sdk)
    assert direct["ResponseMetadata"].keys() == sdk["ResponseMetadata"].keys()
    assert [session.skew_seconds is None for session in sessions] == [False, False]
    for session in sessions:
        await session.close()


REQUESTS = {service: Requests(service) for service in SERVICES}


@pytest.mark.parametrize(
    ("service", "operation"),
    [("cloudwatch", "DescribeAlarms"), ("cloudwatch", "DescribeAlarmHistory"), ("logs", "FilterLogEvents")],
)
@settings(max_examples=30 if settings.default.derandomize else settings.default.max_examples)
@given(data=st.data())
def test_every_shape_of_an_answer_is_read_alike(service: str, operation: str, data: st.DataObject) -> None:
    shape = _shape(service, operation)
    body = data.draw(
        st.just(b"") | st.binary(max_size=9) | _values(shape).map(lambda value: json.dumps(value).encode())
    )

    def said(parse: Callable[[], Any]) -> Any:
        try:
            return without_metadata(parse())
        except ResponseParserError as error:
            return str(error)

    class Sent:
        model = MODELS[service].operation_model(operation)

    direct = said(lambda: REQUESTS[service].parsed(Sent, Answer(200, {}, body)))  # type: ignore[arg-type]
    assert direct == said(lambda: _parse(Parsers().create_parser("json"), body, shape))


@pytest.mark.parametrize("service", sorted(SERVICES))
async def test_the_endpoints_are_those_of_the_sdk(service: str, aws_home: Path) -> None:
    session = get_session()
    partitions = session.get_available_partitions()
    regions: list[str] = []
    for partition in partitions:
        regions += await session.get_available_regions(service, partition, allow_non_regional=True)
    ours = 0
    for region in regions:
        url = REQUESTS[service].endpoint("", region)
        if url:
            ours += 1
            async with session.create_client(service, region_name=region) as client:
                assert client.meta.endpoint_url == url
    assert ours > 20
    assert REQUESTS[service].endpoint("", "ap-northeast-1")
    for region in ("cn-north-1", "us-gov-west-1", "us-iso-east-1", "eusc-de-east-1", "", "evil.example/"):
        assert REQUESTS[service].endpoint("", region) == ""


@pytest.mark.parametrize(
    ("given_url", "url"),
    [
        ("http://127.0.0.1:4566", "http://127.0.0.1:4566"),
        ("https://aws.example/", "https://aws.example"),
        ("https://aws.example/path", ""),
        ("https://user@aws.example", ""),
        ("https://aws.example?x=1", ""),
    ],
)
def test_only_a_plain_custom_endpoint_is_ours(given_url: str, url: str) -> None:
    assert REQUESTS["logs"].endpoint(given_url, "ap-northeast-1") == url


async def test_the_sdk_reads_where_we_cannot(
    open_session: Callable[..., AwsSession], server: FaultServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_NEW_AND_UNHEARD_OF", "1")
    server.always(answer({"MetricAlarms": []}))
    session = open_session()
    assert await session.read("cloudwatch", "DescribeAlarms")
    assert len(server.seen) == 1
    assert session._login is not None


async def test_what_is_not_on_the_list_is_not_sent(session: AwsSession, server: FaultServer) -> None:
    for operation in ("DeleteAlarms", "DisableAlarmActions"):
        with pytest.raises(Refused):
            await session.read("cloudwatch", operation, AlarmNames=["a"])
    with pytest.raises(Refused):
        await session.read("logs", "DeleteLogGroup", logGroupName="a")
    assert server.seen == []


async def test_after_a_failure_the_sdk_sends_everything(session: AwsSession, server: FaultServer) -> None:
    good = answer({"MetricAlarms": []})
    server.respond = lambda _seen: FAULTS["503"] if len(server.seen) == 1 else good
    await session.read("cloudwatch", "DescribeAlarms")
    await session.read("cloudwatch", "DescribeAlarms")
    assert ["aiobotocore" in request.headers["user-agent"] for request in server.seen][1:] == [True, True]


async def test_a_connection_is_used_again_and_a_stale_one_is_replaced(
    open_session: Callable[..., AwsSession], server: FaultServer
) -> None:
    session = open_session()
    server.always(answer({"MetricAlarms": []}))
    for _ in range(3):
        await session.read("cloudwatch", "DescribeAlarms")
    assert session._login is None
    server.respond = lambda _seen: (
        Reply(manner=Manner.CLOSE) if len(server.seen) == 4 else answer({"MetricAlarms": []})
    )
    assert (await session.read("cloudwatch", "DescribeAlarms"))["MetricAlarms"] == []


async def test_a_read_that_is_given_up_ends_its_thread(
    open_session: Callable[..., AwsSession], server: FaultServer
) -> None:
    def threads() -> int:
        return sum(thread.name == "may-hang" for thread in threading.enumerate())

    before = threads()
    session = open_session()
    server.always(Reply(manner=Manner.HANG))
    reading = asyncio.create_task(session.read("cloudwatch", "DescribeAlarms"))
    await until(lambda: server.seen)
    assert threads() > before
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    await until(lambda: threads() == before)


async def test_the_time_of_a_read_includes_the_attempts_of_the_sdk(
    open_session: Callable[..., AwsSession], server: FaultServer, limits: TimeLimits
) -> None:
    session = open_session()
    server.always(Reply(manner=Manner.HANG))
    reading = asyncio.create_task(session.read("cloudwatch", "DescribeAlarms", timeout=LIMIT))
    await limits.pass_when(lambda: server.seen)
    with pytest.raises(AwsError):
        await reading
    assert len(server.seen) == 1


async def test_the_first_reads_go_before_the_import_of_the_sdk(
    open_session: Callable[..., AwsSession], server: FaultServer
) -> None:
    session = open_session()
    server.always(answer({"MetricAlarms": []}))
    first = asyncio.create_task(session.read("cloudwatch", "DescribeAlarms"))
    warming = asyncio.create_task(session.warm(()))
    await first
    assert "aiobotocore" not in server.seen[0].headers["user-agent"]
    await warming
    await session.read("cloudwatch", "DescribeAlarms")
    assert "aiobotocore" in server.seen[1].headers["user-agent"]


async def test_secrets_of_direct_reads_are_known(
    open_session: Callable[..., AwsSession], server: FaultServer
) -> None:
    session = open_session()
    server.always(answer({"MetricAlarms": []}))
    await session.read("cloudwatch", "DescribeAlarms")
    assert session._login is None
    assert "canary-of-the-tests" in session.secrets()
