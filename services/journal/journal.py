"""The journal as the console uses it: asynchronous, in a thread of its own, shared with other consoles."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from services.clock import Clock
from services.i18n import _
from services.journal.errors import JournalError
from services.journal.store import Store
from services.models.journal import Draft, Entry, JournalHealth, JournalPage, Person, Query
from services.models.problem import Problem, ProblemKind

T = TypeVar("T")
PAGE = 200
POLL = 1.0
"""Seconds (of the machine, not of the world) between looks at whether another console has written."""


class Journal:
    """The append-only record of everything that happened.

    `person` is asked at every append, for the identity may become known later.
    """

    def __init__(self, path: Path, *, clock: Clock, person: Callable[[], Person], poll: float = POLL) -> None:
        self.path = path
        self._clock = clock
        self._person = person
        self._poll = poll
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="journal")
        self._store: Store | None = None
        self._health = JournalHealth(writable=False, path=str(path))
        self._news = asyncio.Event()

    @property
    def health(self) -> JournalHealth:
        """Whether it can be written, as last seen."""
        return self._health

    async def open(self) -> JournalHealth:
        """Open or make the file; what is wrong is in the answer, never raised."""
        try:
            self._store = await self._run(lambda: Store(self.path))
            seq, head = await self._run(self._opened.head)
        except JournalError as error:
            self._health = JournalHealth(writable=False, path=str(self.path), problem=error.problem)
        else:
            self._health = JournalHealth(writable=True, path=str(self.path), entries=seq, head=head)
        return self._health

    async def append(self, draft: Draft) -> Entry:
        """Record durably; the entry as it stands in the file.

        Raises JournalError (nothing recorded), AlreadyRecorded (its claim is taken), HeldByAnother.
        """
        at, person = self._clock.now(), self._person()
        entry = await self._run(lambda: self._opened.append(draft, at=at, person=person))
        self._health = self._health.model_copy(
            update={"writable": True, "problem": None, "entries": entry.seq, "head": entry.hash}
        )
        self._news.set()
        return entry

    async def page(
        self, query: Query | None = None, *, before_seq: int | None = None, limit: int = PAGE
    ) -> JournalPage:
        """Matching entries, newest first, older than `before_seq`. Raises JournalError."""
        found = await self._run(
            lambda: self._opened.find(query or Query(), limit=limit + 1, before_seq=before_seq)
        )
        return JournalPage(entries=tuple(found[:limit]), more=len(found) > limit)

    async def entries(self, query: Query | None = None, *, limit: int = 100_000) -> tuple[Entry, ...]:
        """Matching entries, oldest first. Raises JournalError."""
        return tuple(
            await self._run(lambda: self._opened.find(query or Query(), limit=limit, newest_first=False))
        )

    async def follow(self) -> AsyncIterator[int]:
        """The newest entry's number: at once, then whenever this or another console has written."""
        yield self._health.entries
        while True:
            await self._news.wait()
            self._news.clear()
            yield self._health.entries

    async def close(self) -> None:
        """Finish what is being written and close the file."""
        if self._store is not None:
            store, self._store = self._store, None
            await asyncio.get_running_loop().run_in_executor(self._thread, store.close)
        self._thread.shutdown(wait=False)

    @property
    def _opened(self) -> Store:
        if self._store is None:
            raise sqlite3.OperationalError("the journal is not open")
        return self._store

    async def _run(self, work: Callable[[], T]) -> T:
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, work)
        except (sqlite3.Error, OSError) as error:
            problem = Problem(
                kind=ProblemKind.OTHER,
                summary=_("The journal cannot be used: {reason}.").format(reason=error),
                remedy=_("Check the disk and the file {path}.").format(path=self.path),
                at=self._clock.now(),
            )
            raise JournalError(problem) from error
