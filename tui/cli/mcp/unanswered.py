"""The requests that have no answer yet: only so many are read, so that a client that never reads fills no memory."""

import asyncio

from mcp.shared.message import ServerMessageMetadata, SessionMessage
from mcp_types import JSONRPCError, JSONRPCMessage, JSONRPCRequest, JSONRPCResponse

MOST = 64


class Unanswered:
    """Counts them on the event loop. Every request enters, and leaves with its answer or when it was cancelled."""

    def __init__(self) -> None:
        self._free = asyncio.Semaphore(MOST)

    async def entered(self, message: JSONRPCMessage) -> SessionMessage:
        """What to hand on of a message that was read; waits while there are too many requests."""
        if not isinstance(message, JSONRPCRequest):
            return SessionMessage(message)
        await self._free.acquire()
        # The library answers no request that its client cancelled.
        return SessionMessage(message, ServerMessageMetadata(on_request_unanswered=self._leave))

    async def refused(self, message: JSONRPCError) -> SessionMessage:
        """The answer to what never became a request; it waits and leaves as the others do."""
        await self._free.acquire()
        return SessionMessage(message)

    def written(self, message: JSONRPCMessage) -> None:
        """Count a message that the client has received."""
        if isinstance(message, JSONRPCResponse | JSONRPCError):
            self._free.release()

    async def _leave(self) -> None:
        self._free.release()
