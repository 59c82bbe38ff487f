"""Duty states of any day as of a report's moment, from the calendar and the journal, without AWS."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime

from services.changes.reverts import reverts, reverts_made
from services.duties.near import BACK, MISSED_BACK, is_carried
from services.duties.progress import in_language
from services.duties.records import UNDERWAY, signature
from services.duties.slots import ScheduleCache
from services.duties.states import occurrence_of
from services.incidents.follow_ups import FOLLOW_UP, follow_up_slots, follow_ups_in
from services.models.duties import Occurrence, ScheduledOccurrence, SignOff
from services.models.journal import Entry
from services.models.runbook import Duty
from services.report.collecting.dated_slots import (
    SlotRecords,
    anchored_subjects,
    follow_up_entries,
    recovered_base_dates,
    runs_at,
)
from services.report.collecting.source import DAY, ReportSource

_REVERT = "revert@"  # How the key of a revert begins; the id of the change follows


def counts(occurrence: Occurrence) -> bool:
    """Whether an occurrence had to be done; a duty that counts only when planned must be planned or signed."""
    return not occurrence.slot.if_planned or occurrence.planned or occurrence.signed is not None


class DutyStatesAt:
    def __init__(self, source: ReportSource) -> None:
        self._source = source
        self._duties = {str(duty.id): duty for duty in source.runbook.duties}
        self._slots = SlotRecords(source)
        self._began = source.began()
        self.runs = runs_at(source)
        anchors = tuple(
            recovered_base_dates(source.runbook, source.calendar, anchored_subjects(source), self.runs)
        )
        zone = source.calendar.zone
        follow_ups = tuple(follow_ups_in(follow_up_entries(source)))
        self._follow_up_keys = {f"{FOLLOW_UP}{each.id}" for each in follow_ups}
        past = reverts_made(self.runs, zone, lambda key: self._slots.record(key).signed is not None)
        self._reverted = {slot.key for slot in past}
        """Reverts that took place, and that a later change has made."""
        dated = (*reverts(self.runs, zone), *past, *follow_up_slots(follow_ups, zone))
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
        occurrences = (self._occurrence(slot) for slot in unsigned if slot.key not in self._reverted)
        return [each for each in occurrences if each.open and each.slot.until < day and is_carried(each, day)]

    def running(self, day: date) -> list[Occurrence]:
        begun = self._slot_cache.between(day.replace(day=1), day - DAY)
        occurrences = self._occurrences(slot for slot in begun if slot.until >= day)
        return [each for each in occurrences if each.signed is None]

    def pending_reverts(self) -> dict[str, str]:
        return {
            slot.key.removeprefix(_REVERT): slot.remark
            for slot in self._unsigned(self._slot_cache.dated())
            if slot.key.startswith(_REVERT) and slot.key not in self._reverted
        }

    def follow_ups_done(self) -> dict[str, datetime]:
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
        return self._slots.signature(key)

    def signed_after(self, key: str) -> SignOff | None:
        entry = self._slots.signature(key)
        return signature(entry) if entry is not None and entry.at >= self._source.entries_until else None

    def wrote(self, key: str) -> bool:
        entry = self._slots.signature(key)
        return entry is not None and bool(entry.data.get("evidence") or entry.data.get("checked"))

    def duty(self, id: str) -> Duty | None:
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
