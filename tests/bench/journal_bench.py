import asyncio
import random
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from services.clock import SystemClock
from services.journal import files
from services.journal.anchors.external_hashes import ExternalHashes
from services.journal.chain import NOTHING, linked, row_of
from services.journal.journal import Journal
from services.journal.queries import fold, searched
from services.journal.schema import INSERT, INSERT_WORDS
from services.journal.verify import verify
from services.models.journal import EntryKind, EntryQuery, NewEntry, Person
from tests.bench.rows import Row, against

GROUP = "journal"
LARGE, SMALL = 200_000, 1_000
PAGE = 200
FLAT = ("open", "first page", "page 1,000", "one target, first page", "search, common word", "append, p50")
START = datetime(2016, 4, 1, tzinfo=UTC)
PEOPLE = ("sato", "suzuki", "takahashi", "tanaka", "root (sudo: ito)")
_COMMON = (EntryKind.SIGN_OFF,) * 10 + (EntryKind.ACKNOWLEDGED,) * 5 + (EntryKind.NOTE, EntryKind.STARTED)
_RARE = (EntryKind.PLAN, EntryKind.INTENT, EntryKind.OUTCOME, EntryKind.ARMED)


def run(quick: bool) -> list[Row]:
    with tempfile.TemporaryDirectory() as folder:
        large = build(Path(folder) / "large.db", LARGE // 10 if quick else LARGE)
        small = build(Path(folder) / "small.db", SMALL)
        measured_by_path = {path: asyncio.run(_measure(path)) for path in (small, large)}
    return [
        against(
            GROUP, figure, ours, "ms", f"with {SMALL:,} entries", yardstick, "<= 4" if figure in FLAT else ""
        )
        for (figure, ours), (_, yardstick) in zip(
            measured_by_path[large], measured_by_path[small], strict=True
        )
    ]


def build(path: Path, count: int) -> Path:
    rng = random.Random(1)
    files.create(path)
    previous, at = NOTHING, START
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA synchronous = OFF")
        journal = db.execute("SELECT value FROM journal WHERE key = 'id'").fetchone()[0]
        for seq in range(1, count + 1):
            at += timedelta(minutes=rng.randint(1, 50))
            person = Person(
                user=rng.choice(PEOPLE),
                origin="ssh 10.0.0.5",
                host="bastion-1",
                identity="arn:aws:sts::123456789012:assumed-role/Operator/sato",
            )
            entry = linked(journal, _draft(rng, seq), seq=seq, at=at, person=person, previous=previous)
            row = row_of(entry)
            db.execute(INSERT, row)
            db.execute(INSERT_WORDS, (seq, fold(searched(row))))
            previous = entry.hash
        db.commit()
    return path


def _draft(rng: random.Random, seq: int) -> NewEntry:
    kind = rng.choice(_RARE if rng.random() < 0.01 else _COMMON)
    target = rng.choice(
        ("staff-api-cpu-high", "rds-connections", "alb-5xx", "daily-morning", "weekly-backup")
    )
    text = rng.choice(
        (
            "始業点検を確認しました",
            "ＣＰＵ使用率の上昇を確認",
            "Scaled out as planned",
            "定期再起動は不要と判断",
        )
    )
    return NewEntry(
        kind=kind, subject=f"{target}@{seq}", target=target, text=f"{text} #{seq}",
        data={"note": "異常なし。" * rng.randint(1, 20), "was": "due"},
        claim=f"sign-off:{seq}" if kind is EntryKind.SIGN_OFF else "",
    )  # fmt: skip


async def _measure(path: Path) -> list[tuple[str, float]]:
    journal = Journal(path, clock=SystemClock(), person=lambda: Person(user="bench"), syslog=None)
    figures = [("open", await _timed(journal.open))]
    entries = journal.health.entries
    deep = max(PAGE + 1, entries - 1000 * PAGE)
    looks: dict[str, Callable[[], Awaitable[object]]] = {
        "first page": journal.page,
        "page 1,000": lambda: journal.page(before_seq=deep),
        "one target, first page": lambda: journal.page(EntryQuery(target="alb-5xx")),
        "rare kinds, first page": lambda: journal.page(EntryQuery(kinds=frozenset(_RARE))),
        "rare kinds, all": lambda: journal.entries(EntryQuery(kinds=frozenset(_RARE))),
        "kinds and person, first page": lambda: journal.page(EntryQuery(kinds=frozenset({EntryKind.NOTE, EntryKind.SIGN_OFF}), person="sato")),
        "one day": lambda: journal.page(EntryQuery(since=START + timedelta(days=5), before=START + timedelta(days=6))),
        "search, common word": lambda: journal.page(EntryQuery(words="cpu")),
        "search, no match": lambda: journal.page(EntryQuery(words="ナイアガラ")),
        "search, one match": lambda: journal.page(EntryQuery(words="#500")),
        "search, person, no match": lambda: journal.page(EntryQuery(words="ナイアガラ", person="sato")),
        "search, kinds, no match": lambda: journal.page(EntryQuery(words="ナイアガラ", kinds=frozenset({EntryKind.NOTE, EntryKind.SIGN_OFF}))),
        "people": journal.people,
        "targets": journal.targets,
    }  # fmt: skip
    for figure, look in looks.items():
        figures.append((figure, statistics.median([await _timed(look) for _ in range(5)])))
    draft = NewEntry(kind=EntryKind.NOTE, text="始業点検を確認しました")
    appends = [await _timed(lambda: journal.append(draft)) for _ in range(200)]
    figures.append(("append, p50", statistics.median(appends)))
    await journal.close()
    began = time.perf_counter()
    checked = verify(path, at=START, external_hashes=ExternalHashes())
    figures.append(("verify", (time.perf_counter() - began) * 1e3))
    assert checked.intact, checked
    return figures


async def _timed(look: Callable[[], Awaitable[object]]) -> float:
    began = time.perf_counter()
    await look()
    return (time.perf_counter() - began) * 1e3
