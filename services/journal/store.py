"""Every method blocks. Passes sqlite3.Error and OSError on, and raises UnusableJournal for a file that must not be used."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from services.background.boundaries import on_error
from services.i18n import _
from services.journal import files
from services.journal.derived.saved import Saved, remember
from services.journal.file_check import check_newest, check_tables
from services.journal.problems import UnusableJournal
from services.journal.queries import fold, searched
from services.journal.reader import LARGEST, JournalReader, Row, connect
from services.journal.schema import INSERT, INSERT_WORDS

SMALL = 4 << 20  # Maximum file size in bytes for checking all pages on opening
_BESIDE = 1024  # Bytes at most that SQLite stores beside a row's values


class Store(JournalReader):
    def __init__(self, path: Path, *, journal: str = "", is_copy: bool = False) -> None:
        """`journal`: the id of a new file, "" for a new one; `is_copy`: the entries are durable elsewhere."""
        if not files.check(path):
            files.create(path, journal)
        super().__init__(connect(path, "mode=rw"))
        with on_error(self.close):
            check_tables(self)
            self.query("PRAGMA journal_mode = WAL")
            self.query(f"PRAGMA synchronous = {'NORMAL' if is_copy else 'FULL'}")
            if path.stat().st_size <= SMALL:
                self.check_pages()
            check_newest(self)

    def put(self, row: Row) -> Row | None:
        """Store the entry durably if its number is free. Returns None if stored, else the row that has the number."""
        with self._transaction():
            rows = self.exact_rows("WHERE entries.seq = ?", row[:1])
            if rows:
                return rows[0][:-1]
            self._insert(row)
            return None

    def probe(self) -> None:
        """Write something that is not an entry, because only a write shows what disk and permissions allow."""
        with self._transaction():
            self.query("INSERT OR REPLACE INTO journal VALUES ('probe', ?)", (uuid4().hex,))

    def remember(self, name: str, saved: Saved) -> bool:
        """Save what is derived from the journal, unless something newer is saved. Returns whether it was saved."""
        with self._transaction():
            return remember(self, name, saved)

    def _insert(self, row: Row) -> None:
        words = indexed_words(row)
        self.query(INSERT, row)
        self.query(INSERT_WORDS, (row[0], words))

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self.query("BEGIN IMMEDIATE")
        with on_error(self._roll_back):
            # A newer console may have changed the schema while this one had the file open.
            self.refuse_newer()
            yield
            self.query("COMMIT")

    def _roll_back(self) -> None:
        # SQLite may have rolled back already, or be unable to: either way no entry may stay half written.
        if self._db.in_transaction:
            try:
                self.query("ROLLBACK")
            except sqlite3.Error:
                self.close()


def indexed_words(row: Row) -> str:
    """The row's text as it is indexed. Raises UnusableJournal for an entry that no journal can store."""
    words = fold(searched(row))
    # Folding can make a text eleven times as long.
    size = max(sum(_size(value) for value in row), _size(words))
    if size > LARGEST - _BESIDE:
        raise UnusableJournal(
            _("The entry is too large for the journal; it was not recorded."),
            _("Shorten it; {path} itself is fine."),
        )
    return words


def _size(value: object) -> int:
    return len(str(value).encode(errors="replace"))
