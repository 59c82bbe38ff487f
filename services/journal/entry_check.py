import sqlite3
from contextlib import closing
from pathlib import Path

from services.journal.chain import NOTHING, hash_of_row
from services.journal.problems import UnusableJournal
from services.journal.reader import JournalReader
from services.models.journal import EntryQuery
from services.models.journal_view import EntryLink

_SEQ, _PREVIOUS, _HASH = 0, 14, 15


def check_link(path: Path, seq: int) -> EntryLink | None:
    """Check the entry's own hash and its link to the previous entry; None if the file cannot be read. Blocks."""
    try:
        with closing(JournalReader.open(path)) as reader:
            rows = reader.rows(EntryQuery(), limit=2, before_seq=seq + 1)
            journal = reader.id
    except (sqlite3.Error, OSError, UnusableJournal):
        return None
    if not rows or rows[0][_SEQ] != seq:
        return None
    own, before = rows[0], rows[1] if len(rows) > 1 else None
    expected = NOTHING if before is None else before[_HASH]
    follows = before[_SEQ] == seq - 1 if before is not None else seq == 1
    return EntryLink(
        unaltered=hash_of_row(journal, own) == own[_HASH], tied=follows and own[_PREVIOUS] == expected
    )
