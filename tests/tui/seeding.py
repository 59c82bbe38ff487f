"""A plain AWS client, as a person would use it to fill an account."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiobotocore.session import get_session


@asynccontextmanager
async def client(service: str, url: str) -> AsyncIterator[Any]:
    """A client of the SDK's own making, without anything of the console's."""
    async with get_session().create_client(
        service, region_name="ap-northeast-1", endpoint_url=url
    ) as sdk_client:
        yield sdk_client


async def put_lines(logs: Any, group: str, stream: str, lines: list[tuple[int, str]]) -> None:
    """Put (epoch milliseconds, text) in batches as the service allows."""
    for first in range(0, len(lines), 1000):
        events = [{"timestamp": at, "message": text} for at, text in lines[first : first + 1000]]
        await logs.put_log_events(logGroupName=group, logStreamName=stream, logEvents=events)


async def make_group(logs: Any, group: str, *streams: str) -> None:
    await logs.create_log_group(logGroupName=group)
    for stream in streams:
        await logs.create_log_stream(logGroupName=group, logStreamName=stream)
