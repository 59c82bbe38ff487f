"""Journals for tests: made, filled, and tampered with behind the console's back."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from services.clock import Clock, ManualClock
from services.journal.anchors.external_hashes import ExternalHashes
from services.journal.chain import hash_of, linked, row_of
from services.journal.journal import Journal
from services.journal.linking.decisions import next_entry
from services.journal.store import Store
from services.journal.verify import verify
from services.models.journal import Entry, EntryKind, NewEntry, Person
from services.models.verification import Verification

NOON = datetime(2026, 1, 14, 3, 0, tzinfo=UTC)  # 12:00 in Japan
ALICE = Person(user="alice", origin="ssh 10.0.0.5", host="bastion-1")


def note(text: str = "x", **fields: Any) -> NewEntry:
    return NewEntry(kind=EntryKind.NOTE, text=text, **fields)


def append(store: Store, draft: NewEntry, *, at: datetime, person: Person) -> Entry:
    while True:
        entry = next_entry(store, draft, at=at, person=person)
        if store.put(row_of(entry)) is None:
            return entry


def filled(path: Path, count: int) -> list[Entry]:
    """A closed journal of `count` notes, a minute apart."""
    with closing(Store(path)) as store:
        return [
            append(
                store,
                note(f"entry {number}", subject=f"s{number}", data={"note": f"n{number}"}),
                at=NOON + timedelta(minutes=number),
                person=ALICE,
            )
            for number in range(1, count + 1)
        ]


def of_tomorrow(path: Path, kind: str, *, at: datetime = NOON, **fields: Any) -> Entry:
    """An entry of a kind that this version does not know, as a console of a later version appends it."""
    with closing(Store(path)) as store, store._transaction():
        last, head = store.head()
        draft = NewEntry(**{"kind": EntryKind.OTHER, "text": f"{kind} of tomorrow", **fields})
        entry = linked(store.id, draft, seq=last + 1, at=at, person=ALICE, previous=head)
        named = entry.model_copy(update={"unknown_kind": kind})
        whole = named.model_copy(update={"hash": hash_of(store.id, named)})
        store._insert(row_of(whole))
    return whole


def tampered(path: Path, *statements: str, values: tuple[object, ...] = ()) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("PRAGMA synchronous = OFF")
        db.execute("BEGIN")
        for trigger in ("entries_stay", "entries_last", "words_stay", "words_last"):
            db.execute(f"DROP TRIGGER IF EXISTS {trigger}")
        for statement in statements:
            db.execute(statement, values if "?" in statement else ())
        db.execute("COMMIT")


def checked(path: Path, hashes: ExternalHashes | None = None) -> Verification:
    """The verification; no log of the machine that runs the tests has a say."""
    return verify(path, at=NOON, external_hashes=hashes or ExternalHashes())


@asynccontextmanager
async def open_journal(path: Path, *, clock: Clock | None = None, **options: Any) -> AsyncIterator[Journal]:
    settings: dict[str, Any] = {
        "person": lambda: ALICE,
        "poll": 0.01,
        "retry": 0.02,
        "syslog": None,
        **options,
    }
    journal = Journal(path, clock=clock or ManualClock(NOON), **settings)
    await journal.open()
    try:
        yield journal
    finally:
        await journal.close()


class Listener:
    def __init__(self, followed: Journal) -> None:
        self.heard: list[int] = []
        self._news = asyncio.Event()
        self._task = asyncio.create_task(self._listen(followed))

    async def _listen(self, followed: Journal) -> None:
        async for seq in followed.follow():
            self.heard.append(seq)
            self._news.set()

    async def hears(self, wanted: Callable[[list[int]], object]) -> None:
        async with asyncio.timeout(60):
            while not wanted(self.heard):
                await self._news.wait()
                self._news.clear()

    async def ends(self) -> None:
        async with asyncio.timeout(60):
            await self._task
