"""A journal as a year of work leaves it, and what disks, hands and other programs do to its files. Seeded."""

import json
import os
import random
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

from services.changes import entries as change_entries
from services.inspections.running import entries as inspection_entries
from services.journal import files
from services.journal.chain import COLUMNS as CHAIN_COLUMNS
from services.journal.chain import NOTHING, hash_of_row
from services.journal.queries import fold, searched
from services.journal.schema import INSERT, INSERT_WORDS
from services.journal.store import Store
from services.models.canonical import canonical
from services.models.change_runs import StepState
from services.models.findings import Finding
from services.models.journal import EntryKind, EntryQuery, NewEntry
from services.models.posts import Post, PostState, Proposal
from services.models.verdict import Verdict
from services.slack import entries as post_entries
from services.slack.sending import SlackSent
from tests.services.changes.test_runs import plan as plan_of
from tests.services.journal.book import ALICE, NOON, append, tampered

ENDS = ("", "-wal", "-shm")  # What a journal consists of while a console has it open, as ends of its name
AT = "2026-01-14T00:00:00+00:00"
SLOT = "daily@2026-01-14T09:00"
HOSTILE: tuple[object, ...] = (
    None, 0, -1, 1 << 62, -(1 << 63), 1.5, float("inf"), "", "x", b"", b"\xff\xfe\x00", "\ufffd" * 50, "[" * 5000,
    "{}", "[]", "null", '{"step": [], "plan": 3, "state": {}, "note": [1], "findings": [{"until": 5}], "data": NaN}',
    "x" * 300_000,
)  # fmt: skip
COLUMNS = (
    "at", "kind", "subject", "target", "text", "user", "origin", "identity", "host", "body", "claim", "holds",
    "releases", "previous", "hash",
)  # fmt: skip


def drafts() -> Iterator[NewEntry]:
    """An entry of every kind that a console writes, most of them with what belongs to it."""
    for kind in EntryKind:
        if kind is not EntryKind.OTHER:
            subject = {
                EntryKind.ACKNOWLEDGED: f"alarm:alb-5xx@{AT}",
                EntryKind.USAGE: "usage@2026-01-14",
            }.get(kind, SLOT)
            yield NewEntry(
                kind=kind, subject=subject, target="daily", text=f"{kind.value} 点検", data=_data(kind)
            )
    finding = Finding(
        inspection="alarms", title="alarms", verdict=Verdict.NORMAL, summary="8 alarms are ok", read_at=NOON
    )
    yield inspection_entries.finding_entry(SLOT, finding)
    first, second = plan_of("one"), plan_of("two")
    for plan in (first, second):
        yield change_entries.confirmed(plan)
        yield change_entries.intent(plan, plan.steps[0])
        if plan is first:
            yield change_entries.outcome(plan, plan.steps[0], StepState.DONE, "done", True)
    for id in ("p1", "p2", "p3"):
        about = Proposal(title="costs", text="x", thread="alarm:alb-5xx@1")
        yield post_entries.release(id, "#ops-alerts", "a note", about)
        post = Post(
            id=id, seq=1, at=NOON, by="alice", channel="#ops-alerts", text="a note", state=PostState.WAITING,
            changed_at=NOON, let_go_at=NOON, attempts=0,
        )  # fmt: skip
        yield post_entries.posting(post, "elsewhere", "")
        begun = post.model_copy(update={"attempts": 1})
        if id == "p1":
            yield post_entries.posted(
                begun, SlackSent("1.1", "C0123456789"), "", post_entries.outcome_claim(begun)
            )
        elif id == "p2":
            yield post_entries.refused(
                begun, "no", post_entries.outcome_claim(begun), code="ratelimited", retry_at=AT
            )
    for number in range(30):
        yield NewEntry(kind=EntryKind.NOTE, text=f"entry {number} " + "記" * 200, data={"note": f"n{number}"})


