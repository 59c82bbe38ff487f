"""Duty states of any day as of a report's moment, from the calendar and the journal, without AWS."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date, datetime, time, timedelta

from services.calendar.base_dates import ANCHOR, base_date_in
from services.calendar.calendar import Calendar
from services.changes.ages import Recorded
from services.changes.entries import CHANGE_KINDS
from services.changes.key_rotation.records import records_of
from services.changes.reverts import reverts
from services.changes.runs import aged, runs_from
from services.changes.sender import WINDOW_SECONDS
from services.duties.near import BACK, MISSED_BACK
from services.duties.progress import in_language, progress_of
from services.duties.records import KINDS, RECENT, signature
from services.duties.slots import ScheduleCache
from services.duties.states import NO_ENTRIES, OccurrenceRecord, occurrence_of
from services.incidents.follow_ups import FOLLOW_UP, follow_up_slots, follow_ups_in
from services.models.base import RawId
from services.models.change_runs import Run
from services.models.duties import BaseDate, Occurrence, OccurrenceState, ScheduledOccurrence, SignOff
from services.models.journal import Entry, EntryKind
from services.models.runbook import Duty, Runbook
from services.report.collecting.source import DAY, Source

_SIGNED = frozenset({EntryKind.SIGN_OFF, EntryKind.SKIPPED})
_REVERT = "revert@"
"""How the key of a revert begins; the id of the change follows."""
WINDOW = timedelta(seconds=WINDOW_SECONDS)


def counts(occurrence: Occurrence) -> bool:
    """Whether an occurrence had to be done; a duty that counts only when planned must be planned or signed."""
    return not occurrence.slot.if_planned or occurrence.planned or occurrence.signed is not None


class DutyStatesAt:
    """Occurrences and their states as of one moment."""

    def __init__(self, source: Source) -> None:
        since = source.start - RECENT
        signed = source.entries(*KINDS, since=since)
        claims = [
            entry
            for duty in source.runbook.duties
            if duty.anchor
            for entry in source.entries(EntryKind.LOOKING, since=since, target=duty.id)
        ]
        self._source = source
        self._duties = {str(duty.id): duty for duty in source.runbook.duties}
        self._records = records(entry for entry in signed if entry.at < source.entries_until)
        self._signatures = first_signatures(signed)
        self._began = source.began()
        self.runs = runs_at(source)
        entries = [*signed, *claims]
        anchors = tuple(recovered_base_dates(source.runbook, source.calendar, entries, self.runs))
        zone = source.calendar.zone
        follow_ups = source.entries(EntryKind.FOLLOW_UP, before=source.entries_until)
        dated = (*reverts(self.runs, zone), *follow_up_slots(follow_ups_in(follow_ups), zone))
        self._slot_cache = ScheduleCache(source.calendar, lambda: anchors, lambda: dated)

    def between(self, first: date, last: date) -> list[Occurrence]:
        """Occurrences from `first` to `last` (local, inclusive), sorted by time."""
        return [self._occurrence(slot) for slot in self._slot_cache.between(first, last)]

    def still_open(self, day: date) -> list[Occurrence]:
        """Unsigned occurrences of days before `day`: late ones, and those missed within the last 14 days."""
        ancient = [slot for slot in self._slot_cache.dated() if slot.day < day - BACK]
        before = [*ancient, *self._slot_cache.between(day - BACK, day - DAY)]
        occurrences = (self._occurrence(slot) for slot in before if self._record(slot.key).signed is None)
        return [each for each in occurrences if each.open and _carried(each, day)]

    def running(self, day: date) -> list[Occurrence]:
        """Unsigned occurrences that began earlier in the month and may still be done on `day`."""
        begun = self._slot_cache.between(day.replace(day=1), day - DAY)
        occurrences = [self._occurrence(slot) for slot in begun if slot.until >= day]
        return [each for each in occurrences if each.signed is None]

    def pending_reverts(self) -> dict[str, str]:
        """Who reverts each change that is still to be reverted, by the change's id: no duty for it is signed off."""
        return {
            slot.key.removeprefix(_REVERT): slot.remark
            for slot in self._slot_cache.dated()
            if slot.key.startswith(_REVERT) and self._record(slot.key).signed is None
        }

    def follow_ups_done(self) -> dict[str, datetime]:
        """When each follow-up's duty was signed off or skipped by the report's moment, by its key."""
        return {
            key: entry.at
            for key, entry in self._signatures.items()
            if key.startswith(FOLLOW_UP) and entry.at < self._source.entries_until
        }

    def dateless(self) -> list[Duty]:
        """Duties dated by AWS for which the journal holds no open date."""
        dated = {slot.duty for slot in self._slot_cache.dated() if self._record(slot.key).signed is None}
        return [duty for duty in self._duties.values() if duty.anchor and duty.id not in dated]

    def signature_of(self, key: str) -> Entry | None:
        """The entry that signs or skips a slot, whenever it was written."""
        return self._signatures.get(key)

    def signed_after(self, key: str) -> SignOff | None:
        """The slot's sign-off if it was made after the report's moment."""
        entry = self._signatures.get(key)
        return signature(entry) if entry is not None and entry.at >= self._source.entries_until else None

    def wrote(self, key: str) -> bool:
        """Whether the slot's sign-off holds checked items or evidence."""
        entry = self._signatures.get(key)
        return entry is not None and bool(entry.data.get("evidence") or entry.data.get("checked"))

    def duty(self, id: str) -> Duty | None:
        """The runbook's duty with this id; None if there is none."""
        return self._duties.get(id)

    def _record(self, key: str) -> OccurrenceRecord:
        return self._records.get(key, NO_ENTRIES)

    def _occurrence(self, slot: ScheduledOccurrence) -> Occurrence:
        duty = self._duties.get(slot.duty)
        # Anchored duties and reverts are known from the journal itself, so its beginning does not limit them.
        began = self._began if duty is not None and not duty.anchor else None
        record = self._record(slot.key)
        occurrence = occurrence_of(slot, record, self._source.as_of, began)
        if record.progress is None:
            return occurrence
        return replace(occurrence, progress=in_language(record.progress, duty))


