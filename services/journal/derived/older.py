"""Which entries a projection needs from before its span: those of what is open, however old. They are found
by a query, from the entry on up to which an earlier start has saved them. What is saved is a list of entry
numbers, so the entries themselves always come from the journal."""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Protocol, TypeVar

from services.journal.derived.lookup import entries_of
from services.journal.derived.saved import Saved, nothing_saved, recall
from services.journal.reader import JournalReader
from services.models.journal import Entry, EntryKind

T = TypeVar("T")

APART = 1000  # Number of entries after which it is saved anew
_SEQS = """
WITH candidates (seq) AS (
  SELECT value FROM json_each(:saved) {new}
)
SELECT seq FROM ({statement}) WHERE seq IS NOT NULL
"""
# All of them are newer than those that were saved, so none comes twice.
_NEW = "UNION ALL SELECT seq FROM entries WHERE kind IN ({kinds}) AND seq > max(:after, ifnull(({since}), 0)) AND seq <= :until"
_EARLIER = """
SELECT seq FROM entries WHERE kind IN ({kinds}) AND seq <= :until ORDER BY seq DESC LIMIT 1 OFFSET :count
"""


class DerivedStore(Protocol):
    """The part of a journal that is read here: its entries and what is saved beside them."""

    async def ask(self, work: Callable[[JournalReader], T]) -> T:
        """The result of `work`, which reads the file. Raises JournalError."""

    async def remember(self, name: str, saved: Saved) -> None:
        """Save what was derived under `name`, as far as it can be written."""


@dataclass(frozen=True)
class Older:
    name: str  # Under which their numbers are saved; change it with the meaning of `statement`
    kinds: tuple[EntryKind, ...]  # The kinds whose entries are candidates
    statement: str
    """SQL for the numbers of the entries up to `:until` that may matter: all that do, and few others. It
    chooses among `candidates (seq)`: those saved before, and the entries of `kinds` after them. What does not
    matter must not come to matter by later entries. Signatures (of occurrences) after `:signed` do not
    count."""
    since: str = "0"  # SQL for a number up to which no entry up to `:until` matters
    at_first: int | None = None
    """How many candidates, the newest ones, the first read looks at while nothing is saved; None: all. Give
    it for one kind, and only where the projection waits for the rest before it answers from what it lacks."""

    async def read(self, journal: DerivedStore, until: int) -> tuple[list[Entry], bool]:
        """Up to number `until`, oldest first, without large bodies; and whether these are all. Raises JournalError."""
        return await journal.ask(partial(self._read, until=until))

    async def save(
        self, journal: DerivedStore, newest: Entry, needed: Iterable[int], *, is_all: bool = True
    ) -> None:
        """Save which entries are needed of those up to `newest`, unless that was saved lately and lacks none.
        `is_all`: whether none was left out, as `read` says."""
        name = self.name if is_all else self._name_of_newest
        saved = await journal.ask(partial(recall, name=name))
        seqs = sorted({seq for seq in needed if 0 < seq <= newest.seq})
        if saved is None or newest.seq - saved.seq >= APART or _lacks(saved, seqs):
            await journal.remember(name, Saved(newest.seq, newest.hash, seqs))

    def seqs(self, reader: JournalReader, until: int) -> list[int]:
        """The numbers of the entries that may matter up to number `until`. Blocks."""
        return self._query(reader, _recall(reader, self.name, until), until, until)

    def at(self, reader: JournalReader, until: int, signed: int) -> list[int]:
        """As `seqs`, as it was at an earlier time, when signatures up to number `signed` existed. Blocks."""
        return self._query(reader, nothing_saved(), until, signed)

    def _query(self, reader: JournalReader, saved: Saved, until: int, signed: int) -> list[int]:
        new = _NEW.format(kinds=self._kinds, since=self.since) if self.kinds else ""
        text = _SEQS.format(new=new, statement=self.statement)
        numbers = json.dumps(sorted({seq for seq in saved.content or [] if seq <= saved.seq}))
        rows = reader.query(text, {"after": saved.seq, "saved": numbers, "until": until, "signed": signed})
        return sorted({int(seq) for (seq,) in rows})

    def _read(self, reader: JournalReader, until: int) -> tuple[list[Entry], bool]:
        saved, left_out = _recall(reader, self.name, until), 0
        if not saved.seq and self.at_first is not None:
            left_out = self._before_newest(reader, until, self.at_first)
            if left_out:
                saved = _recall(reader, self._name_of_newest, until)
                saved = saved._replace(seq=max(saved.seq, left_out))
        return entries_of(reader, self._query(reader, saved, until, until)), not left_out

    @property
    def _name_of_newest(self) -> str:
        """Under which those are saved that matter among the newest candidates alone."""
        return f"{self.name}-newest"

    def _before_newest(self, reader: JournalReader, until: int, count: int) -> int:
        text = _EARLIER.format(kinds=self._kinds)
        rows = reader.query(text, {"until": until, "count": count})
        return int(rows[0][0]) if rows else 0

    @property
    def _kinds(self) -> str:
        return ", ".join(f"'{kind.value}'" for kind in self.kinds)


def _recall(reader: JournalReader, name: str, until: int) -> Saved:
    saved = recall(reader, name)
    if saved is None or saved.seq > until or not _are_numbers(saved.content):
        return nothing_saved()
    return saved


def _lacks(saved: Saved, seqs: Iterable[int]) -> bool:
    numbers = saved.content if _are_numbers(saved.content) else []
    return not {seq for seq in seqs if seq <= saved.seq}.issubset(numbers)


def _are_numbers(content: object) -> bool:
    return isinstance(content, list) and all(type(seq) is int for seq in content)
