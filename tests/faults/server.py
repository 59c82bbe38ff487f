import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email.utils import formatdate
from enum import Enum
from typing import Any
from urllib.parse import parse_qs


class Manner(Enum):
    WHOLE = "whole"
    RESET = "reset"
    CLOSE = "close"
    HANG = "hang"
    HEADERS_ONLY = "headers only"
    DRIP = "drip"
    TRUNCATED = "truncated"


@dataclass(frozen=True)
class Reply:
    body: bytes = b"{}"
    status: int = 200
    manner: Manner = Manner.WHOLE
    type: str = "application/x-amz-json-1.1"
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Seen:
    operation: str  # `DescribeAlarms`, from X-Amz-Target or the Action parameter
    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def access_key(self) -> str:
        return self.headers.get("authorization", "").partition("Credential=")[2].partition("/")[0]

    @property
    def json(self) -> Any:
        return json.loads(self.body)


REQUEST_ID = "4e8b1c9a-0000-4000-8000-70ba70ba70ba"


def answer(value: Any, **more: Any) -> Reply:
    headers = {"x-amzn-RequestId": REQUEST_ID, **more.pop("headers", {})}
    return Reply(json.dumps(value).encode(), headers=headers, **more)


def failure(code: str, message: str = "", status: int = 400) -> Reply:
    return answer({"__type": code, "message": message}, status=status)


def xml(operation: str, inner: str, request_id: str = REQUEST_ID) -> Reply:
    metadata = f"<ResponseMetadata><RequestId>{request_id}</RequestId></ResponseMetadata>"
    text = (
        f"<{operation}Response><{operation}Result>{inner}</{operation}Result>{metadata}</{operation}Response>"
    )
    return Reply(text.encode(), type="text/xml")


HTML = b"<!DOCTYPE html><html><head><title>Sign in</title></head><body><p>Please sign in<br></body></html>"
_GOOD = b'{"MetricAlarms": [{"AlarmName": "a"}], "CompositeAlarms": []}'

FAULTS: dict[str, Reply] = {
    "reset": Reply(manner=Manner.RESET),
    "close": Reply(manner=Manner.CLOSE),
    "hang": Reply(manner=Manner.HANG),
    "headers only": Reply(_GOOD, manner=Manner.HEADERS_ONLY),
    "slow drip": Reply(_GOOD, manner=Manner.DRIP),
    "truncated": Reply(_GOOD, manner=Manner.TRUNCATED),
    "html with 200": Reply(HTML, type="text/html"),
    "well-formed html with 200": Reply(b"<html><body>hello</body></html>", type="text/html"),
    "empty with 200": Reply(b""),
    "empty object": Reply(b"{}"),
    "garbage": Reply(b"\x00\x01\x02garbage"),
    "bad utf-8": Reply(b'{"MetricAlarms": [{"AlarmName": "\xff\xfe"}]}'),
    "a list": Reply(b"[]"),
    "a text": Reply(b'"MetricAlarms"'),
    "wrong types": Reply(b'{"MetricAlarms": {"a": 1}}'),
    "wrong types deep down": Reply(b'{"MetricAlarms": [{"AlarmName": "a", "AlarmActions": {"a": 1}}]}'),
    "wrong types of texts": Reply(b'{"MetricAlarms": [], "NextToken": 5}'),
    "deep nesting": Reply(b'{"MetricAlarms": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"),
    "html with 502": Reply(HTML, 502, type="text/html"),
    "html with 403": Reply(HTML, 403, type="text/html"),
    "redirect": Reply(b"", 302, headers={"Location": "http://127.0.0.1:9/"}),
    "500": failure("InternalFailure", status=500),
    "503": failure("ServiceUnavailable", status=503),
    "throttled": failure("ThrottlingException", "Rate exceeded"),
    "429": Reply(b"", 429),
}
NEVER_ENDING = {"hang", "headers only", "slow drip"}  # Those that only a time limit ends


class FaultServer:
    def __init__(self) -> None:
        self.seen: list[Seen] = []
        self.respond: Callable[[Seen], Reply] = lambda _seen: Reply()
        self.url = ""
        self.connections = 0
        self.released = asyncio.Event()  # Set at the end, which releases every hanging request

    @property
    def counts(self) -> Counter[str]:
        return Counter(request.operation for request in self.seen)

    def always(self, reply: Reply) -> None:
        self.respond = lambda _seen: reply

    def by_operation(self, replies: Mapping[str, Reply]) -> None:
        self.respond = lambda request: replies.get(request.operation) or failure("UnknownOperationException")

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while (request := await _request(reader, writer)) is not None:
                self.seen.append(request)
                if not await self._send(self.respond(request), writer):
                    break
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def _send(self, reply: Reply, writer: asyncio.StreamWriter) -> bool:
        if reply.manner is Manner.HANG:
            await self.released.wait()
        if reply.manner in (Manner.RESET, Manner.CLOSE, Manner.HANG):
            if reply.manner is Manner.RESET:
                writer.transport.abort()
            return False
        headers = {
            "Content-Type": reply.type,
            "Content-Length": str(len(reply.body)),
            "Date": formatdate(usegmt=True),
        }
        lines = "".join(f"{name}: {value}\r\n" for name, value in {**headers, **reply.headers}.items())
        writer.write(f"HTTP/1.1 {reply.status} X\r\n{lines}\r\n".encode())
        if reply.manner is Manner.HEADERS_ONLY:
            await self.released.wait()
            return False
        if reply.manner is Manner.DRIP:
            await self._drip(reply.body, writer)
            return False
        writer.write(reply.body[: len(reply.body) // 2] if reply.manner is Manner.TRUNCATED else reply.body)
        await writer.drain()
        return reply.manner is Manner.WHOLE

    async def _drip(self, body: bytes, writer: asyncio.StreamWriter) -> None:
        """A byte every 50 ms, but for the last: each of them satisfies a read time-out."""
        for byte in body[:-1]:
            writer.write(bytes([byte]))
            await writer.drain()
            try:
                await asyncio.wait_for(self.released.wait(), 0.05)
            except TimeoutError:
                continue
            return
        await self.released.wait()


async def _request(reader: asyncio.StreamReader, writer: asyncio.StreamWriter | None = None) -> Seen | None:
    first = await reader.readline()
    if not first:
        return None
    headers: dict[str, str] = {}
    while (line := (await reader.readline()).decode("latin-1").strip()) != "":
        name, _, value = line.partition(":")
        headers[name.lower()] = value.strip()
    if writer is not None and headers.get("expect", "").lower() == "100-continue":
        # The SDK sends objects to S3 only once the server has said so.
        writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    operation = headers.get("x-amz-target", "").rpartition(".")[2]
    if not operation:
        operation = parse_qs(body.decode("latin-1")).get("Action", [""])[0]
    return Seen(operation, first.split()[1].decode("latin-1"), headers, body)


@asynccontextmanager
async def fault_server() -> AsyncIterator[FaultServer]:
    server = FaultServer()
    listener = await asyncio.start_server(server.handle, "127.0.0.1", 0)
    server.url = f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}"
    try:
        yield server
    finally:
        server.released.set()
        listener.close()
        await listener.wait_closed()


__all__ = [
    "FAULTS",
    "HTML",
    "NEVER_ENDING",
    "FaultServer",
    "Manner",
    "Reply",
    "Seen",
    "answer",
    "failure",
    "fault_server",
    "xml",
]
