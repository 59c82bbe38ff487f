"""Checks that a journal's file has the expected tables and an intact chain of newest entries. Blocks. Raises
UnusableJournal if it has not; sqlite3.Error is passed on."""

import sqlite3
from collections.abc import Iterable
from contextlib import closing
from functools import cache

from services.i18n import _
from services.journal.chain import HASH, NOTHING, PREVIOUS, SEQ, hash_of_row
from services.journal.problems import UnusableJournal, damaged
from services.journal.queries import fold, searched
from services.journal.reader import JournalReader, Row
from services.journal.schema import APPLICATION_ID, SCHEMA, VERSION

NEWEST = 2000
"""Number of entries whose hashes are recomputed when a console starts; `verify` recomputes all of them."""


def check_tables(reader: JournalReader) -> None:
    header = reader.header()
    objects = reader.objects()
    added = [name for kind, name, _sql in objects - _expected_objects() if kind == "trigger"]
    if header != (APPLICATION_ID, VERSION) or _expected_objects() - objects or added:
        raise damaged()


@cache
def _expected_objects() -> frozenset[tuple[str, str, str]]:
    with closing(sqlite3.connect(":memory:")) as db:
        db.executescript(SCHEMA)
        return frozenset(db.execute("SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL"))


def check_newest(reader: JournalReader) -> None:
    with reader.snapshot():
        newest = reader.exact_rows("ORDER BY entries.seq DESC LIMIT ?", (NEWEST,))
        last_words = reader.last_words()
    rows = newest[::-1]
    if not _is_chain(reader.id, rows) or last_words > (rows[-1][SEQ] if rows else 0):
        raise altered()


def _is_chain(journal: str, rows: Iterable[Row]) -> bool:
    before: Row | None = None
    for row in rows:
        *columns, words = row
        follows = _follows(columns, before)
        if not follows or hash_of_row(journal, columns) != columns[HASH] or words != fold(searched(columns)):
            return False
        before = row
    return True


def _follows(row: list[object], before: Row | None) -> bool:
    if before is not None:
        return (row[SEQ], row[PREVIOUS]) == (before[SEQ] + 1, before[HASH])
    return row[SEQ] != 1 or row[PREVIOUS] == NOTHING


def altered() -> UnusableJournal:
    return UnusableJournal(
        _("Journal entries differ from what was written; nothing more is written to it."),
        _(
            "Keep {path} as it is, and run: toban journal verify. To begin a new journal, move it and "
            "its -wal file aside and restart."
        ),
        damage=True,
    )
