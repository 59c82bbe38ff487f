import itertools
import re
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.faults.ledger.opening import FILE, OVERWRITING, SQLITE
from tests.services.journal.ledgers.places import PLACES, Place

EMBEDDED = {"sqlite": SQLITE, "file": FILE, "control": OVERWRITING}
"""Without a server: the journal's file itself, records in a file, and these without the condition."""
SHARED = ("file", *PLACES)  # Every engine that hosts can share; `file` stands for one that is fast
ALL = ("sqlite", *SHARED)
FIRST = tuple(name for name in SHARED if not name.endswith("-ministack"))
_ADDRESS = re.compile(r"127\.0\.0\.1:(\d+)")
_names = itertools.count()


def parameters(names: "tuple[str, ...]") -> list[object]:
    return [pytest.param(name, marks=pytest.mark.xdist_group(f"ledger-{name}")) for name in names]


class Engines:
    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack
        self._places: dict[str, Place] = {}

    def place(self, name: str) -> Place:
        if name not in self._places:
            self._places[name] = PLACES[name]()
            self._stack.push(self._places[name].stack)
        return self._places[name]

    def new(self, name: str, folder: Path) -> str:
        if name in EMBEDDED:
            return f"{EMBEDDED[name]}{folder / 'ledger.db'}"
        return f"race-{next(_names)} {self.place(name).address}"


@pytest.fixture(scope="session")
def engines() -> Iterator[Engines]:
    with ExitStack() as stack:
        yield Engines(stack)


def port_of(engine: str) -> int:
    match = _ADDRESS.search(engine)
    return int(match[1])


def through(engine: str, port: int) -> str:
    return _ADDRESS.sub(f"127.0.0.1:{port}", engine)
