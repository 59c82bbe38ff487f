"""The protocol's messages on standard input and output, one JSON text a line. The library's own transport
reads in a thread that the process would wait for at its end, and a line of any length. Here both descriptors
are taken away first, so that nothing else that prints can reach the client."""

import asyncio
import fcntl
import os
import select
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from functools import partial
from typing import Any

import anyio
import mcp_types as types
from anyio.abc import ObjectStream
from mcp.shared.message import ServerMessageMetadata, SessionMessage
from pydantic import BaseModel, StrictInt, StrictStr, ValidationError

from services.background.detached import in_thread
from services.i18n import _

LONGEST = 4 << 20  # Maximum bytes of one message; a longer one is skipped
MOST = 64
"""Places for requests without an answer: so many are read that a client that never reads fills no memory."""
_CHUNK = 1 << 16  # Bytes for which a request takes a place more


def take(number: int) -> int:
    """A descriptor of our own for 0 or 1; there is nothing to read there for others, and what they print goes nowhere."""
    own = fcntl.fcntl(number, fcntl.F_DUPFD_CLOEXEC, 3)
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, number)
    os.close(nothing)
    return own


def complain(line: str) -> None:
    """Print a line on standard error unless nobody reads it there: many clients never do, which must not stop the server."""
    with suppress(OSError):
        if select.select([], [2], [], 0)[1]:
            # A pipe that is ready takes so much at once.
            os.write(2, line.encode("utf-8", "replace")[: select.PIPE_BUF - 1] + b"\n")


class Stdio(ObjectStream[SessionMessage]):
    """Both streams of a server; calls `gone` when the client no longer reads."""

    def __init__(self, reading: int, writing: int, gone: Callable[[], None]) -> None:
        self._lines = lines(reading)
        self._writing = writing
        self._gone = gone
        self._turn = asyncio.Lock()
        self._free = asyncio.Semaphore(MOST)
        self._places: defaultdict[types.RequestId | None, list[int]] = defaultdict(list)
        """Of the requests without an answer by id, which a client may use twice."""

    async def receive(self) -> SessionMessage:
        async for line in self._lines:
            match parsed(line):
                case types.JSONRPCRequest(id=id) as message:
                    places = min(MOST, 1 + len(line or b"") // _CHUNK)
                    for _place in range(places):
                        await self._free.acquire()
                    self._places[id].append(places)
                    # The library answers no request that its client cancelled.
                    left = ServerMessageMetadata(on_request_unanswered=partial(self._settle, id))
                    return SessionMessage(message, left)
                case types.JSONRPCNotification() as message:
                    return SessionMessage(message)
                case types.JSONRPCError() as refusal:
                    await self.send(SessionMessage(refusal))
                case str(complaint):
                    complain(complaint)
        raise anyio.EndOfStream

    async def send(self, item: SessionMessage) -> None:
        data = item.message.model_dump_json(by_alias=True, exclude_unset=True).encode() + b"\n"
        async with self._turn:
            try:
                # A line that was begun is ended, whatever is cancelled meanwhile.
                with anyio.CancelScope(shield=True):
                    await in_thread(partial(_write, self._writing, data))
            except OSError:
                self._gone()
        if isinstance(item.message, types.JSONRPCResponse | types.JSONRPCError):
            await self._settle(item.message.id)

    async def _settle(self, id: types.RequestId | None) -> None:
        if places := self._places.get(id):
            for _place in range(places.pop(0)):
                self._free.release()
            if not places:
                del self._places[id]

    async def send_eof(self) -> None:
        """Neither this nor `aclose` can end what a thread waits for."""

    aclose = send_eof


async def lines(descriptor: int) -> AsyncIterator[bytes | None]:
    rest, is_skipped = b"", False
    with suppress(OSError):
        # In a thread that the process need not wait for, as for its client's next line.
        while chunk := await in_thread(partial(os.read, descriptor, _CHUNK)):
            *whole, rest = (rest + chunk).split(b"\n")
            for line in whole:
                yield None if is_skipped or len(line) > LONGEST else line
                is_skipped = False
            is_skipped = is_skipped or len(rest) > LONGEST
            rest = b"" if is_skipped else rest


class _Refused(BaseModel):
    """What has the id of a request, so that somebody waits for its answer."""

    id: StrictInt | StrictStr
    method: Any


def parsed(line: bytes | None) -> types.JSONRPCMessage | str | None:
    """The message of a line, the refusal of a request that is none, or what to say about the line on standard error."""
    if line is None:
        return _("A message of more than {count} bytes was skipped.", count=f"{LONGEST:,}")
    if not line.strip():
        return None
    try:
        message = types.jsonrpc_message_adapter.validate_json(line, by_name=False)
        # This server asks its client nothing, so there is nothing that a client could refuse.
        return None if isinstance(message, types.JSONRPCError) else message
    except ValidationError:
        with suppress(ValidationError):
            error = types.ErrorData(code=types.INVALID_REQUEST, message="Invalid request")
            return types.JSONRPCError(jsonrpc="2.0", id=_Refused.model_validate_json(line).id, error=error)
        return _("A line was skipped that is no message of the protocol.")


def _write(descriptor: int, data: bytes) -> None:
    while data:
        data = data[os.write(descriptor, data) :]
