from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from services.duties.entries import claim_of
from services.duties.progress import progress_of
from services.duties.states import NO_ENTRIES, OccurrenceRecord
from services.journal.derived.lookup import about, claimed
from services.journal.derived.older import Older
from services.journal.journal import Journal
from services.journal.projection import NONE, Projection
from services.models.duties import OccurrenceState, SignOff
from services.models.journal import Entry, EntryKind

KINDS = frozenset(
    {EntryKind.SIGN_OFF, EntryKind.SKIPPED, EntryKind.PROGRESS, EntryKind.PLANNED, EntryKind.UNPLANNED}
)
RECENT = timedelta(days=430)  # How far back a report looks for what was left open
MOST = 40_000
"""Number of occurrences above which the records of those that were not asked for lately are forgotten."""
LATELY = 8
"""Number of requests whose records are never forgotten: the view and a shown month must not drive out each other."""
UNDERWAY = Older(
    "duties-1",
    (EntryKind.PROGRESS,),
    """
    SELECT p.seq FROM candidates CROSS JOIN entries p ON p.seq = candidates.seq
    WHERE NOT EXISTS (SELECT 1 FROM entries s WHERE s.claim = 'sign-off:' || p.subject AND s.claim <> '' AND s.seq <= :signed)
    """,
)
"""The progress of occurrences that are not signed off, however old it is."""


class DutyRecords(Projection):
    """The records of those occurrences that were asked for, read from the journal by their keys."""

    older = UNDERWAY

    def __init__(self, journal: Journal, now: datetime) -> None:
        super().__init__(journal, dict.fromkeys(KINDS, NONE))
        self.began = now
        """When the journal began (UTC); the time of construction before it is read, and while it is empty."""
        self._records: dict[str, OccurrenceRecord] = {}
        self._progress: dict[str, dict[int, Entry]] = {}
        """The PROGRESS entries of each occurrence, by sequence number."""
        self._requests = 0
        self._read_keys: dict[str, int] = {}  # The number of the newest request for each record that was read
        self._ended: set[str] = set()
        """Keys of occurrences of which only that they are signed off or skipped was read."""

    def of(self, key: str) -> OccurrenceRecord:
        return self._records.get(key, NO_ENTRIES)

    @property
    def begun(self) -> set[str]:
        # Copied at once, as a thread asks while entries are absorbed.
        return {key for key in tuple(self._progress) if self.is_underway(key)}

    def is_read(self, key: str) -> bool:
        return self.started and key in self._read_keys

    def has_ended(self, key: str) -> bool:
        return key in self._ended or self.of(key).signed is not None

    def is_underway(self, key: str) -> bool:
        return key in self._progress and not self.has_ended(key)

    def unread(self, keys: Iterable[str]) -> set[str]:
        return {key for key in keys if key not in self._read_keys}

    async def load(self, keys: Iterable[str]) -> None:
        """Read the records of these occurrences. Raises JournalError."""
        missing = self._requested(keys)
        if not missing:
            return
        self.absorb(await self.journal.ask(lambda reader: about(reader, missing, KINDS)))
        if len(self._read_keys) + len(missing) > MOST:
            # What was looked at long ago is read again when it is asked for.
            since = self._requests - LATELY
            self._forget([key for key, request in self._read_keys.items() if request <= since])
        self._read_keys |= dict.fromkeys(missing, self._requests)
        self.version += 1

    async def load_open(self, keys: Iterable[str]) -> None:
        """Read of these occurrences which have ended, and the records of the others. Raises JournalError."""
        unknown = {claim_of(key): key for key in self._requested(keys) if not self.has_ended(key)}
        ended = await self.journal.ask(lambda reader: claimed(reader, unknown)) if unknown else set()
        self._ended.update(unknown[claim] for claim in ended)
        await self.load(key for claim, key in unknown.items() if claim not in ended)

    async def read(self, now: datetime) -> bool:
        if not self.started:
            first = await self.journal.entries(limit=1)
            self.began = min([self.began, *(entry.at for entry in first)])
        return await super().read(now)

    def needed(self) -> Iterator[int]:
        for key, entries in self._progress.items():
            if self.is_underway(key):
                yield from entries

    def _requested(self, keys: Iterable[str]) -> set[str]:
        self._requests += 1
        missing: set[str] = set()
        for key in keys:
            if key in self._read_keys:
                self._read_keys[key] = self._requests
            else:
                missing.add(key)
        return missing

    def _forget(self, keys: Iterable[str]) -> None:
        for key in keys:
            if not self.is_underway(key):
                self._records.pop(key, None)
                self._progress.pop(key, None)
                del self._read_keys[key]

    def apply(self, entry: Entry) -> bool:
        before = self.of(entry.subject)
        if entry.kind is EntryKind.PROGRESS:
            entries = self._progress.setdefault(entry.subject, {})
            entries[entry.seq] = entry
            after = replace(before, progress=progress_of(entries.values()))
        else:
            after = _with(before, entry)
        if after == before:
            return False
        self._records[entry.subject] = after
        return True


def _with(record: OccurrenceRecord, entry: Entry) -> OccurrenceRecord:
    if entry.kind in (EntryKind.PLANNED, EntryKind.UNPLANNED):
        if entry.seq <= record.planned_seq:
            return record
        return replace(record, planned=entry.kind is EntryKind.PLANNED, planned_seq=entry.seq)
    if record.signed is not None and record.signed.seq <= entry.seq:
        return record
    return replace(record, signed=signature(entry), skipped=entry.kind is EntryKind.SKIPPED)


def signature(entry: Entry) -> SignOff:
    data = entry.data
    states = {state.value: state for state in OccurrenceState}
    value = data.get("checked")
    return SignOff(
        by=entry.person.name,
        at=entry.at,
        note=" ".join(str(data.get("note", "")).split()),
        was=states.get(str(data.get("was")), OccurrenceState.DUE),
        seq=entry.seq,
        checked=tuple(str(text) for text in value) if isinstance(value, list) else None,
        evidence=_fields(data.get("evidence")),
    )


def _fields(value: Any) -> dict[str, str]:
    fields = value.items() if isinstance(value, dict) else ()
    return {str(id): str(text) for id, text in fields if str(text).strip()}
