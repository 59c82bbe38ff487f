"""The embedded engine: one file on one host, whose entries are the records themselves."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Sequence
from typing import TypeVar

from services.journal.derived.lookup import rows_after
from services.journal.errors import JournalError
from services.journal.ledger import GIB, LIMIT, Rejected
from services.journal.linking.records import packed, unpacked
from services.journal.threads import Read, Write

T = TypeVar("T")


class SqliteLedger:
    address = ""
    largest = GIB

    def __init__(self, write: Write, read: Read, poll: float) -> None:
        """`poll`: seconds between hints of `news`."""
        self._write = write
        self._read = read
        self._poll = poll

    async def put(self, seq: int, record: bytes) -> bytes | None:
        """As every ledger. A failure of the disk is Rejected: the file tells whether the entry is there."""
        row = unpacked(seq, record).row
        standing = await self._asked(self._write(lambda writer: writer.put(row)))
        return None if standing is None else packed(standing)

    async def read(self, after: int, limit: int = LIMIT) -> Sequence[tuple[int, bytes]]:
        rows = await self._asked(self._read(lambda reader: rows_after(reader, max(after, 0), limit)))
        return [(row[0], packed(row)) for row in rows]

    async def news(self) -> AsyncIterator[None]:
        while True:
            yield
            await asyncio.sleep(self._poll)

    async def close(self) -> None:
        """Do nothing: the journal closes its file."""

    async def _asked(self, answer: Awaitable[T]) -> T:
        try:
            return await answer
        except JournalError as error:
            raise Rejected(error.problem) from error
