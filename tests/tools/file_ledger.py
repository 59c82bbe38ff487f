"""A ledger of bare records in an SQLite file, for writers in several processes where no server is needed."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from services.journal.ledger import GIB, LIMIT, LedgerUnavailable
from services.models.problem import Problem, ProblemKind

T = TypeVar("T")
_TABLE = "CREATE TABLE IF NOT EXISTS records (seq INTEGER PRIMARY KEY, record BLOB NOT NULL)"
_BUSY = 30.0  # Seconds for which a writer waits for the others


class FileLedger:
    """See `services.journal.ledger.Ledger`; for one process at a time, as a connection is."""

    def __init__(self, path: Path, *, is_conditional: bool = True, poll: float = 0.05) -> None:
        """`is_conditional`: False for the control, in which whoever comes last has the number."""
        self.address, self.largest = f"file://{path}", GIB
        self._path = path
        self._verb = "INSERT OR IGNORE" if is_conditional else "INSERT OR REPLACE"
        self._poll = poll
        self._db: sqlite3.Connection | None = None
        self._turn = asyncio.Lock()

    async def put(self, seq: int, record: bytes) -> bytes | None:
        """See `Ledger.put`."""

        def stored(db: sqlite3.Connection) -> bytes | None:
            with db:
                change = db.execute(f"{self._verb} INTO records VALUES (?, ?)", (seq, record))
            if change.rowcount:
                return None
            (standing,) = db.execute("SELECT record FROM records WHERE seq = ?", (seq,)).fetchone()
            return bytes(standing)

        return await self._asked(stored)

    async def read(self, after: int, limit: int = LIMIT) -> Sequence[tuple[int, bytes]]:
        """See `Ledger.read`."""
        query = "SELECT seq, record FROM records WHERE seq > ? ORDER BY seq LIMIT ?"
        return await self._asked(lambda db: db.execute(query, (after, limit)).fetchall())

    async def news(self) -> AsyncIterator[None]:
        """Yield at every poll."""
        while True:
            await asyncio.sleep(self._poll)
            yield

    async def close(self) -> None:
        """See `Ledger.close`."""
        async with self._turn:
            if self._db is not None:
                self._db.close()
                self._db = None

    async def _asked(self, work: Callable[[sqlite3.Connection], T]) -> T:
        async with self._turn:
            try:
                return await asyncio.to_thread(lambda: work(self._opened()))
            except sqlite3.Error as error:
                raise LedgerUnavailable(unreachable(str(error))) from error

    def _opened(self) -> sqlite3.Connection:
        if self._db is None:
            self._db = sqlite3.connect(self._path, timeout=_BUSY, check_same_thread=False)
            self._db.execute("PRAGMA journal_mode = WAL")
            # Processes are killed here, not machines.
            self._db.execute("PRAGMA synchronous = OFF")
            self._db.execute(_TABLE)
        return self._db


def unreachable(detail: str = "") -> Problem:
    """The problem of a ledger that gives no answer."""
    return Problem(
        kind=ProblemKind.UNREACHABLE,
        summary="The ledger does not answer.",
        detail=detail,
        at=datetime(2026, 1, 14, tzinfo=UTC),
    )
