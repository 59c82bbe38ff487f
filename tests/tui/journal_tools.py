"""A second console's journal beside the one under test."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from services.clock import Clock
from services.journal.journal import Journal
from services.models.journal import EntryKind, NewEntry, Person


@asynccontextmanager
async def other_console(path: Path, clock: Clock, user: str = "sato") -> AsyncIterator[Journal]:
    journal = Journal(
        path,
        clock=clock,
        person=lambda: Person(user=user, origin="10.0.0.9", host="bastion"),
        poll=0.05,
        syslog=None,
    )
    await journal.open()
    try:
        yield journal
    finally:
        await journal.close()


async def record(journal: Journal, text: str = "x", kind: EntryKind = EntryKind.NOTE, **more: Any) -> int:
    return (await journal.append(NewEntry(kind=kind, text=text, **more))).seq
