"""Hosts that share a journal through one ledger: each with its clock, its person, its line and its copy."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from services.aws.client.meter import UsageMeter
from services.clock import Clock, ManualClock
from services.journal.journal import Journal
from services.journal.ledger import Ledger
from services.journal.place import JournalPlace
from services.journal.shared.journal import SharedJournal
from services.models.journal import Person
from tests.services.journal.line import Line
from tests.tools.memory_ledger import MemoryLedger

ROLE = "arn:aws:sts::123456789012:assumed-role/operator"


@dataclass
class Host:
    """One host; every console on it uses the host's clock, line and copy."""

    name: str
    user: str
    ledger: Ledger
    folder: Path
    clock: ManualClock
    line: Line = field(init=False)

    def __post_init__(self) -> None:
        self.line = Line(self.ledger)

    @property
    def copy(self) -> Path:
        return self.folder / f"{self.name}.db"

    @property
    def person(self) -> Person:
        return Person(user=self.user, host=self.name, identity=f"{ROLE}/{self.user}")

    def journal(self, **options: Any) -> SharedJournal:
        """A console's journal; nothing is opened yet."""
        settings: dict[str, Any] = {
            "clock": self.clock, "person": lambda: self.person, "syslog": None, "patience": 0.1, **options,
        }  # fmt: skip
        return SharedJournal(self.copy, self.line, **settings)

    @asynccontextmanager
    async def open(self, **options: Any) -> AsyncIterator[SharedJournal]:
        journal = self.journal(**options)
        await journal.open()
        try:
            yield journal
        finally:
            await journal.close()

    @property
    def place(self) -> "HostPlace":
        """Where `services.system.connect` finds the journal on this host."""
        return HostPlace("facility-prod", self.copy, host=self)

    def mend(self, ledger: MemoryLedger) -> None:
        self.line.is_cut = False
        ledger.hint()


@dataclass(frozen=True, slots=True)
class HostPlace(JournalPlace):
    """The place of a journal on one host; the console's own clock counts."""

    host: Host | None = None

    def journal(self, *, clock: Clock, meter: UsageMeter | None = None, **options: Any) -> Journal:
        """A console's journal; nothing is opened yet."""
        return self.host.journal(**options, clock=clock)


def two_hosts(ledger: Ledger, folder: Path, now: datetime, *, apart: float = 180.0) -> tuple[Host, Host]:
    """Alice on bastion-1 and bob on bastion-2, whose clocks are `apart` seconds apart around `now`."""
    skew = timedelta(seconds=apart / 2)
    one = Host("bastion-1", "alice", ledger, folder, ManualClock(now + skew))
    two = Host("bastion-2", "bob", ledger, folder, ManualClock(now - skew))
    return one, two
