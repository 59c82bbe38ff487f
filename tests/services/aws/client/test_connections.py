import asyncio

import pytest

from services.aws.client.errors import AwsError
from tests.faults.server import _request, answer


def http(body):
    return f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


class RawServer:
    def __init__(self):
        self.replies: list[bytes] = []
        self.writers: list[asyncio.StreamWriter] = []
        self.url = ""
        self.ended = asyncio.Event()

    async def handle(self, reader, writer):
        self.writers.append(writer)
        try:
            while await _request(reader) is not None and self.replies:
                writer.write(self.replies.pop(0))
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            self.ended.set()
            writer.close()


@pytest.fixture
async def raw():
    running = RawServer()
    server = await asyncio.start_server(running.handle, "127.0.0.1", 0)
    running.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    yield running
    server.close()


def alarm(name):
    return b'{"MetricAlarms": [{"AlarmName": "%s"}]}' % name.encode()


async def names(session):
    response = await session.read("cloudwatch", "DescribeAlarms")
    return [each["AlarmName"] for each in response["MetricAlarms"]]


async def test_what_arrives_between_two_requests_is_not_the_next_response(open_session, raw):
    session = open_session(endpoint_url=raw.url)
    raw.replies = [http(alarm("first")), http(alarm("second"))]
    assert await names(session) == ["first"]
    raw.writers[0].write(http(alarm("forged")))
    # Once it has arrived, the client has ended the connection.
    await raw.ended.wait()
    assert await names(session) == ["second"]
    assert len(raw.writers) == 2


@pytest.mark.parametrize("status", ["102 Processing", "103 Early Hints"])
async def test_a_response_that_another_one_follows_is_none(status, open_session, raw):
    session = open_session(endpoint_url=raw.url)
    interim = f"HTTP/1.1 {status}\r\n\r\n".encode()
    raw.replies = [interim + http(alarm("first")), http(alarm("second"))]
    assert await names(session) in (["first"], ["second"])


@pytest.mark.parametrize(
    "date", ["Mon, 16 Nov 2009 13:32:02 +9999999999999999", "Mon, 16 Nov 99999999999 13:32:02 GMT"]
)
async def test_a_date_beyond_all_dates_is_no_fault(date, session, server):
    server.always(answer({"MetricAlarms": []}, headers={"Date": date}))
    assert (await session.read("cloudwatch", "DescribeAlarms"))["MetricAlarms"] == []
    assert session.skew_seconds is None


async def test_a_region_that_cannot_be_sent_is_said_in_words(open_session, server):
    session = open_session(region="東京\n1")
    with pytest.raises(AwsError):
        await session.read("cloudwatch", "DescribeAlarms")
    assert server.seen == []
