"""The duties of some days without AWS: the runbook's calendar, with what the journal says of each. Blocks."""

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
from services.report.collecting.source import DAY, Source
from services.report.periods import Period, Span

VERSION: Literal[1] = 1
_Held = Callable[[date, date], list[Occurrence]]


class Agenda(Model):
    """Some days and what is to be done on them. `toban duties --json` prints it."""

    version: Literal[1] = VERSION
    """Of this grammar; fields are added without a new one."""
    system: Clean
    """The system's id in the runbook."""
    system_title: Clean
    """Its name."""
    timezone: str
    """In which days are counted."""
    first: date
    """The first day."""
    last: date
    """The last day."""
    made_at: datetime
    """The moment its states are of (UTC)."""
    journal_read: bool
    """The states are from the journal; else nothing is known of what came due."""
    days: tuple[Day, ...]
    """Every day, with its occurrences by time; those without a time first."""
    remarks: tuple[Clean, ...] = ()
    """Why the journal could not be read, and which duties have no date here."""

    @property
    def occurrences(self) -> tuple[Occurrence, ...]:
        """Those of all days."""
        return tuple(each for day in self.days for each in day.occurrences)


def agenda(runbook: Runbook, journal: Path, first: date, last: date, now: datetime) -> Agenda:
    """The days from `first` to `last` (local, inclusive) as they stand `now` (aware).

    Without a journal that can be read the calendar is all there is, and the remarks say so.
    """
    calendar = Calendar(runbook)
    try:
        with closing(JournalReader.open(journal)) as reader:
            held, dateless = _from_journal(reader, runbook, calendar, first, last, now)
            return _agenda(runbook, calendar, first, last, now, held, dateless)
    except (sqlite3.Error, OSError, UnusableJournal) as error:
        problem = problem_of(error, journal, now)
        dateless = [duty for duty in runbook.duties if duty.anchor]
        made = _agenda(runbook, calendar, first, last, now, _by_rules(calendar, now), dateless)
        unread = _("Without the journal the state of due duties is not known: {why}").format(
            why=problem.summary
        )
        return made.model_copy(update={"journal_read": False, "remarks": (unread, *made.remarks)})


def _from_journal(
    reader: JournalReader, runbook: Runbook, calendar: Calendar, first: date, last: date, now: datetime
) -> tuple[_Held, list[Duty]]:
    # The whole of the time up to now: a state is the present one, also of a day long past.
    today = calendar.day_of(now)
    span = Period(Span.DAY, min(first, today), max(last, today))
    standing = DutyStatesAt(Source(reader, runbook, calendar, span, now))
    return standing.between, standing.dateless()


def _by_rules(calendar: Calendar, now: datetime) -> _Held:
    book = ScheduleCache(calendar, tuple, tuple)

    def held(first: date, last: date) -> list[Occurrence]:
        return [occurrence_of(slot, NO_ENTRIES, now, read=False) for slot in book.between(first, last)]

    return held


def _agenda(
    runbook: Runbook,
    calendar: Calendar,
    first: date,
    last: date,
    now: datetime,
    held: _Held,
    dateless: list[Duty],
) -> Agenda:
    days: dict[date, list[Occurrence]] = {
        first + timedelta(days=number): [] for number in range((last - first) // DAY + 1)
    }
    for occurrence in held(first, last):
        days[occurrence.slot.day].append(occurrence)
    open_days = calendar.open_days
    said = _("{title}: its date depends on AWS ({anchor}) and is not in the journal.")
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
        remarks=tuple(said.format(title=duty.title, anchor=duty.anchor) for duty in dateless),
    )
