"""The journal's file: SQLite in WAL mode, written through one connection in the thread that calls it.

Every method blocks; `services.journal.journal` runs them in a thread of their own. Raises sqlite3.Error and
OSError as they come.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from services.journal.chain import NOTHING, linked, micros, moment
from services.journal.errors import AlreadyRecorded, HeldByAnother
from services.models.journal import Draft, Entry, EntryKind, Person, Query

BUSY_MS = 5000
_SCHEMA = """
CREATE TABLE IF NOT EXISTS journal (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS entries (
  seq INTEGER PRIMARY KEY, at INTEGER NOT NULL, kind TEXT NOT NULL, subject TEXT NOT NULL, target TEXT NOT NULL,
  text TEXT NOT NULL, user TEXT NOT NULL, origin TEXT NOT NULL, identity TEXT NOT NULL, host TEXT NOT NULL,
  body TEXT NOT NULL, claim TEXT NOT NULL, holds TEXT NOT NULL, releases TEXT NOT NULL,
  previous TEXT NOT NULL, hash TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS entries_kind ON entries (kind, seq);
CREATE INDEX IF NOT EXISTS entries_subject ON entries (subject, seq);
CREATE INDEX IF NOT EXISTS entries_target ON entries (target, seq);
CREATE INDEX IF NOT EXISTS entries_user ON entries (user, seq);
CREATE INDEX IF NOT EXISTS entries_at ON entries (at);
CREATE UNIQUE INDEX IF NOT EXISTS entries_claim ON entries (claim) WHERE claim <> '';
CREATE INDEX IF NOT EXISTS entries_holds ON entries (holds, seq) WHERE holds <> '';
CREATE INDEX IF NOT EXISTS entries_releases ON entries (releases, seq) WHERE releases <> '';
CREATE TRIGGER IF NOT EXISTS entries_stay BEFORE UPDATE ON entries BEGIN SELECT RAISE(ABORT, 'append only'); END;
CREATE TRIGGER IF NOT EXISTS entries_last BEFORE DELETE ON entries BEGIN SELECT RAISE(ABORT, 'append only'); END;
"""
_COLUMNS = (
    "seq, at, kind, subject, target, text, user, origin, identity, host, body, claim, holds, releases, "
    "previous, hash"
)


class Store:
    """One open journal file."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._db = sqlite3.connect(
            path, timeout=BUSY_MS / 1000, isolation_level=None, check_same_thread=False
        )
        self._db.execute(f"PRAGMA busy_timeout = {BUSY_MS}")
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = FULL")
        with self._transaction():
            for statement in _SCHEMA.split(";\n"):
                if statement.strip():
                    self._db.execute(statement)
            self._db.execute(
                "INSERT OR IGNORE INTO journal VALUES ('id', ?), ('version', '1')", (uuid4().hex,)
            )
        self.id = str(self._db.execute("SELECT value FROM journal WHERE key = 'id'").fetchone()[0])
        """Unique to this journal; part of every hash."""

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def append(self, draft: Draft, *, at: datetime, person: Person) -> Entry:
        """Record durably. Raises AlreadyRecorded or HeldByAnother, with nothing recorded."""
        with self._transaction():
            if draft.claim and (taken := self._one("claim = ?", draft.claim)):
                raise AlreadyRecorded(taken)
            if draft.holds and (holder := self._holder(draft.holds)):
                raise HeldByAnother(holder)
            last = self._one("1 = 1")
            entry = linked(
                self.id, draft, seq=last.seq + 1 if last else 1, at=at, person=person,
                previous=last.hash if last else NOTHING,
            )  # fmt: skip
            self._db.execute(f"INSERT INTO entries ({_COLUMNS}) VALUES ({', '.join('?' * 16)})", _row(entry))
            return entry

    def head(self) -> tuple[int, str]:
        """(number, hash) of the newest entry; (0, 64 zeros) where there is none."""
        row = self._db.execute("SELECT seq, hash FROM entries ORDER BY seq DESC LIMIT 1").fetchone()
        return (row[0], row[1]) if row else (0, NOTHING)

    def data_version(self) -> int:
        """Changes when another connection has written."""
        return int(self._db.execute("PRAGMA data_version").fetchone()[0])

    def find(
        self, query: Query, *, limit: int, before_seq: int | None = None, newest_first: bool = True
    ) -> list[Entry]:
        """Matching entries."""
        where, values = _where(query)
        if before_seq is not None:
            where, values = f"{where} AND seq < ?", [*values, before_seq]
        order = "DESC" if newest_first else "ASC"
        rows = self._db.execute(
            f"SELECT {_COLUMNS} FROM entries WHERE {where} ORDER BY seq {order} LIMIT ?", [*values, limit]
        )
        return [_entry(row) for row in rows]

    def _holder(self, hold: str) -> Entry | None:
        taken = self._one("holds = ?", hold)
        given = self._one("releases = ?", hold)
        return taken if taken and (given is None or given.seq < taken.seq) else None

    def _one(self, where: str, *values: object) -> Entry | None:
        row = self._db.execute(
            f"SELECT {_COLUMNS} FROM entries WHERE {where} ORDER BY seq DESC LIMIT 1", values
        ).fetchone()
        return _entry(row) if row else None

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")


def _where(query: Query) -> tuple[str, list[object]]:
    parts: list[tuple[str, list[object]]] = [("1 = 1", [])]
    if query.kinds:
        kinds = sorted(kind.value for kind in query.kinds)
        parts.append((f"kind IN ({', '.join('?' * len(kinds))})", [*kinds]))
    for column, value in (("user", query.person), ("target", query.target), ("subject", query.subject)):
        if value:
            parts.append((f"{column} = ?", [value]))
    if query.since:
        parts.append(("at >= ?", [micros(query.since)]))
    if query.before:
        parts.append(("at < ?", [micros(query.before)]))
    for word in query.words.split():
        pattern = "%" + word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
        columns = ("text", "target", "subject", "user")
        parts.append(
            (
                "(" + " OR ".join(f"{column} LIKE ? ESCAPE '\\'" for column in columns) + ")",
                [pattern] * len(columns),
            )
        )
    return " AND ".join(part for part, _ in parts), [value for _, values in parts for value in values]


def _row(entry: Entry) -> tuple[object, ...]:
    person = entry.person
    return (
        entry.seq, micros(entry.at), entry.kind.value, entry.subject, entry.target, entry.text,
        person.user, person.origin, person.identity, person.host,
        entry.body, entry.claim, entry.holds, entry.releases, entry.previous, entry.hash,
    )  # fmt: skip


def _entry(row: Any) -> Entry:
    seq, at, kind, subject, target, text, user, origin, identity, host, *rest = row
    body, claim, holds, releases, previous, own = rest
    return Entry(
        seq=seq, at=moment(at), kind=EntryKind(kind), subject=subject, target=target, text=text,
        person=Person(user=user, origin=origin, identity=identity, host=host),
        body=body, claim=claim, holds=holds, releases=releases, previous=previous, hash=own,
    )  # fmt: skip