def _data(kind: EntryKind) -> dict[str, Any]:
    """As the console writes it, for the kinds that have no draft of their own here."""
    signed = {
        "seq": 1,
        "inspection": "alarms",
        "verdict": "normal",
        "decision": "accepted",
        "reason": "",
        "until": AT,
    }
    duty = {
        "title": "daily", "due_at": AT, "late_at": AT, "was": "due", "note": "n", "findings": [signed],
        "checked": ["a"], "evidence": {"id": "text"},
    }  # fmt: skip
    return {
        EntryKind.SIGN_OFF: duty,
        EntryKind.SKIPPED: duty,
        EntryKind.PLANNED: {"title": "daily", "due_at": AT},
        EntryKind.ACKNOWLEDGED: {"note": "n", "state": "alarm"},
        EntryKind.LOOKING: {"pid": 1, "turn": 1},
        EntryKind.OVERRULED: {"seq": 18, "verdict": "normal", "reason": "r"},
        EntryKind.KNOWN: {"kind": "network", "value": "10.0.0.0/8"},
        EntryKind.REMARK: {"text": "t"},
        EntryKind.USAGE: {"day": "2026-01-14", "calls": 5, "yen": 1.5, "worst_yen": 2.0, "pid": 1},
        EntryKind.ARMED: {"until": AT, "reason": "r"},
    }.get(kind, {"note": "n", "pid": 1})


def worn(folder: Path) -> Path:
    """A journal that a killed console left: entries in the file, later ones in its -wal."""
    path = folder / "worn.db"
    written = list(drafts())
    for part in (written[:-12], written[-12:]):
        with closing(Store(path)) as store:
            for number, draft in enumerate(part):
                append(store, draft, at=NOON + timedelta(minutes=number), person=ALICE)
            left = folder / "left.db"
            for end in ENDS:
                shutil.copyfile(f"{path}{end}", f"{left}{end}")
    return left


def copied(path: Path, to: Path) -> Path:
    for end in ENDS:
        shutil.copyfile(f"{path}{end}", f"{to}{end}")
    return to


def settled(path: Path) -> None:
    """As an orderly end leaves it: all in the one file, whose pages no -wal stands in for."""
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")


# ---- what happens to bytes


def _part(path: Path, rng: random.Random) -> Path:
    file = Path(f"{path}{rng.choice(('', '', '', '-wal', '-shm'))}")
    return file if file.exists() else path


def flipped(path: Path, rng: random.Random) -> str:
    """Some bits of some bytes anywhere."""
    file = _part(path, rng)
    data = bytearray(file.read_bytes())
    for _time in range(rng.choice((1, 1, 2, 30))):
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    file.write_bytes(data)
    return f"bits of {file.name} flipped"


def overwritten(path: Path, rng: random.Random) -> str:
    file = _part(path, rng)
    data = bytearray(file.read_bytes())
    at, length = rng.randrange(len(data)), rng.choice((1, 16, 512, 4096))
    run = rng.choice((bytes(length), b"\xff" * length, rng.randbytes(length)))
    data[at : at + length] = run[: max(0, len(data) - at)]
    file.write_bytes(data)
    return f"{length} bytes of {file.name} overwritten at {at}"


def in_the_header(path: Path, rng: random.Random) -> str:
    data = bytearray(path.read_bytes())
    at = rng.randrange(100)
    data[at] = rng.randrange(256)
    path.write_bytes(data)
    return f"header byte {at} is {data[at]}"


def in_the_schema(path: Path, rng: random.Random) -> str:
    data = bytearray(path.read_bytes())
    places = [at for word in (b"CREATE ", b"NOT NULL", b"entries", b"subject") for at in _all(data, word)]
    at = rng.choice([place for place in places if place < 20_000]) + rng.randrange(60)
    data[at] = rng.randrange(256)
    path.write_bytes(data)
    return f"schema byte {at} is {data[at]}"


def _all(data: bytearray, word: bytes) -> Iterator[int]:
    at = data.find(word)
    while at >= 0:
        yield at
        at = data.find(word, at + 1)


