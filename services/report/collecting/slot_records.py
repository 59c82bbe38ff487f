"""The records of occurrences as of a report's moment, read from the journal by their keys. Blocking I/O."""

from collections.abc import Iterable
from dataclasses import replace

from services.duties.progress import progress_of
from services.duties.records import KINDS, signature
from services.duties.states import NO_ENTRIES, OccurrenceRecord
from services.models.journal import Entry, EntryKind
from services.report.collecting.source import Source

_SIGNED = frozenset({EntryKind.SIGN_OFF, EntryKind.SKIPPED})


class SlotRecords:
    """Records and signatures by the key of the occurrence; what was not loaded is read when it is asked for."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._records: dict[str, OccurrenceRecord] = {}
        self._signatures: dict[str, Entry] = {}
        self._keys: set[str] = set()
        """Everything that was read."""

    def load(self, keys: Iterable[str]) -> None:
        """Read the records of these occurrences at once."""
        missing = set(keys) - self._keys
        if missing:
            entries = self._source.about(missing, KINDS)
            until = self._source.entries_until
            self._records |= records(entry for entry in entries if entry.at < until)
            self._signatures |= first_signatures(entries)
            self._keys |= missing

    def record(self, key: str) -> OccurrenceRecord:
        self.load([key])
        return self._records.get(key, NO_ENTRIES)

    def signature(self, key: str) -> Entry | None:
        """The entry that signs or skips the occurrence, whenever it was written."""
        self.load([key])
        return self._signatures.get(key)


def records(entries: Iterable[Entry]) -> dict[str, OccurrenceRecord]:
    """The record of each slot from `entries` (oldest first); the first sign-off and the newest plan count."""
    by_slot: dict[str, OccurrenceRecord] = {}
    progress: dict[str, list[Entry]] = {}
    for entry in entries:
        before = by_slot.get(entry.subject, NO_ENTRIES)
        if entry.kind in _SIGNED:
            if before.signed is None:
                skipped = entry.kind is EntryKind.SKIPPED
                by_slot[entry.subject] = replace(before, signed=signature(entry), skipped=skipped)
        elif entry.kind is EntryKind.PROGRESS:
            progress.setdefault(entry.subject, []).append(entry)
            by_slot[entry.subject] = replace(before, progress=progress_of(progress[entry.subject]))
        elif entry.kind in KINDS:
            planned = entry.kind is EntryKind.PLANNED
            by_slot[entry.subject] = replace(before, planned=planned, planned_seq=entry.seq)
    return by_slot


def first_signatures(entries: Iterable[Entry]) -> dict[str, Entry]:
    """The first entry that signs or skips each slot, by slot key."""
    signatures: dict[str, Entry] = {}
    for entry in entries:
        if entry.kind in _SIGNED:
            signatures.setdefault(entry.subject, entry)
    return signatures
