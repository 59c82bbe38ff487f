"""What dates the occurrences that follow no rule, read from the journal alone: changes, follow-ups, resources
of AWS. Blocking I/O."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date, datetime, time, timedelta

from services.calendar.base_dates import ANCHOR, base_date_in
from services.calendar.business_days import usable
from services.calendar.calendar import Calendar
from services.changes.ages import Recorded
from services.changes.approval.entries import APPROVAL_KINDS
from services.changes.entries import CHANGE_KINDS
from services.changes.key_rotation.records import records_of
from services.changes.past.older_runs import OLDER as OLDER_RUNS
from services.changes.reverts import reverts, reverts_made
from services.changes.runs import aged, runs_from
from services.changes.sender import WINDOW_SECONDS
from services.duties.progress import progress_of
from services.duties.records import KINDS, RECENT, signature
from services.duties.states import NO_ENTRIES, OccurrenceRecord
from services.incidents.follow_ups import KEPT, follow_up_slots, follow_ups_in
from services.incidents.follow_ups import OLDER as OLDER_INCIDENTS
from services.journal.derived.lookup import planned_after, subjects_under
from services.journal.reader import JournalReader
from services.models.base import RawId
from services.models.change_runs import Run
from services.models.duties import BaseDate, ScheduledOccurrence
from services.models.journal import Entry, EntryKind
from services.models.runbook import Runbook
from services.report.collecting.source import ReportSource
from services.report.periods import Period, PeriodSpan

_SIGNED = frozenset({EntryKind.SIGN_OFF, EntryKind.SKIPPED})


class SlotRecords:
    """Records and signatures by the key of the occurrence; what was not loaded is read when it is asked for."""

    def __init__(self, source: ReportSource) -> None:
        self._source = source
        self._records: dict[str, OccurrenceRecord] = {}
        self._signatures: dict[str, Entry] = {}
        self._keys: set[str] = set()  # Everything that was read

    def load(self, keys: Iterable[str]) -> None:
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
    signatures: dict[str, Entry] = {}
    for entry in entries:
        if entry.kind in _SIGNED:
            signatures.setdefault(entry.subject, entry)
    return signatures


WINDOW = timedelta(seconds=WINDOW_SECONDS)
LATEST_REVERT = timedelta(days=62)
"""How long before the period a change may have been made whose revert, signed off since, is due in it."""


def runs_at(source: ReportSource) -> tuple[Run, ...]:
    return _runs(source, _run_subjects(source), source.entries_until, source.as_of)


def runs_since(source: ReportSource) -> tuple[Run, ...]:
    subjects = _run_subjects(source)
    oldest: dict[str, int] = {}
    for run in _runs(source, subjects, source.now, source.now):
        revert = run.plan.revert
        if revert is not None and source.period.holds(source.day_of(revert.at)):
            oldest[str(revert.target or run.plan.target.id)] = run.seq
    later = (planned_after(source.reader, target, seq) for target, seq in oldest.items())
    return _runs(source, subjects.union(*later), source.now, source.now)


def _run_subjects(source: ReportSource) -> set[str]:
    own = source.own(*CHANGE_KINDS, *APPROVAL_KINDS)
    recent = source.entries(EntryKind.PLAN, since=source.start - LATEST_REVERT, before=source.start)
    subjects = {entry.subject for entry in (*own, *recent)}
    subjects |= source.numbered(OLDER_RUNS.at(source.reader, source.last_seq, source.seq_before))
    return subjects - {""}


def _runs(
    source: ReportSource, subjects: Iterable[str], until: datetime, moment: datetime
) -> tuple[Run, ...]:
    entries = [entry for entry in source.about(subjects, CHANGE_KINDS) if entry.at < until]
    ages = Recorded(entries, moment, WINDOW)
    return tuple(aged(run, ages) for run in runs_from(entries))


def follow_up_entries(source: ReportSource) -> list[Entry]:
    """What was left to be done: in and shortly before the period, and what was not done when it began."""
    until = source.entries_until
    recent = source.entries(EntryKind.FOLLOW_UP, since=source.start - KEPT, before=until)
    subjects = source.numbered(OLDER_INCIDENTS.at(source.reader, source.last_seq, source.seq_before))
    older = source.about(subjects - {""}, [EntryKind.FOLLOW_UP])
    entries = {entry.seq: entry for entry in (*recent, *older) if entry.at < until}
    return [entries[seq] for seq in sorted(entries)]


def anchored_subjects(source: ReportSource) -> set[str]:
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
    """Base dates recovered from slot keys in the journal, which hold the resource id and the date. Only AWS
    knows these dates, and reports are made without asking AWS. `runs` say when a key was deactivated."""
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
            # Another day is none that a console has written.
            if id_and_day is not None and usable(id_and_day[1]):
                id, day = id_and_day
                at = datetime.combine(day - timedelta(days=int(spec[3])), time(), calendar.zone)
                until = disabled[id].at + after if id in disabled else None
                yield BaseDate(anchor=f"{spec[1]}:{spec[2]}", id=RawId(id), at=at, waits_until=until)


def recorded_dates(
    runbook: Runbook, calendar: Calendar, reader: JournalReader, first: date, last: date, now: datetime
) -> tuple[ScheduledOccurrence, ...]:
    """The occurrences from `first` to `last`, at most today, that follow no rule, as the journal alone dates
    them. Those that the reports of these days have, whatever became of them since. Raises sqlite3.Error,
    OSError, UnusableJournal. Reads for up to a second: call it in a thread."""
    last = min(last, calendar.day_of(now))
    if first > last:
        return ()
    source = ReportSource(reader, runbook, calendar, Period(PeriodSpan.MONTH, first, last), now)
    runs, zone, records = runs_since(source), calendar.zone, SlotRecords(source)
    base_dates = recovered_base_dates(runbook, calendar, anchored_subjects(source), runs)
    slots = (
        *reverts(runs, zone),
        *reverts_made(runs, zone, lambda key: records.signature(key) is not None),
        *follow_up_slots(follow_ups_in(follow_up_entries(source)), zone),
        *calendar.anchored(base_dates),
    )
    return tuple(slot for slot in slots if first <= slot.day <= last)
