"""Reads a journal's file through a connection of its own. Every method blocks.

Raises sqlite3.Error and OSError as they come, and Unfit for a file that is no journal.
"""

import errno
import os
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Self

from services.i18n import _
from services.journal import files
from services.journal.chain import NOTHING, moment
from services.journal.queries import select
from services.journal.schema import SELECTED, VERSION
from services.journal.trouble import Unfit, damaged
from services.models.base import RawId
from services.models.journal import Entry, EntryKind, Person, Query
from services.models.text import clean

BUSY_MS = 5000
Row = tuple[Any, ...]
_FIRST, _LAST = (
    datetime.min.replace(tzinfo=UTC) + timedelta(days=1),
    datetime.max.replace(tzinfo=UTC) - timedelta(days=1),
)
"""Between these a moment has a date in every zone."""
_NO_PLACE = {sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_IOERR}


class Reader:
    """One connection to a journal that exists."""

    def __init__(self, db: sqlite3.Connection, *, lasting: bool = True) -> None:
        self._db = db
        self.lasting = lasting
        """Sees what others write later; else it must be opened anew for each look."""
        try:
            db.text_factory = _text
            db.execute(f"PRAGMA busy_timeout = {BUSY_MS}")
            self.id = _identify(db)
            """Unique to this journal; part of every hash."""
        except BaseException:
            db.close()
            raise

    @classmethod
    def open(cls, path: Path) -> Self:
        """For reading only, also where the folder cannot be written. Raises FileNotFoundError."""
        if not files.check(path):
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(path))
        try:
            return cls(connect(path, "mode=ro"))
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF not in _NO_PLACE or files.has_wal(path):
                raise
            # A journal that was closed well needs no -wal and -shm files, and here they could not be made.
            return cls(connect(path, "mode=ro&immutable=1"), lasting=False)

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def head(self) -> tuple[int, str]:
        """(number, hash) of the newest entry; (0, 64 zeros) where there is none."""
        row = self._db.execute("SELECT seq, hash FROM entries ORDER BY seq DESC LIMIT 1").fetchone()
        return (row[0], row[1]) if row else (0, NOTHING)

    def rows(
        self,
        query: Query,
        *,
        limit: int,
        before_seq: int | None = None,
        after_seq: int | None = None,
        newest_first: bool = True,
    ) -> list[Row]:
        """Matching entries as they lie in the file: the columns of `chain.COLUMNS`."""
        text, values = select(
            query, limit=limit, before_seq=before_seq, after_seq=after_seq, newest_first=newest_first
        )
        return self._db.execute(text, values).fetchall()

    def every_row(self) -> Iterator[Row]:
        """All entries, oldest first, byte for byte; behind the columns stand the words of the search."""
        self._db.text_factory = _exact
        try:
            yield from self._db.execute(
                f"SELECT {SELECTED}, words.folded FROM entries LEFT JOIN words USING (seq) ORDER BY entries.seq"
            )
        finally:
            self._db.text_factory = _text

    def last_words(self) -> int:
        """The newest entry that the search knows; 0 where there is none."""
        return int(self._db.execute("SELECT max(seq) FROM words").fetchone()[0] or 0)

    def check_pages(self) -> None:
        """Raises Unfit where the file's own structure is broken."""
        if self._db.execute("PRAGMA quick_check(1)").fetchone() != ("ok",):
            raise damaged()

    def find(
        self,
        query: Query,
        *,
        limit: int,
        before_seq: int | None = None,
        after_seq: int | None = None,
        newest_first: bool = True,
    ) -> list[Entry]:
        """Matching entries."""
        found = self.rows(
            query, limit=limit, before_seq=before_seq, after_seq=after_seq, newest_first=newest_first
        )
        return [entry_of(row) for row in found]

    def people(self) -> list[str]:
        """Every OS user with an entry."""
        return [clean(each) for each in self._distinct("user")]

    def targets(self) -> list[RawId]:
        """Every target with an entry, exactly."""
        return [RawId(each) for each in self._distinct("target")]

    def _distinct(self, column: str) -> Iterator[str]:
        """Hops from value to value along the index."""
        found = self._db.execute(f"SELECT min({column}) FROM entries WHERE {column} > ''").fetchone()[0]
        while isinstance(found, str):
            yield found
            found = self._db.execute(
                f"SELECT min({column}) FROM entries WHERE {column} > ?", (found,)
            ).fetchone()[0]

    def _newest(self, where: str, *values: object) -> Entry | None:
        row = self._db.execute(
            f"SELECT {SELECTED} FROM entries WHERE {where} ORDER BY seq DESC LIMIT 1", values
        ).fetchone()
        return entry_of(row) if row else None


def connect(path: Path, options: str) -> sqlite3.Connection:
    """A connection that may be used from any one thread at a time."""
    return sqlite3.connect(
        files.address(path, options),
        uri=True,
        timeout=BUSY_MS / 1000,
        isolation_level=None,
        check_same_thread=False,
    )


def entry_of(row: Row) -> Entry:
    """A row as an entry; one that the console never wrote like this becomes an entry that says so."""
    seq, at, kind, subject, target, text, user, origin, identity, host, *rest = row
    body, claim, holds, releases, previous, own = rest
    try:
        return Entry(
            seq=seq, at=_moment(at), kind=_KINDS.get(kind, EntryKind.OTHER), subject=subject, target=target,
            text=text, person=Person(user=user, origin=origin, identity=identity, host=host),
            body=body, claim=claim, holds=holds, releases=releases, previous=previous, hash=own,
        )  # fmt: skip
    except (ValueError, TypeError, OverflowError):
        said = _("This entry cannot be read; run toban journal verify.")
        return Entry(
            seq=seq, at=moment(0), kind=EntryKind.OTHER, subject="", target="", text=said, person=Person(),
            body="{}", previous="", hash="",
        )  # fmt: skip


_KINDS = {kind.value: kind for kind in EntryKind}


def _identify(db: sqlite3.Connection) -> str:
    """The journal's id; raises Unfit for another program's database, or a newer console's."""
    tables = {row[0] for row in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if not {"journal", "entries", "words"} <= tables:
        raise Unfit(
            _("The file is a database, but not a journal of this console."),
            _("Name another file with the setting journal; {path} stays as it is."),
        )
    if db.execute("PRAGMA user_version").fetchone()[0] > VERSION:
        raise Unfit(
            _("The journal was written by a newer version of this console."),
            _("Start that version, or name another file with the setting journal; {path} stays as it is."),
        )
    found = db.execute("SELECT value FROM journal WHERE key = 'id'").fetchone()
    return str(found[0]) if found else ""


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "replace")


def _exact(raw: bytes) -> str:
    return raw.decode("utf-8", "surrogateescape")


def _moment(value: int) -> datetime:
    """Raises OverflowError for a moment that has no date in some zone."""
    found = moment(value)
    if not _FIRST <= found <= _LAST:
        raise OverflowError(value)
    return found
