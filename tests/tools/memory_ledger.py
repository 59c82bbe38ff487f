"""A ledger in the memory of this process: the reference that the engines are compared with, shared by its journals."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime

from services.journal.ledger import GIB, LIMIT
from services.journal.linking.records import check_size

WHENEVER = datetime(2026, 1, 14, 3, 0, tzinfo=UTC)  # When a record was refused


class MemoryLedger:
    """See `services.journal.ledger.Ledger`."""

    def __init__(self, *, is_conditional: bool = True) -> None:
        """`is_conditional`: False for the control, in which whoever comes last has the number."""
        self.address, self.largest = "memory://reference", GIB
        self.records: dict[int, bytes] = {}
        self._is_conditional = is_conditional
        self._news = asyncio.Event()

    async def put(self, seq: int, record: bytes) -> bytes | None:
        """See `Ledger.put`."""
        check_size(record, self.largest, WHENEVER)
        # Others take their turn between the question and the answer, as with a server.
        await asyncio.sleep(0)
        standing = self.records.get(seq) if self._is_conditional else None
        if standing is None:
            self.records[seq] = record
            self.hint()
        await asyncio.sleep(0)
        return standing

    async def read(self, after: int, limit: int = LIMIT) -> Sequence[tuple[int, bytes]]:
        """See `Ledger.read`."""
        await asyncio.sleep(0)
        return [(seq, self.records[seq]) for seq in sorted(self.records) if seq > after][:limit]

    async def news(self) -> AsyncIterator[None]:
        """Yield at every record."""
        while True:
            news = self._news
            yield
            await news.wait()

    def hint(self) -> None:
        """Let every journal read, as after a poll's seconds."""
        self._news.set()
        self._news = asyncio.Event()

    async def close(self) -> None:
        """Do nothing: the other journals go on."""
