"""Passes sqlite3.Error and OSError on, and raises UnusableJournal for a file that is not a journal."""

import errno
import os
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

from services.background.boundaries import on_error
from services.i18n import _
from services.journal import files
from services.journal.chain import NOTHING, dated_moment, moment
from services.journal.problems import UnusableJournal, damaged, newer, readable_contents, too_large
from services.journal.queries import TimeBounds, select
from services.journal.schema import APPLICATION_ID, SELECTED, VERSION
from services.models.base import RawId
from services.models.journal import Entry, EntryKind, EntryQuery, Person
from services.models.text import clean

BUSY_MS = 5000
Row = tuple[Any, ...]
_WITH_WORDS = f"SELECT {SELECTED}, words.folded FROM entries LEFT JOIN words USING (seq)"
LARGEST = 8 << 20  # Maximum bytes of one value; SQLite reads and writes no larger ones
MOST = 256 << 20  # Maximum characters and bytes of one result that are held in memory
_BATCH = 100
_NO_PLACE = {sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_IOERR}


class JournalReader:
    def __init__(self, db: sqlite3.Connection, *, lasting: bool = True) -> None:
        self._db = db
        self._bounds = TimeBounds(self.query)
        self.lasting = lasting
        """The connection sees later writes of others; otherwise it must be reopened for each read."""
        with on_error(db.close):
            db.text_factory = _text
            db.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, LARGEST)
            self.query(f"PRAGMA busy_timeout = {BUSY_MS}")
            self.id = self._identify()  # Unique to this journal; part of every hash

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open for reading only, even if the folder is not writable. Raises FileNotFoundError."""
        if not files.check(path):
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(path))
        try:
            return cls(connect(path, "mode=ro"))
        except sqlite3.OperationalError as error:
            if getattr(error, "sqlite_errorcode", 0) & 0xFF not in _NO_PLACE or files.has_wal(path):
                raise
            # A journal that was closed properly needs no -wal and -shm files, and here they cannot be made.
            return cls(connect(path, "mode=ro&immutable=1"), lasting=False)

    def close(self) -> None:
        self._db.close()

    def query(self, statement: str, values: Sequence[object] | Mapping[str, object] = ()) -> list[Row]:
        """All rows of a result. Raises only sqlite3.Error and UnusableJournal, whatever the file contains."""
        rows: list[Row] = []
        size = 0
        with readable_contents():
            cursor = self._db.execute(statement, values)
            while batch := cursor.fetchmany(_BATCH):
                size += sum(len(value) for row in batch for value in row if isinstance(value, str | bytes))
                if size > MOST:
                    raise too_large()
                rows += batch
        return rows

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        self.query("BEGIN")
        try:
            yield
        finally:
            if self._db.in_transaction:
                self.query("ROLLBACK")

    def head(self) -> tuple[int, str]:
        """(number, hash) of the newest entry; (0, 64 zeros) if there is none."""
        for seq, hash_ in self.query("SELECT seq, hash FROM entries ORDER BY seq DESC LIMIT 1"):
            if not isinstance(seq, int) or not isinstance(hash_, str):
                raise damaged()
            return seq, hash_
        return 0, NOTHING

    def hash_at(self, seq: int) -> str:
        """The hash of an entry; "" if there is no such entry, 64 zeros for number 0."""
        rows = self.query("SELECT hash FROM entries WHERE seq = ?", (seq,))
        return rows[0][0] if rows else ("" if seq else NOTHING)

    def header(self) -> tuple[int, int]:
        """(application id, schema version)."""
        return self.query("PRAGMA application_id")[0][0], self.query("PRAGMA user_version")[0][0]

    def refuse_newer(self) -> None:
        """Raise UnusableJournal if this version does not know the schema."""
        application, version = self.header()
        if application == APPLICATION_ID and version > VERSION:
            raise newer()

    def objects(self) -> frozenset[tuple[str, str, str]]:
        """(type, name, SQL) of every table, index, trigger and view."""
        statement = "SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL"
        return frozenset((str(kind), str(name), str(sql)) for kind, name, sql in self.query(statement))

    def tables(self) -> set[str]:
        return {name for (name,) in self.query("SELECT name FROM sqlite_master WHERE type = 'table'")}

    def rows(
        self,
        query: EntryQuery,
        *,
        limit: int,
        before_seq: int | None = None,
        after_seq: int | None = None,
        newest_first: bool = True,
        whole: bool = True,
    ) -> list[Row]:
        """Matching entries as stored: the columns of `chain.COLUMNS`; only with `whole` the bodies of large entries."""
        if EntryKind.OTHER in query.kinds:
            unknown = query.unknown_kinds.union(self.unknown_kinds())
            query = query.model_copy(update={"unknown_kinds": unknown})
        if query.since is not None and not query.subject:
            # An entry of a subject is found by its own index, whenever it was written.
            first, last = self._bounds.of(query.since, query.before)
            after_seq = max(first - 1, after_seq or 0)
            before_seq = last + 1 if before_seq is None else min(last + 1, before_seq)
        text, values = select(
            query, limit=limit, before_seq=before_seq, after_seq=after_seq, newest_first=newest_first, whole=whole
        )  # fmt: skip
        return self.query(text, values)

    def exact_rows(self, condition: str, values: Sequence[object]) -> list[Row]:
        """Entries byte for byte; the last column contains the search terms. `condition`: SQL after the tables."""
        self._db.text_factory = _exact
        try:
            return self.query(f"{_WITH_WORDS} {condition}", values)
        finally:
            self._db.text_factory = _text

    def every_row(self, first: int = -(1 << 63)) -> Iterator[Row]:
        self._db.text_factory = _exact
        try:
            with readable_contents():
                yield from self._db.execute(
                    f"{_WITH_WORDS} WHERE entries.seq >= ? ORDER BY entries.seq", (first,)
                )
        finally:
            self._db.text_factory = _text

    def last_words(self) -> int:
        return int(self.query("SELECT max(seq) FROM words")[0][0] or 0)

    def check_pages(self) -> None:
        """Check the file's structure. Raises UnusableJournal if it is broken or an index disagrees with the entries."""
        if self.query("PRAGMA integrity_check(1)") != [("ok",)]:
            raise damaged()

    def find(
        self,
        query: EntryQuery,
        *,
        limit: int,
        before_seq: int | None = None,
        after_seq: int | None = None,
        newest_first: bool = True,
    ) -> list[Entry]:
        rows = self.rows(
            query, limit=limit, before_seq=before_seq, after_seq=after_seq, newest_first=newest_first, whole=False
        )  # fmt: skip
        return [entry_of(row) for row in rows]

    def entry(self, seq: int) -> Entry | None:
        return self._newest("seq = ?", seq)

    def people(self) -> list[str]:
        return [clean(each) for each in self._distinct("user")]

    def targets(self) -> list[RawId]:
        return [RawId(each) for each in self._distinct("target")]

    def unknown_kinds(self) -> list[str]:
        return [kind for kind in self._distinct("kind") if kind not in _KINDS]

    def _distinct(self, column: str) -> Iterator[str]:
        # As bytes: a value that is not UTF-8 would be decoded to another text, and the search would never advance.
        hop = (
            f"SELECT CAST(min({column}) AS BLOB) FROM entries "
            f"WHERE {column} > CAST(? AS TEXT) AND typeof({column}) = 'text'"
        )
        value = b""
        while True:
            before = value
            ((value,),) = self.query(hop, (before,))
            if not isinstance(value, bytes) or value <= before:
                return
            yield _text(value)

    def holder(self, hold: str) -> Entry | None:
        """The entry that has this hold, unless a later entry released it."""
        # Without the second condition SQLite does not use the partial index.
        holding = self._newest("holds = ? AND holds <> ''", hold)
        releasing = self._newest("releases = ? AND releases <> ''", hold)
        return holding if holding and (releasing is None or releasing.seq < holding.seq) else None

    def claiming(self, claim: str) -> Entry | None:
        return self._newest("claim = ? AND claim <> ''", claim)

    def place(self) -> str | None:
        """Where the journal has moved last; None if it never has."""
        moved = self._newest("kind = ?", EntryKind.MOVED.value)
        return None if moved is None else str(moved.data.get("to", ""))

    def _newest(self, where: str, *values: object) -> Entry | None:
        rows = self.query(f"SELECT {SELECTED} FROM entries WHERE {where} ORDER BY seq DESC LIMIT 1", values)
        return entry_of(rows[0]) if rows else None

    def _identify(self) -> str:
        """The journal's id. Raises UnusableJournal for another program's database, or a newer console's."""
        self.refuse_newer()
        if not {"journal", "entries", "words"} <= self.tables():
            raise UnusableJournal(
                _("The file is a database, but not a journal of this console."),
                _("Choose another file in the journal setting; {path} stays as it is."),
            )
        # Fails where a column is missing, before anything is read.
        self.query(f"{_WITH_WORDS} LIMIT 0")
        rows = self.query("SELECT value FROM journal WHERE key = 'id'")
        if not rows or not isinstance(rows[0][0], str) or not rows[0][0]:
            raise damaged()
        return rows[0][0]


