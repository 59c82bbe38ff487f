"""Duty states of any day as of a report's moment, from the calendar and the journal, without AWS."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date, datetime, time, timedelta

from services.calendar.base_dates import ANCHOR, base_date_in
from services.calendar.calendar import Calendar
from services.changes.ages import Recorded
from services.changes.approval.entries import APPROVAL_KINDS
from services.changes.entries import CHANGE_KINDS
from services.changes.key_rotation.records import records_of
from services.changes.past.older_runs import OLDER as OLDER_RUNS
from services.changes.reverts import reverts
from services.changes.runs import aged, runs_from
from services.changes.sender import WINDOW_SECONDS
from services.duties.near import BACK, MISSED_BACK, is_carried
from services.duties.progress import in_language
from services.duties.records import KINDS, RECENT, UNDERWAY, signature
from services.duties.slots import ScheduleCache
from services.duties.states import occurrence_of
from services.incidents.follow_ups import FOLLOW_UP, follow_up_slots, follow_ups_in
from services.incidents.older_incidents import KEPT
from services.incidents.older_incidents import OLDER as OLDER_INCIDENTS
from services.journal.derived.lookup import subjects_under
from services.models.base import RawId
from services.models.change_runs import Run
from services.models.duties import BaseDate, Occurrence, ScheduledOccurrence, SignOff
from services.models.journal import Entry, EntryKind
from services.models.runbook import Duty, Runbook
from services.report.collecting.slot_records import SlotRecords
from services.report.collecting.source import DAY, Source

_REVERT = "revert@"
"""How the key of a revert begins; the id of the change follows."""
WINDOW = timedelta(seconds=WINDOW_SECONDS)
LATEST_REVERT = timedelta(days=62)
"""How long before the period a change may have been made whose revert, signed off since, is due in it."""


def counts(occurrence: Occurrence) -> bool:
    """Whether an occurrence had to be done; a duty that counts only when planned must be planned or signed."""
    return not occurrence.slot.if_planned or occurrence.planned or occurrence.signed is not None


class DutyStatesAt:
    """Occurrences and their states as of one moment."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._duties = {str(duty.id): duty for duty in source.runbook.duties}
        self._slots = SlotRecords(source)
        self._began = source.began()
        self.runs = runs_at(source)
        anchors = tuple(
            recovered_base_dates(source.runbook, source.calendar, _anchored_subjects(source), self.runs)
        )
        zone = source.calendar.zone
        follow_ups = tuple(follow_ups_in(_follow_up_entries(source)))
        self._follow_up_keys = {f"{FOLLOW_UP}{each.id}" for each in follow_ups}
        dated = (*reverts(self.runs, zone), *follow_up_slots(follow_ups, zone))
        self._slot_cache = ScheduleCache(source.calendar, lambda: anchors, lambda: dated)

    def between(self, first: date, last: date) -> list[Occurrence]:
        """Occurrences from `first` to `last` (local, inclusive), sorted by time."""
        return self._occurrences(self._slot_cache.between(first, last))

    def still_open(self, day: date) -> list[Occurrence]:
        """Unsigned occurrences of days before `day`: late ones, and those missed within the last 14 days."""
        ancient = [slot for slot in self._slot_cache.dated() if slot.day < day - BACK]
        underway = self._source.numbered(
            UNDERWAY.at(self._source.reader, self._source.last_seq, self._source.last_seq)
        )
        past = self._slot_cache.unfinished(
            day - BACK, day, self._source.as_of, missed_since=day - MISSED_BACK, begun=underway
        )
        unsigned = self._unsigned([*ancient, *past])
        return [each for each in map(self._occurrence, unsigned) if each.open and _carried(each, day)]

    def running(self, day: date) -> list[Occurrence]:
        """Unsigned occurrences that began earlier in the month and may still be done on `day`."""
        begun = self._slot_cache.between(day.replace(day=1), day - DAY)
        occurrences = self._occurrences(slot for slot in begun if slot.until >= day)
        return [each for each in occurrences if each.signed is None]

    def pending_reverts(self) -> dict[str, str]:
        """Who reverts each change that is still to be reverted, by the change's id: no duty for it is signed off."""
        return {
            slot.key.removeprefix(_REVERT): slot.remark
            for slot in self._unsigned(self._slot_cache.dated())
            if slot.key.startswith(_REVERT)
        }

    def follow_ups_done(self) -> dict[str, datetime]:
        """When each follow-up's duty was signed off or skipped by the report's moment, by its key."""
        self._slots.load(self._follow_up_keys)
        signatures = ((key, self._slots.signature(key)) for key in self._follow_up_keys)
        return {
            key: entry.at
            for key, entry in signatures
            if entry is not None and entry.at < self._source.entries_until
        }

    def dateless(self) -> list[Duty]:
        """Duties dated by AWS for which the journal holds no open date."""
        dated = {slot.duty for slot in self._unsigned(self._slot_cache.dated())}
        return [duty for duty in self._duties.values() if duty.anchor and duty.id not in dated]

    def signature_of(self, key: str) -> Entry | None:
        """The entry that signs or skips a slot, whenever it was written."""
        return self._slots.signature(key)

    def signed_after(self, key: str) -> SignOff | None:
        """The slot's sign-off if it was made after the report's moment."""
        entry = self._slots.signature(key)
        return signature(entry) if entry is not None and entry.at >= self._source.entries_until else None

    def wrote(self, key: str) -> bool:
        """Whether the slot's sign-off holds checked items or evidence."""
        entry = self._slots.signature(key)
        return entry is not None and bool(entry.data.get("evidence") or entry.data.get("checked"))

    def duty(self, id: str) -> Duty | None:
        """The runbook's duty with this id; None if there is none."""
        return self._duties.get(id)

    def _unsigned(self, slots: Iterable[ScheduledOccurrence]) -> list[ScheduledOccurrence]:
        slots = tuple(slots)
        self._slots.load(slot.key for slot in slots)
        return [slot for slot in slots if self._slots.record(slot.key).signed is None]

    def _occurrences(self, slots: Iterable[ScheduledOccurrence]) -> list[Occurrence]:
        slots = tuple(slots)
        self._slots.load(slot.key for slot in slots)
        return [self._occurrence(slot) for slot in slots]

    def _occurrence(self, slot: ScheduledOccurrence) -> Occurrence:
        duty = self._duties.get(slot.duty)
        # Anchored duties and reverts are known from the journal itself, so its beginning does not limit them.
        began = self._began if duty is not None and not duty.anchor else None
        record = self._slots.record(slot.key)
        occurrence = occurrence_of(slot, record, self._source.as_of, began)
        if record.progress is None:
            return occurrence
        return replace(occurrence, progress=in_language(record.progress, duty))