def runs_at(source: Source) -> tuple[Run, ...]:
    """Every change run as of the report's moment, newest first."""
    entries = source.entries(*CHANGE_KINDS, before=source.entries_until)
    ages = Recorded(entries, source.as_of, WINDOW)
    return tuple(aged(run, ages) for run in runs_from(entries))


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


def recovered_base_dates(
    runbook: Runbook, calendar: Calendar, entries: Iterable[Entry], runs: Iterable[Run] = ()
) -> Iterator[BaseDate]:
    """Base dates recovered from slot keys in the journal, which hold the resource id and the date.

    Only AWS knows these dates, and reports are made without asking AWS. `runs` say when a key was deactivated.
    """
    settings, runs = runbook.access_keys, tuple(runs)
    after = timedelta(days=settings.delete_after_days if settings else 0)
    subjects = sorted({entry.subject for entry in entries})
    for duty in runbook.duties:
        spec = ANCHOR.fullmatch(duty.anchor)
        if spec is None:
            continue
        disabled = records_of(runs, spec[2]).deactivated
        for subject in subjects:
            id_and_day = base_date_in(subject, f"{duty.id}:")
            if id_and_day is not None:
                id, day = id_and_day
                at = datetime.combine(day - timedelta(days=int(spec[3])), time(), calendar.zone)
                until = disabled[id].at + after if id in disabled else None
                yield BaseDate(anchor=f"{spec[1]}:{spec[2]}", id=RawId(id), at=at, waits_until=until)


def _carried(occurrence: Occurrence, day: date) -> bool:
    if occurrence.slot.until >= day:
        return False
    recent = occurrence.slot.until >= day - MISSED_BACK
    return occurrence.state is not OccurrenceState.MISSED or occurrence.underway or recent