def connect(path: Path, options: str) -> sqlite3.Connection:
    """A connection that may be used from any thread, one at a time."""
    return sqlite3.connect(
        files.address(path, options),
        uri=True,
        timeout=BUSY_MS / 1000,
        isolation_level=None,
        check_same_thread=False,
    )


def entry_of(row: Row) -> Entry:
    seq, at, kind, subject, target, text, user, origin, identity, host, *rest = row
    body, claim, holds, releases, previous, own = rest
    try:
        return Entry(
            seq=seq, at=dated_moment(at), kind=_KINDS.get(kind, EntryKind.OTHER), subject=subject, target=target,
            text=text, person=Person(user=user, origin=origin, identity=identity, host=host),
            body=body, claim=claim, holds=holds, releases=releases, previous=previous, hash=own,
            unknown_kind="" if kind in _KINDS or not isinstance(kind, str) else kind,
        )  # fmt: skip
    except (ValueError, TypeError, OverflowError):
        notice = _("This entry cannot be read; run toban journal verify.")
        return Entry(
            seq=seq, at=moment(0), kind=EntryKind.OTHER, subject="", target="", text=notice, person=Person(),
            body="{}", previous="", hash="",
        )  # fmt: skip


_KINDS = {kind.value: kind for kind in EntryKind if kind is not EntryKind.OTHER}


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "replace")


def _exact(raw: bytes) -> str:
    return raw.decode("utf-8", "surrogateescape")
