"""The writing side of a shared journal's local copy. Blocks, and must run in one thread, as `JournalWriter`."""

import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from datetime import datetime
from itertools import takewhile
from pathlib import Path
from typing import TypeVar

from services.journal.anchors.checkpoints import Syslog
from services.journal.chain import linked, row_of
from services.journal.linking.decisions import Here, is_here, next_entry
from services.journal.linking.records import Naming, Record, another_ledger
from services.journal.problems import UnusableJournal
from services.journal.reader import JournalReader
from services.journal.shared.local_copy import LateDraft, LocalCopy, is_copy_of
from services.journal.store import Store, indexed_words
from services.journal.writer import Head, JournalWriter, WriteDecision
from services.models.journal import NewEntry, Person

T = TypeVar("T")


class CopyWriter(JournalWriter):
    """One console's writer of the copy; several consoles of one person may share it."""

    def __init__(self, path: Path, syslog: Syslog | None, address: str) -> None:
        super().__init__(path, syslog)
        self.here = Here(address)
        self.journal = ""
        """The id of the ledger's journal, or of the copy while the ledger was not asked; "": not known yet."""

    def belong_to(self, naming: Naming) -> None:
        """Set the journal's id, as the ledger says, and open the copy, whose newest entry is the head from
        now on. Raises UnusableJournal for the copy of another journal."""
        journal = naming.journal
        if self.journal != journal and self.path.exists() and self._id_of_file() != journal:
            raise another_ledger()
        self.journal = journal
        self.here = self.here._replace(is_copied=naming.is_copied)
        self._use(lambda _copy: None)

    def use_existing(self) -> None:
        """Use the copy without having asked the ledger. Raises FileNotFoundError."""
        self.journal = self._id_of_file()

    def decide(self, draft: NewEntry, *, at: datetime, person: Person, nonce: str) -> WriteDecision:
        def decision(copy: LocalCopy) -> WriteDecision:
            recorded = copy.recorded(nonce)
            if recorded is not None:
                return WriteDecision(recorded, is_recorded=True)
            entry = next_entry(copy, draft, at=at, person=person, here=self.here)
            # Before it is in the ledger, where it would stop every copy.
            indexed_words(row_of(entry))
            return WriteDecision(entry)

        return self._use_copy(decision)

    def accept(self, records: Sequence[Record]) -> None:
        def accepted(copy: LocalCopy) -> None:
            arrives = not is_here(copy, self.here)
            copy.apply(_without_gaps(copy.head()[0], records) if arrives else records)
            self.head = Head(*copy.head())

        self._use_copy(accepted)
        self.send_checkpoint()

    def add_late(self, late: LateDraft) -> None:
        """Store a draft until the ledger answers. Raises UnusableJournal for one that no journal can store."""
        indexed_words(row_of(linked("", late.draft, seq=1, at=late.at, person=late.person, previous="")))
        self._use_copy(lambda copy: copy.add_late(late))

    def adopt_late(self) -> None:
        """Take over the drafts in this host's copies of the same journal at earlier places: nobody sends them there."""
        system = self.path.name.rsplit(".", 2)[0]
        names = (path for path in self.path.parent.glob("*.db") if path.name.rsplit(".", 2)[0] == system)
        for path in sorted(names):
            # They stay there as they are.
            with suppress(sqlite3.Error, OSError, UnusableJournal):
                if path != self.path and is_copy_of(path, self.journal):
                    with closing(LocalCopy(path, self.journal)) as earlier:
                        for late in earlier.late():
                            self.add_late(late)
                            earlier.remove_late(late.nonce)

    def late(self) -> list[LateDraft]:
        return self._use_copy(LocalCopy.late)

    def count_late(self) -> int:
        return self._use_copy(LocalCopy.count_late)

    def remove_late(self, nonce: str) -> None:
        self._use_copy(lambda copy: copy.remove_late(nonce))

    def _use_copy(self, work: Callable[[LocalCopy], T]) -> T:
        def with_copy(store: Store) -> T:
            assert isinstance(store, LocalCopy)
            return work(store)

        return self._use(with_copy)

    def _open(self) -> Store:
        return LocalCopy(self.path, self.journal)

    def _id_of_file(self) -> str:
        with closing(JournalReader.open(self.path)) as reader:
            return reader.id


def _without_gaps(last: int, records: Sequence[Record]) -> list[Record]:
    """The records up to the first gap: several entries are copied to a new ledger at the same time."""
    first = min(last + 1, records[0].row[0]) if records else 0
    following = takewhile(lambda numbered: numbered[0] == numbered[1].row[0], enumerate(records, first))
    return [record for _seq, record in following]
