"""Where the journal of one system is: a file on this host, or a ledger with a copy on this host."""

from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from services.aws.client.meter import UsageMeter
from services.clock import Clock
from services.host.regular_files import named
from services.journal.journal import Journal
from services.journal.ledger import Ledger
from services.journal.ledgers.registry import LedgerAddress, is_address, open_ledger, parse
from services.journal.shared.journal import SharedJournal


@dataclass(frozen=True, slots=True)
class JournalPlace:
    system: str  # The system's id, which is the ledger's name
    path: Path  # The journal's file, or this host's copy of it
    address: LedgerAddress | None = None  # The ledger's; None: the file itself

    @property
    def text(self) -> str:
        return str(self.path) if self.address is None else str(self.address)

    def ledger(self, clock: Clock, meter: UsageMeter | None = None) -> Ledger:
        assert self.address is not None
        return open_ledger(self.address, self.system, clock, meter)

    def journal(self, *, clock: Clock, meter: UsageMeter | None = None, **options: Any) -> Journal:
        if self.address is None:
            return Journal(self.path, clock=clock, **options)
        return SharedJournal(self.path, self.ledger(clock, meter), clock=clock, **options)


def place_of(setting: str | None, system: str, folder: Path) -> JournalPlace:
    """None: this person's own file in `folder`, where copies are, too. Raises BadAddress."""
    if not setting:
        return JournalPlace(system, folder / f"{system}.db")
    if not is_address(setting):
        return JournalPlace(system, named(setting))
    address = parse(setting)
    # Of every ledger a copy of its own: the setting may change.
    digest = sha256(str(address).encode()).hexdigest()[:8]
    return JournalPlace(system, folder / f"{system}.{address.scheme}-{digest}.db", address)
