"""A new file as the place that a journal is copied to: it gets its name only once it is complete."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import closing
from pathlib import Path

from services.journal import files
from services.journal.derived.lookup import rows_after
from services.journal.ledger import GIB, LIMIT
from services.journal.linking.records import named, naming, packed, unpacked
from services.journal.reader import JournalReader
from services.journal.store import Store

UNFINISHED = ".unfinished"
"""Ends the name of a file whose copying has not ended; running the command again goes on with it."""


class FileTarget:
    """See `services.journal.ledger.Ledger`; for one process at a time. A copy that exists is continued.
    Raises UnusableJournal, sqlite3.Error and OSError."""

    def __init__(self, path: Path) -> None:
        self.address = str(path.absolute())
        self.largest = GIB
        self._path = path
        self._unfinished = path.with_name(path.name + UNFINISHED)
        self._store: Store | None = None
        self._turn = asyncio.Lock()  # One connection serves one request at a time

    async def put(self, seq: int, record: bytes) -> bytes | None:
        async with self._turn:
            return await asyncio.to_thread(self._put, seq, record)

    async def read(self, after: int, limit: int = LIMIT) -> Sequence[tuple[int, bytes]]:
        async with self._turn:
            return await asyncio.to_thread(self._read, after, limit)

    async def news(self) -> AsyncIterator[None]:
        """Yield nothing: nobody else writes to the file."""
        return
        yield

    async def close(self) -> None:
        """Close the file, after the requests under way: those of a copy that failed."""
        async with self._turn:
            await asyncio.to_thread(self._close)

    async def finish(self) -> None:
        """Give the complete file its name. Raises FileExistsError."""
        async with self._turn:
            await asyncio.to_thread(self._finish)

    def _put(self, seq: int, record: bytes) -> bytes | None:
        if seq == 0:
            standing = self._read(-1, 1)
            if standing:
                return standing[0][1]
            self._store = Store(self._unfinished, journal=named(record).journal, is_copy=True)
            return None
        assert self._store is not None, "record 0 comes first"
        standing_row = self._store.put(unpacked(seq, record).row)
        return None if standing_row is None else packed(standing_row)

    def _read(self, after: int, limit: int) -> list[tuple[int, bytes]]:
        if self._store is None:
            path = self._path if files.check(self._path) else self._unfinished
            if not files.check(path):
                return []
            with closing(JournalReader.open(path)) as reader:
                journal = reader.id
            self._store = Store(path, journal=journal, is_copy=True)
        first = [(0, naming(self._store.id))] if after < 0 else []
        rows = rows_after(self._store, max(after, 0), limit)
        return [*first, *((row[0], packed(row)) for row in rows)][:limit]

    def _close(self) -> None:
        store, self._store = self._store, None
        if store is not None:
            store.close()

    def _finish(self) -> None:
        try:
            if self._store is not None:
                self._store.query("PRAGMA wal_checkpoint(TRUNCATE)")
        finally:
            self._close()
        if not files.check(self._path):
            files.publish(self._unfinished, self._path)
            self._unfinished.unlink(missing_ok=True)