def truncated(path: Path, rng: random.Random) -> str:
    file = _part(path, rng)
    size = file.stat().st_size
    length = rng.choice((0, 1, 99, 4096, rng.randrange(size), size - size % 4096 - 4096))
    os.truncate(file, max(0, min(size, length)))
    return f"{file.name} truncated to {length}"


def lost(path: Path, rng: random.Random) -> str:
    file = _part(path, rng)
    file.unlink()
    return f"{file.name} is gone"


def replaced(path: Path, rng: random.Random) -> str:
    file = _part(path, rng)
    file.unlink()
    kind = rng.choice(("folder", "text", "database", "fifo", "link", "loop", "sparse"))
    if kind == "folder":
        file.mkdir()
    elif kind == "text":
        file.write_text("This is no database.\n" * 300)
    elif kind == "database":
        with closing(sqlite3.connect(file)) as db:
            db.execute("CREATE TABLE other (x)")
    elif kind == "fifo":
        os.mkfifo(file)
    elif kind == "sparse":
        file.touch()
        os.truncate(file, 1 << 34)
    else:
        file.symlink_to(file if kind == "loop" else path.parent / "elsewhere")
    return f"a {kind} stands in the place of {file.name}"


def forbidden(path: Path, rng: random.Random) -> str:
    file, mode = _part(path, rng), rng.choice((0o000, 0o200, 0o400, 0o666, 0o777, 0o111))
    file.chmod(mode)
    if os.getuid() == 0 and rng.random() < 0.5:
        os.chown(file, 65534, 65534)
    return f"{file.name} has the rights {mode:o}"


# ---- what happens to rows


def _row(path: Path, rng: random.Random, column: str, value: object) -> None:
    with closing(sqlite3.connect(path)) as db:
        count = db.execute("SELECT count(*) FROM entries").fetchone()[0]
    tampered(path, f"UPDATE entries SET {column} = ? WHERE seq = {rng.randint(1, count)}", values=(value,))


def retyped(path: Path, rng: random.Random) -> str:
    """A column of a row holds what no console writes; the chain is broken by it."""
    column, value = rng.choice(COLUMNS), rng.choice(HOSTILE)
    try:
        _row(path, rng, column, value)
    except sqlite3.IntegrityError:
        _row(path, rng, "text", b"\xff\xfe")
    return f"{column} is {str(value)[:40]!r}"


def bad_utf8(path: Path, rng: random.Random) -> str:
    """Bytes in a text column that are no UTF-8."""
    column = rng.choice(COLUMNS[1:])
    try:
        _row(path, rng, f"{column} = CAST(x'fffec080eda080' AS TEXT), text", "x")
    except sqlite3.IntegrityError:
        _row(path, rng, "text", "x")
    return f"{column} is no UTF-8"


def huge(path: Path, rng: random.Random) -> str:
    """A value of many megabytes in a row."""
    size = rng.choice((9, 20)) << 20
    column = rng.choice(("text", "body", "subject"))
    _row(path, rng, column, rng.choice(("x" * size, bytes(size))))
    return f"{column} has {size} bytes"


def reshaped(path: Path, rng: random.Random) -> str:
    what = rng.choice((
        "DROP TABLE words", "DROP TABLE entries", "DROP TABLE journal", "ALTER TABLE entries RENAME TO events",
        "ALTER TABLE entries RENAME COLUMN body TO data", "ALTER TABLE words RENAME COLUMN folded TO word",
        "ALTER TABLE journal RENAME COLUMN value TO id", "DELETE FROM journal", "DELETE FROM words",
        "UPDATE journal SET value = x'ff'", "DROP INDEX entries_claim", "DROP INDEX entries_holds",
        "PRAGMA user_version = 99", "PRAGMA user_version = -5", "PRAGMA application_id = 7",
        "DELETE FROM entries WHERE seq = 5", "DELETE FROM entries WHERE seq > 20",
        "UPDATE entries SET seq = -3 WHERE seq = 4", "UPDATE entries SET seq = 1 << 62 WHERE seq = 4",
        "CREATE TRIGGER greedy AFTER INSERT ON entries BEGIN DELETE FROM entries; END",
        "CREATE VIEW extra AS SELECT * FROM entries",
    ))  # fmt: skip
    tampered(path, what)
    return what


