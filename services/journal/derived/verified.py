"""How far the journal was verified, saved beside it, and the slow verification of all of it while a console
runs. The file says itself how far it was verified, so this saves work, and protects against disks and
mistakes; against a person who alters the file, only the external hashes and a whole verification do."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import NamedTuple

from services.journal.chain import HASH, NOTHING, PREVIOUS, SEQ, hash_of_row
from services.journal.derived.lookup import CHUNK
from services.journal.derived.saved import Saved, recall
from services.journal.file_check import altered
from services.journal.queries import fold, searched
from services.journal.reader import JournalReader, Row

NAME = "verified-1"
SLICE = 1000  # Entries that are checked at a time; about 15 ms
_LEAST = -(1 << 63)  # Below any number that a file can contain


class Verified(NamedTuple):
    """The last entry up to which everything was verified."""

    seq: int
    hash: str
    at: datetime  # When (UTC)

    @property
    def saved(self) -> Saved:
        return Saved(self.seq, self.hash, {"at": self.at.isoformat()})


def last_verified(reader: JournalReader) -> Verified | None:
    """Up to where the journal was verified, as its file says; None if nothing was. Raises sqlite3.Error."""
    saved = recall(reader, NAME)
    try:
        at = datetime.fromisoformat(saved.content["at"]) if saved is not None else None
    except (ValueError, TypeError, LookupError):
        return None
    if saved is None or at is None or at.tzinfo is None or saved.seq < 1:
        return None
    return Verified(saved.seq, saved.hash, at.astimezone(UTC))


def count_up_to(reader: JournalReader, seq: int) -> int:
    text = "SELECT (SELECT count(*) FROM entries) - (SELECT count(*) FROM entries WHERE seq > ?)"
    return int(reader.query(text, (seq,))[0][0])


def rows_numbered(reader: JournalReader, seqs: Iterable[int]) -> Iterator[Row]:
    """The entries with these numbers, byte for byte."""
    numbers = sorted(seqs)
    for start in range(0, len(numbers), CHUNK):
        chunk = numbers[start : start + CHUNK]
        marks = ", ".join("?" * len(chunk))
        rows = reader.exact_rows(f"WHERE entries.seq IN ({marks}) ORDER BY entries.seq", chunk)
        yield from (row[:-1] for row in rows)


class VerifiedProgress(NamedTuple):
    """How far a slow verification has come."""

    seq: int = 0
    hash: str = NOTHING


def verify_slice(reader: JournalReader, progress: VerifiedProgress) -> VerifiedProgress:
    """Verify the next SLICE entries; returns the same progress where there are none. Blocks. Raises UnusableJournal for a fault."""
    seq, link = progress
    rows = reader.exact_rows("WHERE entries.seq > ? ORDER BY entries.seq LIMIT ?", (seq or _LEAST, SLICE))
    for *row, words in rows:
        fits = hash_of_row(reader.id, row) == row[HASH] and words == fold(searched(row))
        if not fits or (row[SEQ], row[PREVIOUS]) != (seq + 1, link):
            raise altered()
        seq, link = row[SEQ], str(row[HASH])
    return VerifiedProgress(seq, link)
