"""Every method blocks and must run in the same thread. Raises UnusableJournal, sqlite3.Error and OSError."""

import sqlite3
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import NamedTuple, TypeVar

from services.i18n import _
from services.journal import files
from services.journal.anchors.checkpoints import Syslog, checkpoint_of, line_of
from services.journal.chain import NOTHING
from services.journal.derived.saved import Saved
from services.journal.linking.decisions import FILE, check_here, next_entry
from services.journal.linking.records import Record
from services.journal.problems import UnusableJournal, another, damaged, file_is_gone, is_damage
from services.journal.reader import Row
from services.journal.store import Store
from services.models.journal import Entry, NewEntry, Person

T = TypeVar("T")


class Head(NamedTuple):
    seq: int = 0
    hash: str = NOTHING


class WriteDecision(NamedTuple):
    entry: Entry
    is_recorded: bool = False  # An earlier attempt has recorded it: nothing needs to be stored


class JournalWriter:
    """One console's writer; remembers the journal's id and head when the file has to be reopened."""

    def __init__(self, path: Path, syslog: Syslog | None) -> None:
        self.path = path
        self.here = FILE  # Where the entries are stored
        self.id = ""  # The journal's id; "" before the first opening
        self.head = Head()  # The newest known entry
        self.checkpoint_seq = 0  # The newest entry whose hash was sent to syslog
        self.checkpoint_problem = ""
        self._syslog = syslog
        self._store: Store | None = None
        self._file = (0, 0)
        self.damage: Exception | None = None
        """Why nothing is written until the console is restarted; None while the file is intact."""

    def try_out(self) -> None:
        self._use(self._probe)
        self.send_checkpoint()

    def check_here(self) -> None:
        self._use(lambda store: check_here(store, self.here))

    def _probe(self, store: Store) -> None:
        store.probe()
        check_here(store, self.here)

    def decide(self, draft: NewEntry, *, at: datetime, person: Person, nonce: str) -> WriteDecision:
        """What the draft becomes after the newest entry. Also raises AlreadyRecorded and HeldByAnother.
        `nonce` identifies the draft, which an earlier attempt may have recorded."""
        return WriteDecision(self._use(lambda store: next_entry(store, draft, at=at, person=person)))

    def put(self, row: Row) -> Row | None:
        """Store the entry durably if its number is free, then send its hash to syslog. Returns None if
        stored, else the row that has the number."""
        standing = self._use(lambda store: store.put(row))
        if standing is None:
            self.head = Head(row[0], row[-1])
            self.send_checkpoint()
        return standing

    def accept(self, records: Sequence[Record]) -> None:
        """Take over what the ledger contains; a file is the ledger itself."""

    def remember(self, name: str, saved: Saved) -> bool:
        """Save what is derived from the journal, unless something newer is saved."""
        return self._use(lambda store: store.remember(name, saved))

    def send_checkpoint(self) -> None:
        """Send the newest hash to syslog unless it has been sent."""
        if self._syslog is None or self.checkpoint_seq >= self.head.seq:
            return
        self.checkpoint_problem = self._syslog.send(line_of(checkpoint_of(self.id, *self.head, self.path)))
        if not self.checkpoint_problem:
            self.checkpoint_seq = self.head.seq

    def stop_writing(self, damage: Exception) -> None:
        """Stop writing, because a reader has found the file damaged."""
        self.damage = self.damage or damage
        self.close()

    def close(self) -> None:
        if self._store is not None:
            store, self._store = self._store, None
            store.close()
        if self._syslog is not None:
            self._syslog.close()

    def _use(self, work: Callable[[Store], T]) -> T:
        if self.damage is not None:
            raise self.damage.with_traceback(None) if isinstance(self.damage, UnusableJournal) else damaged()
        try:
            store = self._opened()
            self._compare(store)
            return work(store)
        except (sqlite3.Error, OSError, UnusableJournal) as error:
            self.damage = error if is_damage(error) else None
            # The connection may be the cause, unless it was only waiting for another writer.
            if getattr(error, "sqlite_errorcode", 0) & 0xFF != sqlite3.SQLITE_BUSY:
                self.close()
            raise

    def _opened(self) -> Store:
        if self._store is None:
            if self.id and not self.path.exists():
                raise file_is_gone()
            store = self._open()
            if self.id and store.id != self.id:
                store.close()
                raise another()
            self._store, self.id, self._file = store, store.id, files.which(self.path)
        elif files.which(self.path) != self._file:
            # Entries written to a file that no longer has this name would be lost.
            raise file_is_gone()
        else:
            # The file may have been emptied, and the -wal file alone is not a journal.
            files.check(self.path)
        return self._store

    def _open(self) -> Store:
        return Store(self.path)

    def _compare(self, store: Store) -> None:
        """Check that the newest known entry still exists; a journal only grows."""
        if store.hash_at(self.head.seq) != self.head.hash:
            raise UnusableJournal(
                _("Entries that were in the journal a moment ago are missing or altered."),
                _("Keep {path} as it is, and run: toban journal verify"),
                damage=True,
            )
        self.head = Head(*store.head())
