"""The copy of a shared journal on this host: a journal file that follows a ledger, and what waits to be sent
there. It can be made anew from the ledger at any time, except for the drafts that wait. Blocks."""

import json
import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import closing, suppress
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from services.background.boundaries import on_error
from services.journal.chain import HASH, PREVIOUS, SEQ, hash_of_row, micros, moment
from services.journal.linking.decisions import is_copy
from services.journal.linking.records import Record, foreign
from services.journal.reader import JournalReader, Row
from services.journal.store import Store
from services.models.journal import Entry, NewEntry, Person

_TABLES = """
CREATE TABLE IF NOT EXISTS nonces (seq INTEGER PRIMARY KEY, nonce TEXT NOT NULL UNIQUE);
CREATE TABLE IF NOT EXISTS late (
  number INTEGER PRIMARY KEY, nonce TEXT NOT NULL UNIQUE, at INTEGER NOT NULL, person TEXT NOT NULL, draft TEXT NOT NULL
);
"""
_WAITING = "SELECT 1 FROM late LIMIT 1"


class LateDraft(NamedTuple):
    nonce: str
    at: datetime  # When it happened (UTC)
    person: Person
    draft: NewEntry


class LocalCopy(Store):
    """One shared journal's copy, open for writing; created if it does not exist."""

    def __init__(self, path: Path, journal: str) -> None:
        super().__init__(path, journal=journal, is_copy=True)
        with on_error(self.close):
            for statement in filter(str.strip, _TABLES.split(";")):
                self.query(statement)

    def apply(self, records: Sequence[Record]) -> None:
        """Store the next records, all or none; those that are stored already must be the same. Raises
        UnusableJournal for records that do not continue the chain."""
        with self._transaction():
            last, link = self.head()
            for row, nonce in records:
                seq, own = row[SEQ], row[HASH]
                if seq <= last:
                    if self.hash_at(seq) != own:
                        raise foreign(seq)
                    continue
                if (seq, row[PREVIOUS]) != (last + 1, link) or hash_of_row(self.id, row) != own:
                    raise foreign(seq)
                self._insert(row)
                if nonce:
                    self._remember(nonce, seq)
                last, link = seq, own

    def _remember(self, nonce: str, seq: int) -> None:
        try:
            self.query("INSERT INTO nonces VALUES (?, ?)", (seq, nonce))
        except sqlite3.IntegrityError:
            # No console puts a draft twice.
            raise foreign(seq) from None

    def recorded(self, nonce: str) -> Entry | None:
        rows = self.query("SELECT seq FROM nonces WHERE nonce = ?", (nonce,))
        return self.entry(rows[0][0]) if rows else None

    # ---- what waits

    def add_late(self, late: LateDraft) -> None:
        """Store a draft durably until the ledger answers: unlike everything else here it is nowhere else."""
        self.query("PRAGMA synchronous = FULL")
        try:
            with self._transaction():
                self.query(
                    "INSERT OR IGNORE INTO late (nonce, at, person, draft) VALUES (?, ?, ?, ?)",
                    (
                        late.nonce,
                        micros(late.at),
                        late.person.model_dump_json(),
                        late.draft.model_dump_json(),
                    ),
                )
        finally:
            self.query("PRAGMA synchronous = NORMAL")

    def late(self) -> list[LateDraft]:
        return list(_late(self.query("SELECT nonce, at, person, draft FROM late ORDER BY number")))

    def count_late(self) -> int:
        return int(self.query("SELECT count(*) FROM late")[0][0])

    def remove_late(self, nonce: str) -> None:
        """Remove a draft that is recorded, or that never will be."""
        with self._transaction():
            self.query("DELETE FROM late WHERE nonce = ?", (nonce,))


def is_copy_of(path: Path, journal: str) -> bool:
    with closing(JournalReader.open(path)) as reader:
        return reader.id == journal and is_copy(reader) and bool(reader.query(_WAITING))


def _late(rows: Iterable[Row]) -> Iterable[LateDraft]:
    for nonce, at, person, draft in rows:
        # It stays, and is counted.
        with suppress(ValueError):
            yield LateDraft(
                nonce,
                moment(at),
                Person.model_validate(json.loads(person)),
                NewEntry.model_validate(json.loads(draft)),
            )
