"""Makes a report of any period from a journal file. Blocking I/O."""

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
    """The report as of the period's end, or of `now` (aware) if the period is not over.

    `private` includes log texts in the report of a day. Opens the journal read-only, so consoles may be using it.
    Raises sqlite3.Error, OSError, and UnusableJournal for a file that is not a journal.
    """
    calendar = Calendar(runbook)
    with closing(JournalReader.open(journal)) as reader:
        if period.span is Span.DAY:
            return collect_day(reader, runbook, calendar, period.first, now, private=private)
        return collect_period(reader, runbook, calendar, period, now)
