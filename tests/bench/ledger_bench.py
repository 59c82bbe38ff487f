import asyncio
import json
import os
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

from services.clock import SystemClock
from services.journal.chain import row_of
from services.journal.journal import Journal
from services.journal.ledger import Ledger
from services.journal.linking.decisions import next_entry
from services.journal.linking.records import naming, new_nonce, packed
from services.journal.reader import JournalReader
from services.journal.shared.journal import SharedJournal
from services.journal.store import Store
from services.models.journal import EntryKind, NewEntry, Person
from tests.bench.journal_bench import START, build
from tests.bench.rows import Row, against
from tests.services.journal.ledgers.places import DynamodbPlace, Place, PostgresqlPlace
from tests.tools.postgresql import binaries

GROUP = "ledger"
LARGE = 200_000
COLD_S, WARM_MS = 60.0, 300.0  # Goals for LARGE entries
APPENDS = 300
STARTS = 5  # Warm starts, of which the fastest counts: the others tell about the machine
Figures = dict[str, float]  # As `ledger_replica` prints them
_FILLER = "x" * 300
_PLACES: dict[str, type[Place]] = {"PostgreSQL": PostgresqlPlace, "DynamoDB (moto)": DynamodbPlace}


def run(quick: bool) -> list[Row]:
    # What the emulators and the SDK ask for.
    os.environ.setdefault("AWS_ACCESS_KEY_ID", "AKIATESTTESTTESTTEST")
    os.environ.setdefault("AWS_SECRET_ACCESS_KEY", "test")
    with tempfile.TemporaryDirectory() as folder:
        return [
            *_appends(Path(folder), APPENDS // 5 if quick else APPENDS),
            *_copies(Path(folder), LARGE // 10 if quick else LARGE),
        ]


# ---- appends


def _appends(folder: Path, count: int) -> Iterator[Row]:
    before = _in_one_transaction(folder / "before.db", APPENDS)
    journal = Journal(folder / "file.db", clock=SystemClock(), person=Person, syslog=None)
    yield against(
        GROUP, "appends, SQLite", asyncio.run(_rate(journal, APPENDS)), "/s", "decided and stored in one call",
        before, ">= 0.4",
    )  # fmt: skip
    for name, kind in _PLACES.items():
        if kind is PostgresqlPlace and binaries() is None:
            yield Row(GROUP, f"appends, {name}", None, "/s", "not installed")
            continue
        place = kind()
        with place.stack:
            bare = asyncio.run(_bare_rate(place.ledger(), count))
            shared = SharedJournal(
                folder / f"{place.name}.db", place.ledger(), clock=SystemClock(), person=Person, syslog=None
            )
            rate = asyncio.run(_rate(shared, count))
        yield against(GROUP, f"appends, {name}", rate, "/s", "bare puts", bare)


def _in_one_transaction(path: Path, count: int) -> float:
    with closing(Store(path)) as store:
        began = time.perf_counter()
        for number in range(count):
            store.put(row_of(next_entry(store, _draft(number), at=START, person=Person())))
        return count / (time.perf_counter() - began)


async def _rate(journal: Journal, count: int) -> float:
    await journal.open()
    rate = await _repeated(lambda number: journal.append(_draft(number)), count)
    await journal.close()
    return rate


async def _bare_rate(ledger: Ledger, count: int) -> float:
    record = json.dumps({"filler": _FILLER * 2}).encode()
    rate = await _repeated(lambda number: ledger.put(number, record), count)
    await ledger.close()
    return rate


async def _repeated(work: Callable[[int], Awaitable[object]], count: int) -> float:
    # The first one connects.
    await work(0)
    began = time.perf_counter()
    for number in range(1, count + 1):
        await work(number)
    return count / (time.perf_counter() - began)


def _draft(number: int) -> NewEntry:
    return NewEntry(kind=EntryKind.SIGN_OFF, text=f"draft {number}", data={"filler": _FILLER})


# ---- copies


def _copies(folder: Path, count: int) -> list[Row]:
    (small, _warm), (cold, warm) = (_copy(folder, amount) for amount in (count // 10, count))
    of = f"{count:,} entries"
    return [
        against(GROUP, f"cold copy of {of}", cold["seconds"], "s", "goal", COLD_S * count / LARGE, "<= 1"),
        Row(GROUP, "  of it processor", cold["processor"], "s", ""),
        against(GROUP, f"warm start with {of}", warm["seconds"] * 1e3, "ms", "goal", WARM_MS, "<= 1"),
        Row(GROUP, "  of it processor", warm["processor"] * 1e3, "ms", ""),
        against(
            GROUP, f"peak memory, cold copy of {of}", cold["peak_mb"], "MB", f"of {count // 10:,} entries",
            small["peak_mb"], "<= 1.2",
        ),
    ]  # fmt: skip


def _copy(folder: Path, count: int) -> tuple[Figures, Figures]:
    records = folder / f"{count}.records"
    _write_records(records, build(folder / f"{count}.db", count))
    with _pages(records) as port:
        address = f"dynamodb://bench?region=ap-northeast-1&endpoint_url=http://127.0.0.1:{port}"
        cold, *warm = (_started(address, folder / f"{count}.copy", count) for _start in range(1 + STARTS))
    return cold, min(warm, key=lambda figures: figures["seconds"])


def _write_records(path: Path, journal: Path) -> None:
    with ExitStack() as stack:
        reader = stack.enter_context(closing(JournalReader.open(journal)))
        db = stack.enter_context(closing(sqlite3.connect(path)))
        db.execute("CREATE TABLE records (seq INTEGER PRIMARY KEY, record BLOB NOT NULL)")
        db.execute("INSERT INTO records VALUES (0, ?)", (naming(reader.id),))
        rows = ((row[0], packed(row[:-1], new_nonce())) for row in reader.every_row())
        db.executemany("INSERT INTO records VALUES (?, ?)", rows)
        db.commit()


@contextmanager
def _pages(records: Path) -> Iterator[int]:
    command = [sys.executable, "-m", "tests.bench.ledger_pages", str(records)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield int(process.stdout.readline())
        finally:
            process.kill()


def _started(address: str, copy: Path, entries: int) -> Figures:
    command = [sys.executable, "-m", "tests.bench.ledger_replica", address, str(copy)]
    figures: Figures = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    assert figures["entries"] == entries
    return figures
