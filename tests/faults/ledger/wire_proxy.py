import asyncio
import random
import re
import threading
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from enum import StrEnum
from typing import Self

_CHUNK = 1 << 16
_LIMIT = 60.0
_LENGTH = re.compile(rb"(?i)\r\ncontent-length: *(\d+)")
_EXPECTS = re.compile(rb"(?i)\r\nexpect: *100-continue")


class WireFault(StrEnum):
    CUT_BEFORE = "cut before"  # The connection breaks before the server has the request
    CUT_AFTER = "cut after"  # It breaks after the server has carried the request out
    CUT_WITHIN = "cut within"  # It breaks in the middle of the answer
    STALL = "stall"  # The server has the request, and its answer never arrives
    ERROR = "500"
    THROTTLE = "throttle"


AT_ANY_WIRE = (WireFault.CUT_BEFORE, WireFault.CUT_AFTER, WireFault.CUT_WITHIN, WireFault.STALL)


class WireProxy:
    def __init__(
        self, upstream: int, rng: random.Random, shares: Mapping[WireFault, float], *, is_http: bool
    ) -> None:
        self.port = 0
        self.injected: Counter[WireFault] = Counter()
        self._upstream = upstream
        self._rng = rng
        self._shares = shares
        self._is_http = is_http
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, name="wire-proxy")
        self._tasks: set[asyncio.Task[None]] = set()

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._ready.wait(_LIMIT)
        return self

    def __exit__(self, *_error: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(_LIMIT)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(asyncio.start_server(self._serve, "127.0.0.1", 0))
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        self._loop.run_forever()
        server.close()
        for task in self._tasks:
            task.cancel()
        self._loop.run_until_complete(asyncio.gather(*self._tasks, return_exceptions=True))
        self._loop.close()

    async def _serve(self, client: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        to_server: asyncio.StreamWriter | None = None
        try:
            with suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
                server, to_server = await asyncio.open_connection("127.0.0.1", self._upstream)
                await _Line(self, client, to_client, server, to_server).run()
        finally:
            for writer in filter(None, (to_client, to_server)):
                writer.transport.abort()

    def draw(self) -> WireFault | None:
        drawn = self._rng.random()
        for fault, share in self._shares.items():
            drawn -= share
            if drawn < 0:
                self.injected[fault] += 1
                return fault
        return None

    async def request(self, client: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> bytes:
        """b"" at the end; in PostgreSQL's protocol what arrives at once."""
        if not self._is_http:
            return await client.read(_CHUNK)
        head = await client.readuntil(b"\r\n\r\n")
        length = _LENGTH.search(head)
        if _EXPECTS.search(head):
            to_client.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            head = _EXPECTS.sub(b"", head)
        return head + await client.readexactly(int(length[1]) if length else 0)


class _Line:
    def __init__(
        self,
        proxy: WireProxy,
        client: asyncio.StreamReader,
        to_client: asyncio.StreamWriter,
        server: asyncio.StreamReader,
        to_server: asyncio.StreamWriter,
    ) -> None:
        self._proxy = proxy
        self._client = client
        self._to_client = to_client
        self._server = server
        self._to_server = to_server
        self._fault: WireFault | None = None  # Of the request whose answer comes next

    async def run(self) -> None:
        ways = [asyncio.ensure_future(self._there()), asyncio.ensure_future(self._back())]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)

    async def _there(self) -> None:
        while request := await self._proxy.request(self._client, self._to_client):
            fault = self._proxy.draw()
            if fault is WireFault.CUT_BEFORE:
                return
            if fault in (WireFault.ERROR, WireFault.THROTTLE):
                self._to_client.write(_answer(fault, is_dynamodb=b"x-amz-target:" in request.lower()))
                await self._to_client.drain()
                # The answer says that the connection ends; whoever reads on notices.
                self._to_client.write_eof()
                await self._client.read()
                return
            self._fault = fault
            self._to_server.write(request)
            await self._to_server.drain()

    async def _back(self) -> None:
        while answer := await self._server.read(_CHUNK):
            if self._fault is WireFault.CUT_AFTER:
                return
            if self._fault is WireFault.STALL:
                continue
            if self._fault is WireFault.CUT_WITHIN:
                answer = answer[: len(answer) // 2]
            self._to_client.write(answer)
            await self._to_client.drain()
            if self._fault is WireFault.CUT_WITHIN:
                return


def _answer(fault: WireFault, *, is_dynamodb: bool) -> bytes:
    if is_dynamodb:
        status, code = (
            ("500 Internal Server Error", "InternalServerError")
            if fault is WireFault.ERROR
            else ("400 Bad Request", "ProvisionedThroughputExceededException")
        )
        kind = "application/x-amz-json-1.0"
        body = f'{{"__type":"com.amazonaws.dynamodb.v20120810#{code}","message":"so it is"}}'
    else:
        status, code = (
            ("500 Internal Server Error", "InternalError")
            if fault is WireFault.ERROR
            else ("503 Slow Down", "SlowDown")
        )
        kind = "application/xml"
        body = f"<?xml version='1.0'?><Error><Code>{code}</Code><Message>so it is</Message></Error>"
    head = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    return (head + body).encode()
