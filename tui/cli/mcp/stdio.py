"""The protocol's messages on standard input and output, one JSON text a line.

The library's own transport reads in a thread that the process would wait for at its end, and a line of any length. Here
both descriptors are taken away first, so that nothing else that prints can reach the client.
"""

import asyncio
import fcntl
import json
import os
import threading
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from concurrent.futures import CancelledError
from contextlib import asynccontextmanager, suppress
from functools import partial
from typing import Any

import anyio
import mcp_types as types
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream
from mcp.shared.message import SessionMessage

from services.background.detached import in_thread
from services.i18n import _
from tui.cli.mcp.unanswered import Unanswered

LONGEST = 4 << 20
"""Maximum bytes of one message; a longer one is skipped."""
_CHUNK = 1 << 16

Incoming = MemoryObjectReceiveStream[SessionMessage | Exception]
Outgoing = MemoryObjectSendStream[SessionMessage]


class OutputClosed(Exception):
    """The client no longer reads."""


def take(number: int) -> int:
    """A descriptor of our own for 0 or 1; what others read there is empty, and what they print goes to standard error."""
    own = fcntl.fcntl(number, fcntl.F_DUPFD_CLOEXEC, 3)
    try:
        other = os.open(os.devnull, os.O_RDONLY) if number == 0 else os.dup(2)
    except OSError:
        other = os.open(os.devnull, os.O_RDWR)
    os.dup2(other, number)
    os.close(other)
    return own


@asynccontextmanager
async def messages(
    reading: int, writing: int, complain: Callable[[str], None]
) -> AsyncIterator[tuple[Incoming, Outgoing]]:
    """The streams of messages between two descriptors. Raises OutputClosed, in a group, once the client has gone."""
    to_server, incoming = anyio.create_memory_object_stream[SessionMessage | Exception](0)
    outgoing, to_client = anyio.create_memory_object_stream[SessionMessage](0)
    unanswered = Unanswered()
    reader = _Reader(reading, to_server, outgoing.clone(), complain, unanswered)

    async def write() -> None:
        async with to_client:
            async for item in to_client:
                data = item.message.model_dump(mode="json", by_alias=True, exclude_unset=True)
                # Not by the model: a lone surrogate would be an error there, and the end of the server.
                text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
                await in_thread(partial(_write, writing, f"{text}\n".encode("utf-8", "replace")))
                unanswered.written(item.message)

    reader.start()
    async with anyio.create_task_group() as group, incoming, outgoing:
        group.start_soon(write)
        yield incoming, outgoing


class _Reader:
    """A thread that hands on what it reads; a daemon, so that the process need not wait for its client's next line."""

    def __init__(
        self,
        descriptor: int,
        to_server: MemoryObjectSendStream[SessionMessage | Exception],
        to_client: Outgoing,
        complain: Callable[[str], None],
        unanswered: Unanswered,
    ) -> None:
        self._descriptor = descriptor
        self._to_server = to_server
        self._to_client = to_client
        self._complain = complain
        self._unanswered = unanswered
        self._loop = asyncio.get_running_loop()

    def start(self) -> None:
        threading.Thread(target=self._run, name="mcp-input", daemon=True).start()

    def _run(self) -> None:
        # The loop or the streams may have been closed meanwhile.
        with suppress(RuntimeError, anyio.BrokenResourceError, anyio.ClosedResourceError, CancelledError):
            for line in lines(self._descriptor):
                self._hand_on(line)
            self._wait(self._close())

    def _hand_on(self, line: bytes | None) -> None:
        message, complaint = parsed(line)
        if complaint:
            self._complain(complaint)
        if message is not None:
            self._wait(self._send(message, len(line or b"")))

    async def _send(self, message: types.JSONRPCMessage, size: int) -> None:
        entered = await self._unanswered.entered(message, size)
        await (self._to_client if isinstance(message, types.JSONRPCError) else self._to_server).send(entered)

    async def _close(self) -> None:
        await self._to_client.aclose()
        await self._to_server.aclose()

    def _wait(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            asyncio.run_coroutine_threadsafe(work, self._loop).result()
        except RuntimeError:
            work.close()
            raise


def lines(descriptor: int) -> Iterator[bytes | None]:
    rest, is_skipped = b"", False
    while True:
        try:
            chunk = os.read(descriptor, _CHUNK)
        except OSError:
            return
        if not chunk:
            return
        *whole, rest = (rest + chunk).split(b"\n")
        for line in whole:
            yield None if is_skipped or len(line) > LONGEST else line
            is_skipped = False
        if len(rest) > LONGEST:
            rest, is_skipped = b"", True
        elif is_skipped:
            rest = b""


def parsed(line: bytes | None) -> tuple[types.JSONRPCMessage | None, str]:
    if line is None:
        return None, _("A message of more than {count} bytes was skipped.").format(count=f"{LONGEST:,}")
    if not line.strip():
        return None, ""
    try:
        message = types.jsonrpc_message_adapter.validate_json(line, by_name=False)
        # This server asks its client nothing, so there is nothing that a client could refuse.
        return None if isinstance(message, types.JSONRPCError) else message, ""
    except ValueError:
        words = _("A line was skipped that is no message of the protocol.")
        return _refusal(line), words


def _refusal(line: bytes) -> types.JSONRPCError | None:
    """An error for what has the id of a request, so that nobody waits for its answer."""
    try:
        data = json.loads(line)
    except (ValueError, RecursionError):
        return None
    id = data.get("id") if isinstance(data, dict) and "method" in data else None
    if isinstance(id, bool) or not isinstance(id, int | str):
        return None
    error = types.ErrorData(code=types.INVALID_REQUEST, message="Invalid request")
    return types.JSONRPCError(jsonrpc="2.0", id=id, error=error)


def _write(descriptor: int, data: bytes) -> None:
    try:
        while data:
            data = data[os.write(descriptor, data) :]
    except OSError as error:
        raise OutputClosed from error
