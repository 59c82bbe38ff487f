import asyncio
import json
import random
import select
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from services.journal.linking.records import naming, packed
from services.journal.reader import JournalReader
from tests.faults.ledger.checking import Findings, check, checked
from tests.faults.ledger.faulty_ledger import Fault
from tests.faults.ledger.opening import SQLITE, open_engine, open_journal
from tests.faults.ledger.workload import Acks

ROOT = Path(__file__).parents[3]
LIMIT = 300.0  # Seconds without an acknowledgement after which a writer hangs
PATIENCE = 2.0  # Seconds for which a writer tries an entry


@dataclass
class Race:
    engine: str  # As in `opening`
    writers: int = 4
    steps: int = 20  # Of each writer; with kills: none is counted
    kills: int = 0
    shares: Mapping[Fault, float] = field(default_factory=dict)
    seed: int = 1
    patience: float = PATIENCE
    is_cut: bool = False  # Answers are withheld at the wire: requests end after a short time
    after_kill: Callable[[int], None] = lambda number: None


class Writers:
    def __init__(self, race: Race, folder: Path) -> None:
        self._race = race
        self._folder = folder
        self._rng = random.Random(race.seed)
        self._source = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.ledger.writer"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.names = [f"w{number}" for number in range(race.writers)]
        self._pids = {name: self._start(name) for name in self.names}
        self.kills = 0

    def acks(self, name: str) -> Acks:
        return Acks(self._folder / f"{name}.acks")

    def copy(self, name: str) -> Path:
        return self._folder / f"{name}.db"

    def kill_one(self) -> None:
        name = self._rng.choice(self.names)
        acks, pid = self.acks(name), self._pids[name]
        wanted, delay = acks.count() + self._rng.randint(0, 4), self._rng.uniform(0, 0.01)
        until = time.monotonic() + LIMIT
        status = None
        while acks.count() < wanted and status is None:
            assert time.monotonic() < until, f"{name} hangs"
            _pause(0.002)
            status = self._ordered(do="look", pid=pid)
        if status is None:
            _pause(delay)
            status = self._ordered(do="kill", pid=pid)
        assert status == -9, f"{name} ended: {status}"
        self.kills += 1
        self._pids[name] = self._start(name)

    def finish(self) -> list[int]:
        """The exit statuses, once all have ended; whoever kills itself meanwhile is started again."""
        (self._folder / "stop").touch()
        statuses = []
        for name in self.names:
            until, count = time.monotonic() + LIMIT, 0
            while (status := self._ordered(do="look", pid=self._pids[name])) in (None, -9):
                if self.acks(name).count() > count:
                    until, count = time.monotonic() + LIMIT, self.acks(name).count()
                if time.monotonic() >= until:
                    self._ordered(do="kill", pid=self._pids[name])
                    raise AssertionError(f"{name} hangs")
                if status == -9:
                    self.kills += 1
                    self._pids[name] = self._start(name)
                _pause(0.005)
            statuses.append(int(status or 0))
        return statuses

    def close(self) -> None:
        self._source.stdin.close()
        self._source.wait(LIMIT)
        self._source.stdout.close()

    def _start(self, name: str) -> int:
        race = self._race
        shares = {str(fault.value): share for fault, share in race.shares.items()}
        pid = self._ordered(
            do="start", engine=race.engine, folder=str(self._folder), name=name, seed=self._rng.randrange(1 << 32),
            shares=shares, steps=0 if race.kills else race.steps, patience=race.patience,
            is_cut=race.is_cut,
        )  # fmt: skip
        assert pid is not None
        return pid

    def _ordered(self, **order: Any) -> int | None:
        self._source.stdin.write(json.dumps(order) + "\n")
        self._source.stdin.flush()
        return json.loads(self._source.stdout.readline())


@dataclass
class Result:
    findings: Findings
    kills: int
    seconds: float
    statuses: Sequence[int]

    @property
    def rate(self) -> float:
        """Entries a second; 0.0 if that was not measured."""
        return self.findings.entries / self.seconds if self.seconds else 0.0


@contextmanager
def _writers(race: Race, folder: Path) -> Iterator[Writers]:
    writers = Writers(race, folder)
    try:
        yield writers
    finally:
        writers.close()


def run(race: Race, folder: Path, *, directly: str = "") -> Result:
    with _writers(race, folder) as writers:
        began = time.monotonic()
        while writers.kills < race.kills:
            writers.kill_one()
            race.after_kill(writers.kills)
        statuses = writers.finish()
        seconds = time.monotonic() - began
    copies = [] if race.engine.startswith(SQLITE) else [writers.copy(name) for name in writers.names]
    acks = [ack for name in writers.names for ack in writers.acks(name)]
    if race.engine.startswith(SQLITE):
        findings = check(_records(Path(race.engine.removeprefix(SQLITE))), acks, [])
    else:
        # What waits in one copy is news for the others.
        for _round in range(2):
            for copy in copies:
                late = asyncio.run(_drain(directly or race.engine, copy))
                assert not late, f"{late} entries still wait in {copy.name}"
        new = folder / "new.db"
        asyncio.run(_drain(directly or race.engine, new))
        findings = checked(open_engine(directly or race.engine), acks, [*copies, new])
    return Result(findings, writers.kills, seconds, statuses)


async def _drain(engine: str, copy: Path) -> int:
    """How much still waits."""
    journal = open_journal(engine, copy, copy.stem, {}, random.Random(0), 30.0)
    health = await journal.open()
    await journal.close()
    return health.late


def _records(path: Path) -> list[tuple[int, bytes]]:
    with closing(JournalReader.open(path)) as reader:
        rows = [row[:-1] for row in reader.every_row()]
        return [(0, naming(reader.id)), *((row[0], packed(row)) for row in rows)]


def _pause(seconds: float) -> None:
    select.select([], [], [], seconds)
