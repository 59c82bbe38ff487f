"""What the journal records of occurrences, by their keys."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from services.duties.progress import progress_of
from services.duties.states import NO_ENTRIES, OccurrenceRecord
from services.journal.journal import Journal
from services.journal.projection import Projection
from services.models.duties import OccurrenceState, SignOff
from services.models.journal import Entry, EntryKind, EntryQuery

KINDS = frozenset(
    {EntryKind.SIGN_OFF, EntryKind.SKIPPED, EntryKind.PROGRESS, EntryKind.PLANNED, EntryKind.UNPLANNED}
)
RECENT = timedelta(days=430)
"""How far back entries are read at first. Older ones follow; until then only months long past are incomplete."""


class DutyRecords(Projection):
    """The record of each occurrence; incomplete until `started`."""

    def __init__(self, journal: Journal, now: datetime) -> None:
        super().__init__(journal, dict.fromkeys(KINDS, RECENT))
        self.began = now
        """When the journal began (UTC); the time of construction before it is read, and while it is empty."""
        self._records: dict[str, OccurrenceRecord] = {}
        self._progress: dict[str, dict[int, Entry]] = {}
        """The PROGRESS entries of each occurrence, by sequence number."""
        self._older: EntryQuery | None = None
        """Query of the older entries, for the second read; None: not to be made."""

    def of(self, key: str) -> OccurrenceRecord:
        """The record of an occurrence."""
        return self._records.get(key, NO_ENTRIES)

    @property
    def begun(self) -> set[str]:
        """Keys of the occurrences that a person has begun and nobody has signed off or skipped."""
        return {key for key in self._progress if self.of(key).signed is None}

    async def read(self, now: datetime) -> bool:
        """Read new entries; the first call reads the recent ones, the second the older ones."""
        if not self.started:
            first = await self.journal.entries(limit=1)
            self.began = min([self.began, *(entry.at for entry in first)])
            self._older = EntryQuery(kinds=KINDS, before=now - RECENT)
        elif self._older is not None:
            await self.absorb_all(self._older)
            self._older = None
        return await super().read(now)

    def apply(self, entry: Entry) -> bool:
        """Add an entry to the record of its occurrence."""
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
    """The sign-off in a SIGN_OFF or SKIPPED entry."""
    data = entry.data
    states = {state.value: state for state in OccurrenceState}
    return SignOff(
        by=entry.person.name,
        at=entry.at,
        note=" ".join(str(data.get("note", "")).split()),
        was=states.get(str(data.get("was")), OccurrenceState.DUE),
        seq=entry.seq,
        checked=_texts(data.get("checked")),
        evidence=_fields(data.get("evidence")),
    )


def _texts(value: Any) -> tuple[str, ...] | None:
    return tuple(str(text) for text in value) if isinstance(value, list) else None


def _fields(value: Any) -> dict[str, str]:
    fields = value.items() if isinstance(value, dict) else ()
    return {str(id): str(text) for id, text in fields if str(text).strip()}
