"""Every look-up uses an index, so its cost depends on what is asked for, not on the size of the journal."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import TypeVar

from services.journal.chain import micros, storable
from services.journal.reader import JournalReader, Row, entry_of
from services.journal.schema import LISTED
from services.models.journal import LARGE, LATE, Entry, EntryKind

T = TypeVar("T")
NEAR = 1000  # Entries that a clock set back can place away from their time without being missed
CHUNK = 500  # Values of one statement; SQLite's least limit is 999
_LARGE = ", ".join(f"'{kind.value}'" for kind in LARGE)


def entries_of(reader: JournalReader, seqs: Iterable[int]) -> list[Entry]:
    entries: list[Entry] = []
    for chunk in _chunks(sorted(set(seqs))):
        text = f"SELECT {LISTED} FROM entries WHERE seq IN ({_marks(chunk)}) ORDER BY seq"
        entries += map(entry_of, reader.query(text, chunk))
    return entries


def rows_after(reader: JournalReader, seq: int, limit: int) -> list[Row]:
    """Up to `limit` entries with greater numbers, oldest first, byte for byte."""
    rows = reader.exact_rows("WHERE entries.seq > ? ORDER BY entries.seq LIMIT ?", (seq, limit))
    # The last column of a row that was read so is its search terms.
    return [row[:-1] for row in rows]


def about(reader: JournalReader, subjects: Iterable[str], kinds: Iterable[EntryKind]) -> list[Entry]:
    return [entry_of(row) for row in rows_about(reader, subjects, kinds)]


def rows_about(reader: JournalReader, subjects: Iterable[str], kinds: Iterable[EntryKind]) -> list[Row]:
    rows: list[Row] = []
    names = sorted(kind.value for kind in kinds)
    for chunk in _chunks(sorted(map(storable, set(subjects)))):
        # The plus keeps SQLite from using the kinds' index.
        text = (
            f"SELECT {LISTED} FROM entries WHERE subject IN ({_marks(chunk)}) AND +kind IN ({_marks(names)})"
        )
        rows += reader.query(text, [*chunk, *names])
    return sorted(rows, key=lambda row: int(row[0]))


def subjects_of(reader: JournalReader, seqs: Iterable[int]) -> set[str]:
    subjects: set[str] = set()
    for chunk in _chunks(sorted(set(seqs))):
        text = f"SELECT DISTINCT subject FROM entries WHERE seq IN ({_marks(chunk)})"
        subjects.update(str(subject) for (subject,) in reader.query(text, chunk))
    return subjects


def subjects_under(
    reader: JournalReader, prefix: str, kinds: Iterable[EntryKind], since: datetime
) -> set[str]:
    names = sorted(kind.value for kind in kinds)
    text = (
        "SELECT DISTINCT subject FROM entries WHERE subject >= ? AND subject < ? "
        f"AND +kind IN ({_marks(names)}) AND +at >= ?"
    )
    start = storable(prefix)
    end = start[:-1] + chr(ord(start[-1]) + 1)
    return {str(subject) for (subject,) in reader.query(text, [start, end, *names, micros(since)])}


def planned_after(reader: JournalReader, target: str, seq: int) -> set[str]:
    text = "SELECT DISTINCT subject FROM entries WHERE target = ? AND seq > ? AND +kind = ?"
    return {str(subject) for (subject,) in reader.query(text, [storable(target), seq, EntryKind.PLAN.value])}


def last_before(reader: JournalReader, moment: datetime) -> int:
    """The number of the newest entry recorded before then; 0 if there is none. Entries that a clock set back
    has placed more than NEAR entries away from their time are not considered, and no late ones: they were
    recorded after entries that came after them."""
    text = f"""
    SELECT max(seq) FROM (SELECT seq, kind, body FROM entries WHERE at < ? ORDER BY at DESC LIMIT ?)
    WHERE kind IN ({_LARGE}) OR instr(body, '"{LATE}":true') = 0
    """
    return int(reader.query(text, (micros(moment), NEAR))[0][0] or 0)


def surely_before(reader: JournalReader, moment: datetime) -> int:
    """A number up to which every entry was written before then, whatever clocks were wrong; 0 if there is
    none. A clock that was ahead makes it lower."""
    text = "SELECT min(seq) FROM (SELECT seq FROM entries WHERE at >= ? ORDER BY at LIMIT ?)"
    first = reader.query(text, (micros(moment), NEAR))[0][0]
    last = last_before(reader, moment)
    return last if first is None else min(last, int(first) - 1)


def claimed(reader: JournalReader, claims: Iterable[str]) -> set[str]:
    taken: set[str] = set()
    for chunk in _chunks(sorted(map(storable, set(claims) - {""}))):
        # Without the second condition SQLite does not use the partial index.
        text = f"SELECT claim FROM entries WHERE claim IN ({_marks(chunk)}) AND claim <> ''"
        taken.update(str(claim) for (claim,) in reader.query(text, chunk))
    return taken


def _chunks(values: Sequence[T]) -> Iterator[Sequence[T]]:
    return (values[start : start + CHUNK] for start in range(0, len(values), CHUNK))


def _marks(values: Sequence[object]) -> str:
    return ", ".join("?" * len(values))
