"""The requests that have no answer yet: only so many are read, so that a client that never reads fills no memory."""

import asyncio
from collections import defaultdict, deque
from functools import partial

from mcp.shared.message import ServerMessageMetadata, SessionMessage
from mcp_types import JSONRPCError, JSONRPCMessage, JSONRPCRequest, JSONRPCResponse, RequestId

MOST = 64
"""Places; a request takes one, and one more for each `_UNIT` bytes of it."""
_UNIT = 1 << 16


class Unanswered:
    def __init__(self) -> None:
        self._free = asyncio.Semaphore(MOST)
        self._places: defaultdict[RequestId, deque[int]] = defaultdict(deque)
        """Of the requests with an id, which a client may use twice."""

    async def entered(self, message: JSONRPCMessage, size: int) -> SessionMessage:
        """What to hand on of a message of `size` bytes: a request, or a refusal of one, waits until there is room."""
        if not isinstance(message, JSONRPCRequest | JSONRPCError) or message.id is None:
            return SessionMessage(message)
        places = min(MOST, 1 + size // _UNIT)
        for _place in range(places):
            await self._free.acquire()
        self._places[message.id].append(places)
        # The library answers no request that its client cancelled.
        return SessionMessage(
            message, ServerMessageMetadata(on_request_unanswered=partial(self._leave, message.id))
        )

    def written(self, message: JSONRPCMessage) -> None:
        if isinstance(message, JSONRPCResponse | JSONRPCError) and message.id is not None:
            self._release(message.id)

    async def _leave(self, id: RequestId) -> None:
        self._release(id)

    def _release(self, id: RequestId) -> None:
        if places := self._places.get(id):
            for _place in range(places.popleft()):
                self._free.release()
            if not places:
                del self._places[id]
