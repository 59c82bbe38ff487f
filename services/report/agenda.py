import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Literal

from services.calendar.calendar import Calendar
from services.duties.slots import ScheduleCache
from services.duties.states import NO_ENTRIES, occurrence_of
from services.i18n import _
from services.journal.problems import UnusableJournal, problem_of
from services.journal.reader import JournalReader
from services.models.base import Clean, Model
from services.models.duties import Day, Occurrence
from services.models.runbook import Duty, Runbook
from services.report.collecting.duty_states import DutyStatesAt
from services.report.collecting.source import DAY, ReportSource
from services.report.periods import Period, PeriodSpan

VERSION: Literal[1] = 1
_OccurrencesBetween = Callable[[date, date], list[Occurrence]]


class Agenda(Model):
    """A range of days with their duties, as printed by `toban duties --json`."""

    version: Literal[1] = VERSION
    """Schema version; adding a field does not change it."""
    system: Clean
    """The system's id in the runbook."""
    system_title: Clean
    """The system's name."""
    timezone: str
    """The time zone that the dates refer to."""
    first: date
    """The first day."""
    last: date
    """The last day."""
    made_at: datetime
    """The moment for which the duty states hold (UTC)."""
    journal_read: bool
    """Whether the states come from the journal; without it, the states of past duties are unknown."""
    days: tuple[Day, ...]
    """Every day in the range with its occurrences sorted by time; those without a time come first."""
    remarks: tuple[Clean, ...] = ()
    """Why the journal could not be read, and which duties have no known date."""

    @property
    def occurrences(self) -> tuple[Occurrence, ...]:
        return tuple(each for day in self.days for each in day.occurrences)


def agenda(runbook: Runbook, journal: Path, first: date, last: date, now: datetime) -> Agenda:
    """The agenda from `first` to `last` (local, inclusive) as of `now` (aware). If the journal cannot be
    read, the agenda holds only the calendar, and a remark says so."""
    calendar = Calendar(runbook)
    try:
        with closing(JournalReader.open(journal)) as reader:
            # The span reaches up to today, because even a past day shows its duties' current state.
            today = calendar.day_of(now)
            span = Period(PeriodSpan.DAY, min(first, today), max(last, today))
            duty_states = DutyStatesAt(ReportSource(reader, runbook, calendar, span, now))
            between, dateless = (duty_states.between, duty_states.dateless())
            return _agenda(runbook, calendar, first, last, now, between, dateless)
    except (sqlite3.Error, OSError, UnusableJournal) as error:
        problem = problem_of(error, journal, now)
        dateless = [duty for duty in runbook.duties if duty.anchor]
        unrecorded = _agenda(runbook, calendar, first, last, now, _by_rules(calendar, now), dateless)
        unread = _("Without the journal the state of due duties is not known: {why}", why=problem.summary)
        return unrecorded.model_copy(update={"journal_read": False, "remarks": (unread, *unrecorded.remarks)})


def _by_rules(calendar: Calendar, now: datetime) -> _OccurrencesBetween:
    schedule = ScheduleCache(calendar, tuple, tuple)

    def between(first: date, last: date) -> list[Occurrence]:
        return [occurrence_of(slot, NO_ENTRIES, now, read=False) for slot in schedule.between(first, last)]

    return between


def _agenda(
    runbook: Runbook,
    calendar: Calendar,
    first: date,
    last: date,
    now: datetime,
    between: _OccurrencesBetween,
    dateless: list[Duty],
) -> Agenda:
    days: dict[date, list[Occurrence]] = {
        first + timedelta(days=number): [] for number in range((last - first) // DAY + 1)
    }
    for occurrence in between(first, last):
        days[occurrence.slot.day].append(occurrence)
    open_days = calendar.open_days
    remark = _("{title}: its date depends on AWS ({anchor}) and is not in the journal.")
    return Agenda(
        system=runbook.system.id,
        system_title=runbook.system.title,
        timezone=runbook.system.timezone,
        first=first,
        last=last,
        made_at=now,
        journal_read=True,
        days=tuple(
            Day(
                day=day,
                is_open=open_days.is_open(day),
                closed_name=open_days.closed_name(day),
                holiday=bool(open_days.holiday(day)),
                occurrences=tuple(occurrences),
            )
            for day, occurrences in days.items()
        ),
        remarks=tuple(remark.format(title=duty.title, anchor=duty.anchor) for duty in dateless),
    )