# ---- what another program writes: a whole chain of entries that no console understands

JSON: tuple[object, ...] = (
    None, True, 0, -1, 1 << 70, 1e308, "", "x", "\ufffd", "x" * 5000, "2026-01-14T03:00:00", "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59-14:00", [], [None], {}, {"x": [1]}, [[[]]] * 50,
)  # fmt: skip
TIMES = (0, -1, -(1 << 62), 1 << 62, 253402300799999999, -62135596800000000, 1768352400000000)


def mutated(value: object, rng: random.Random) -> object:
    """One place anywhere in a JSON value is something else, or gone, or there twice."""
    if isinstance(value, dict) and value and rng.random() < 0.85:
        key = rng.choice(sorted(value))
        if rng.random() < 0.15:
            return {name: inner for name, inner in value.items() if name != key}
        return {**value, key: mutated(value[key], rng)}
    if isinstance(value, list) and value and rng.random() < 0.85:
        at = rng.randrange(len(value))
        if rng.random() < 0.2:
            return [*value, value[at]]
        return [*value[:at], mutated(value[at], rng), *value[at + 1 :]]
    return rng.choice(JSON)


def misunderstood(path: Path, seed: int) -> str:
    """Some entries hold other data, other times or other kinds than a console writes; the chain is whole."""
    rng, alterations = random.Random(seed), []
    with closing(Store(path)) as store:
        rows, journal = (
            [list(row) for row in store.rows(EntryQuery(), limit=1000, newest_first=False)],
            store.id,
        )
    for _time in range(rng.choice((1, 5, 20))):
        row = rng.choice(rows)
        column = rng.choice(
            ("body", "body", "body", "at", "kind", "subject", "target", "text", "claim", "user")
        )
        if column == "body":
            row[10] = canonical(mutated(json.loads(row[10]), rng))
        elif column == "at":
            row[1] = rng.choice(TIMES)
        elif column == "kind":
            row[2] = rng.choice([kind.value for kind in EntryKind])
        else:
            row[CHAIN_COLUMNS.index(column)] = rng.choice(
                ("", "x", "@", "post:", "alarm:@", "a@b@c", "x" * 9000, "\u202e")
            )
        alterations.append(f"{row[0]}.{column}={str(row[CHAIN_COLUMNS.index(column)])[:200]}")
    _rechained(path, journal, rows)
    return f"{seed}: {alterations}"


def _rechained(path: Path, journal: str, rows: list[list[Any]]) -> None:
    """Put the rows in the place of what is there, every link made anew."""
    for row in path.parent.glob(f"{path.name}*"):
        row.unlink()
    files.create(path)
    previous = NOTHING
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("BEGIN")
        db.execute("UPDATE journal SET value = ? WHERE key = 'id'", (journal,))
        claims: set[object] = {""}
        for row in rows:
            row[11] = "" if row[11] in claims else row[11]
            claims.add(row[11])
            row[14] = previous
            row[15] = previous = hash_of_row(journal, row)
            db.execute(INSERT, row)
            db.execute(INSERT_WORDS, (row[0], fold(searched(row))))
        db.execute("COMMIT")


DAMAGES: tuple[Callable[[Path, random.Random], str], ...] = (
    flipped, flipped, flipped, overwritten, overwritten, in_the_header, in_the_header, in_the_schema, in_the_schema,
    truncated, lost, replaced, forbidden, retyped, retyped, bad_utf8, reshaped, reshaped, huge,
)  # fmt: skip


def damaged(path: Path, seed: int) -> str:
    """Damage the journal in a way of its own; what was done, in words."""
    rng = random.Random(seed)
    if rng.random() < 0.6:
        settled(path)
    return f"{seed}: {DAMAGES[seed % len(DAMAGES)](path, rng)}"
