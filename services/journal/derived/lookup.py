"""Entries looked up by their numbers or subjects, as many as are asked for at once. Blocks.

Every look-up uses an index, so its cost depends on what is asked for, not on the size of the journal.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import TypeVar

from services.journal.chain import storable
from services.journal.reader import JournalReader, entry_of
from services.journal.schema import LISTED
from services.models.journal import Entry, EntryKind

T = TypeVar("T")
CHUNK = 500
"""Values of one statement; SQLite's least limit is 999."""


def entries_of(reader: JournalReader, seqs: Iterable[int]) -> list[Entry]:
    """The entries with these numbers, oldest first, without the bodies of large ones."""
    entries: list[Entry] = []
    for chunk in _chunks(sorted(set(seqs))):
        text = f"SELECT {LISTED} FROM entries WHERE seq IN ({_marks(chunk)}) ORDER BY seq"
        entries += map(entry_of, reader.query(text, chunk))
    return entries


def about(reader: JournalReader, subjects: Iterable[str], kinds: Iterable[EntryKind]) -> list[Entry]:
    """The entries of these kinds about these subjects, oldest first, without the bodies of large ones."""
    entries: list[Entry] = []
    names = sorted(kind.value for kind in kinds)
    for chunk in _chunks(sorted(map(storable, set(subjects)))):
        # The plus keeps SQLite from using the kinds' index.
        text = (
            f"SELECT {LISTED} FROM entries WHERE subject IN ({_marks(chunk)}) AND +kind IN ({_marks(names)})"
        )
        entries += map(entry_of, reader.query(text, [*chunk, *names]))
    return sorted(entries, key=lambda entry: entry.seq)


def claimed(reader: JournalReader, claims: Iterable[str]) -> set[str]:
    """Those of the claims that an entry has."""
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
