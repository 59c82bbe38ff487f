"""A ledger that nobody hears of: a console that is stopped reads nothing, and this one reads only what it asks for."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

from services.clock import ManualClock
from services.journal.place import JournalPlace
from tests.services.changes.fake_aws import NOW
from tests.services.journal.hosts import Host as JournalHost
from tests.tools.memory_ledger import MemoryLedger


class SilentLedger(MemoryLedger):
    async def news(self) -> AsyncIterator[None]:
        await asyncio.Event().wait()
        yield


def journal_of(name: str, folder: Path, ledger: MemoryLedger | None) -> Path | JournalPlace:
    if ledger is None:
        return folder / "j.db"
    return JournalHost(name, name, ledger, folder, ManualClock(NOW)).place
