"""Bytes a second, with next to no buffer: what does not fit stays with the sender, as before a modem."""

import asyncio
import socket
import threading
from collections.abc import Coroutine
from contextlib import suppress

_STEP = 0.025  # Seconds of the rate that are read at once, and so the line's own delay at most
_MOST, _LEAST = 2048, 64
_BUFFER = 4096
_SEGMENT = 1024
"""Bytes of a segment on the narrow side: a small receive buffer holds none of loopback's 64 kB."""
_CREDIT = 0.01  # Seconds that a late timer may catch up
_OUT, _IN = 0, 1


class Proxy:
    def __init__(self, target: int, rate: float | None = None, latency: float = 0.0) -> None:
        """`rate` in bytes/s each way, None for no limit; `latency` in seconds one way."""
        self.target = target
        self.rate = rate
        self.latency = latency
        self.port = 0
        self._counts = [0, 0]
        self._loop: asyncio.AbstractEventLoop | None = None
        self._serving: asyncio.Task[None] | None = None
        self._listener = socket.socket()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._main()), name="proxy", daemon=True)
        self._ready = threading.Event()

    @property
    def received(self) -> int:
        return self._counts[_IN]

    @property
    def sent(self) -> int:
        return self._counts[_OUT]

    def __enter__(self) -> "Proxy":
        self._narrow(self._listener)
        self._listener.setblocking(False)
        self._listener.bind(("127.0.0.1", 0))
        self._listener.listen()
        self.port = self._listener.getsockname()[1]
        self._thread.start()
        self._ready.wait()
        return self

    def __exit__(self, *_error: object) -> None:
        assert self._loop is not None
        assert self._serving is not None
        self._loop.call_soon_threadsafe(self._serving.cancel)
        self._thread.join()
        self._listener.close()

    def _narrow(self, end: socket.socket) -> None:
        if self.rate is not None:
            end.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER)
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, _SEGMENT)

    async def _main(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._serving = asyncio.create_task(self._serve())
        self._ready.set()
        with suppress(asyncio.CancelledError):
            await self._serving

    async def _serve(self) -> None:
        loop = asyncio.get_running_loop()
        async with asyncio.TaskGroup() as lines:
            while True:
                near, _address = await loop.sock_accept(self._listener)
                lines.create_task(self._line(near))

    async def _line(self, near: socket.socket) -> None:
        far = socket.socket()
        self._narrow(far)
        with near, far, suppress(OSError):
            for end in (near, far):
                end.setblocking(False)
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            await asyncio.get_running_loop().sock_connect(far, ("127.0.0.1", self.target))
            await _until_first([self._pump(near, far, _OUT), self._pump(far, near, _IN)])

    async def _pump(self, source: socket.socket, sink: socket.socket, way: int) -> None:
        under_way: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()
        await _until_first([self._carry(source, under_way, way), _deliver(under_way, sink)])

    async def _carry(
        self, source: socket.socket, under_way: asyncio.Queue[tuple[float, bytes]], way: int
    ) -> None:
        loop, free_at = asyncio.get_running_loop(), 0.0
        step = 1 << 16 if self.rate is None else max(_LEAST, min(_MOST, int(self.rate * _STEP)))
        while data := await loop.sock_recv(source, step):
            if self.rate is not None:
                free_at = max(free_at, loop.time() - _CREDIT) + len(data) / self.rate
                await asyncio.sleep(free_at - loop.time())
            self._counts[way] += len(data)
            under_way.put_nowait((loop.time() + self.latency, data))


async def _deliver(under_way: asyncio.Queue[tuple[float, bytes]], sink: socket.socket) -> None:
    loop = asyncio.get_running_loop()
    while True:
        due, data = await under_way.get()
        if (remaining := due - loop.time()) > 0:
            await asyncio.sleep(remaining)
        await loop.sock_sendall(sink, data)


async def _until_first(works: list[Coroutine[None, None, None]]) -> None:
    tasks = [asyncio.ensure_future(work) for work in works]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