def runs_at(source: Source) -> tuple[Run, ...]:
    """The change runs of the period and those that still mattered in it, as of the report's moment, newest first."""
    own = source.own(*CHANGE_KINDS, *APPROVAL_KINDS)
    since = source.start - LATEST_REVERT
    recent = source.entries(EntryKind.PLAN, since=since, before=source.start)
    subjects = {entry.subject for entry in (*own, *recent)}
    subjects |= source.numbered(OLDER_RUNS.at(source.reader, source.last_seq, source.seq_before))
    every = source.about(subjects - {""}, CHANGE_KINDS)
    entries = [entry for entry in every if entry.at < source.entries_until]
    ages = Recorded(entries, source.as_of, WINDOW)
    return tuple(aged(run, ages) for run in runs_from(entries))


def _follow_up_entries(source: Source) -> list[Entry]:
    """What was left to be done: in and shortly before the period, and what was not done when it began."""
    until = source.entries_until
    recent = source.entries(EntryKind.FOLLOW_UP, since=source.start - KEPT, before=until)
    subjects = source.numbered(OLDER_INCIDENTS.at(source.reader, source.last_seq, source.seq_before))
    older = source.about(subjects - {""}, [EntryKind.FOLLOW_UP])
    entries = {entry.seq: entry for entry in (*recent, *older) if entry.at < until}
    return [entries[seq] for seq in sorted(entries)]


def _anchored_subjects(source: Source) -> set[str]:
    """The keys of occurrences that are dated by a resource, as far as something was recorded of them."""
    since = source.start - RECENT
    return {
        subject
        for duty in source.runbook.duties
        if duty.anchor
        for subject in subjects_under(source.reader, f"{duty.id}:", [*KINDS, EntryKind.LOOKING], since)
    }


def recovered_base_dates(
    runbook: Runbook, calendar: Calendar, keys: Iterable[str], runs: Iterable[Run] = ()
) -> Iterator[BaseDate]:
    """Base dates recovered from slot keys in the journal, which hold the resource id and the date.

    Only AWS knows these dates, and reports are made without asking AWS. `runs` say when a key was deactivated.
    """
    settings, runs = runbook.access_keys, tuple(runs)
    after = timedelta(days=settings.delete_after_days if settings else 0)
    subjects = sorted(keys)
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
    return occurrence.slot.until < day and is_carried(occurrence, day)
