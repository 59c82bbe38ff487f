"""A report of any period, from a journal's file. Blocks."""

from contextlib import closing
from datetime import datetime
from pathlib import Path

from services.calendar.calendar import Calendar
from services.journal.reader import JournalReader
from services.models.report import Report
from services.models.runbook import Runbook
from services.report.collecting.day import collect_day
from services.report.collecting.period import collect_period
from services.report.periods import Period, Span


def make(journal: Path, runbook: Runbook, period: Period, now: datetime, *, private: bool = False) -> Report:
    """The report as it stood at the period's end, or stands `now` (aware) where it is not over.

    `private`: a day's with texts of logs. Reads beside whoever has the journal open, and writes nothing.
    Raises sqlite3.Error and OSError as they come, and UnusableJournal for a file that is no journal.
    """
    calendar = Calendar(runbook)
    with closing(JournalReader.open(journal)) as reader:
        if period.span is Span.DAY:
            return collect_day(reader, runbook, calendar, period.first, now, private=private)
        return collect_period(reader, runbook, calendar, period, now)
