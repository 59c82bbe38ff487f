"""What arrives on a connection of the first reads is the response to the request that was sent on it, or nothing is."""

import asyncio
import select
from collections.abc import AsyncIterator, Callable

import pytest

from services.aws.client.direct.requests import Requests
from services.aws.client.errors import AwsError
from services.aws.client.session import AwsSession
from tests.faults.server import FaultServer, _request, answer
from tests.faults.waiting import until


def http(body: bytes) -> bytes:
    return f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


class RawServer:
    """Sends the next of `replies`, byte for byte, for each request."""

    def __init__(self) -> None:
        self.replies: list[bytes] = []
        self.writers: list[asyncio.StreamWriter] = []
        self.url = ""

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.writers.append(writer)
        try:
            while await _request(reader) is not None and self.replies:
                writer.write(self.replies.pop(0))
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()


@pytest.fixture
async def raw() -> AsyncIterator[RawServer]:
    running = RawServer()
    server = await asyncio.start_server(running.handle, "127.0.0.1", 0)
    running.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    yield running
    server.close()


def alarm(name: str) -> bytes:
    return b'{"MetricAlarms": [{"AlarmName": "%s"}]}' % name.encode()


async def names(session: AwsSession) -> list[str]:
    response = await session.read("cloudwatch", "DescribeAlarms")
    return [each["AlarmName"] for each in response["MetricAlarms"]]


async def test_what_arrives_between_two_requests_is_not_the_next_response(
    open_session: Callable[..., AwsSession], raw: RawServer
) -> None:
    session = open_session(endpoint_url=raw.url)
    raw.replies = [http(alarm("first")), http(alarm("second"))]
    assert await names(session) == ["first"]
    (connections,) = session._direct._connections.values()
    (connection,) = connections._idle
    raw.writers[0].write(http(alarm("forged")))
    await until(lambda: select.select([connection.sock], [], [], 0)[0])
    assert await names(session) == ["second"]
    assert session._login is None
    assert len(raw.writers) == 2


@pytest.mark.parametrize("status", ["102 Processing", "103 Early Hints"])
async def test_a_response_that_another_one_follows_is_none(
    status: str, open_session: Callable[..., AwsSession], raw: RawServer
) -> None:
    session = open_session(endpoint_url=raw.url)
    interim = f"HTTP/1.1 {status}\r\n\r\n".encode()
    raw.replies = [interim + http(alarm("first")), http(alarm("second"))]
    assert await names(session) in (["first"], ["second"])


@pytest.mark.parametrize(
    "date", ["Mon, 16 Nov 2009 13:32:02 +9999999999999999", "Mon, 16 Nov 99999999999 13:32:02 GMT"]
)
@pytest.mark.parametrize("is_loaded", [False, True])
async def test_a_date_beyond_all_dates_is_no_fault(
    date: str, is_loaded: bool, open_session: Callable[..., AwsSession], server: FaultServer
) -> None:
    session = open_session()
    if is_loaded:
        await session._loaded()
    server.always(answer({"MetricAlarms": []}, headers={"Date": date}))
    assert (await session.read("cloudwatch", "DescribeAlarms"))["MetricAlarms"] == []
    assert session.skew_seconds is None


@pytest.mark.parametrize("is_loaded", [False, True])
async def test_a_region_that_cannot_be_sent_is_said_in_words(
    is_loaded: bool, open_session: Callable[..., AwsSession], server: FaultServer
) -> None:
    session = open_session(region="東京\n1")
    if is_loaded:
        await session._loaded()
    with pytest.raises(AwsError):
        await session.read("cloudwatch", "DescribeAlarms")
    assert server.seen == []


@pytest.mark.parametrize(
    "url", ["ftp://aws.example", "aws.example", "//aws.example", "http://", "http://a:99999"]
)
def test_an_address_that_is_none_is_for_the_sdk(url: str) -> None:
    assert Requests("logs").endpoint(url, "ap-northeast-1") == ""
