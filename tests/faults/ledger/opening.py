import random
from collections.abc import Mapping
from pathlib import Path

from services.aws.ledgers import bucket, table
from services.clock import SystemClock
from services.journal import appending
from services.journal.journal import Journal
from services.journal.ledger import Ledger
from services.journal.ledgers import postgresql
from services.journal.ledgers.registry import open_ledger, parse
from services.journal.shared.journal import SharedJournal
from services.models.journal import Person
from tests.faults.ledger.faulty_ledger import Fault, FaultyLedger
from tests.tools.file_ledger import FileLedger

SQLITE, FILE, OVERWRITING = "sqlite:", "file:", "overwriting:"
POLL = 0.1
TIME_OUT = 1.0  # Seconds that a request may take where answers are withheld on purpose


def hurry(first: float = 0.002, longest: float = 0.05) -> None:
    appending.FIRST, appending.LONGEST = first, longest


def shorten_time_outs() -> None:
    for module in (postgresql, table, bucket):
        for name in ("PUT_SECONDS", "READ_SECONDS"):
            assert hasattr(module, name)
            setattr(module, name, TIME_OUT)


def open_engine(engine: str) -> Ledger:
    """The ledger of `NAME ADDRESS`, or of a file; `overwriting:` is the control, whose put lacks the condition."""
    for scheme in (FILE, OVERWRITING):
        if engine.startswith(scheme):
            return FileLedger(Path(engine.removeprefix(scheme)), is_conditional=scheme == FILE)
    name, _space, address = engine.partition(" ")
    return open_ledger(parse(address), name, SystemClock())


def open_journal(
    engine: str, copy: Path, name: str, shares: Mapping[Fault, float], rng: random.Random, patience: float
) -> Journal:
    clock = SystemClock()
    person = Person(user=name)
    if engine.startswith(SQLITE):
        return Journal(
            Path(engine.removeprefix(SQLITE)), clock=clock, person=lambda: person, poll=POLL, syslog=None
        )
    ledger = open_engine(engine)
    return SharedJournal(
        copy,
        FaultyLedger(ledger, rng, shares) if shares else ledger,
        clock=clock,
        person=lambda: person,
        poll=POLL,
        syslog=None,
        patience=patience,
    )
