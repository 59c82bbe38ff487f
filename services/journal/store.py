"""Writes a journal's file: SQLite in WAL mode, through one connection in the calling thread.

Every method blocks. Passes sqlite3.Error and OSError on, and raises UnusableJournal for a file that must not be used.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from uuid import uuid4

from services.i18n import _
from services.journal import files
from services.journal.chain import linked, row_of, storable
from services.journal.derived.saved import Saved, remember
from services.journal.errors import AlreadyRecorded, HeldByAnother
from services.journal.file_check import check_newest, check_tables
from services.journal.problems import UnusableJournal
from services.journal.queries import fold, searched
from services.journal.reader import LARGEST, JournalReader, connect
from services.journal.schema import INSERT, INSERT_WORDS
from services.models.journal import Entry, NewEntry, Person

SMALL = 4 << 20
"""Maximum file size in bytes for checking all pages on opening."""


class Store(JournalReader):
    """One journal open for writing; created if it does not exist."""

    def __init__(self, path: Path) -> None:
        if not files.check(path):
            files.create(path)
        super().__init__(connect(path, "mode=rw"))
        try:
            check_tables(self)
            self.query("PRAGMA journal_mode = WAL")
            self.query("PRAGMA synchronous = FULL")
            if path.stat().st_size <= SMALL:
                self.check_pages()
            check_newest(self)
        except BaseException:
            self.close()
            raise

    def append(self, draft: NewEntry, *, at: datetime, person: Person) -> Entry:
        """Record durably. Raises AlreadyRecorded or HeldByAnother, with nothing recorded."""
        with self._transaction():
            if draft.claim and (claiming := self._newest("claim = ? AND claim <> ''", storable(draft.claim))):
                raise AlreadyRecorded(claiming)
            if draft.holds and (holder := self.holder(storable(draft.holds))):
                raise HeldByAnother(holder)
            last, head = self.head()
            entry = linked(self.id, draft, seq=last + 1, at=at, person=person, previous=head)
            self._insert(entry)
            return entry

    def probe(self) -> None:
        """Write something that is not an entry, because only a write shows what disk and permissions allow."""
        with self._transaction():
            self.query("INSERT OR REPLACE INTO journal VALUES ('probe', ?)", (uuid4().hex,))

    def remember(self, name: str, saved: Saved) -> bool:
        """Save what is derived from the journal, unless something newer is saved. Returns whether it was saved."""
        with self._transaction():
            return remember(self, name, saved)

    def _insert(self, entry: Entry) -> None:
        row = row_of(entry)
        if sum(len(str(value).encode(errors="replace")) for value in row) > LARGEST:
            raise UnusableJournal(
                _("The entry is too large for the journal; it was not recorded."),
                _("Shorten it; {path} itself is fine."),
            )
        self.query(INSERT, row)
        self.query(INSERT_WORDS, (entry.seq, fold(searched(row))))

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self.query("BEGIN IMMEDIATE")
        try:
            yield
            self.query("COMMIT")
        except BaseException:
            # SQLite may have rolled back already, or be unable to: either way no entry may stay half written.
            if self._db.in_transaction:
                try:
                    self.query("ROLLBACK")
                except sqlite3.Error:
                    self.close()
            raise
