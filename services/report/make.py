"""Makes a report of any period from a journal file. Blocking I/O."""

from contextlib import closing
from datetime import datetime
from pathlib import Path

from services.calendar.calendar import Calendar
from services.journal.reader import JournalReader
from services.logs.masking.of_runbook import masker_of
from services.models.report import Report
from services.models.runbook import Runbook
from services.models.verdict import Verdict, worst
from services.report.collecting.day import collect_day
from services.report.collecting.period import collect_period
from services.report.periods import Period, PeriodSpan


def make(
    journal: Path, runbook: Runbook, period: Period, now: datetime, *, private: bool = False, stale: str = ""
) -> Report:
    """The report as of the period's end, or of `now` (aware) if the period is not over.

    `private` includes log texts in the report of a day. `stale` says why `journal`, a copy of a shared one, may lack newer
    entries, "" if it does not: such a report is never normal, and says so. Opens the journal read-only, so consoles may be using it.
    Raises sqlite3.Error, OSError, and UnusableJournal for a file that is not a journal.
    """
    calendar = Calendar(runbook)
    with closing(JournalReader.open(journal)) as reader:
        report: Report
        if period.span is PeriodSpan.DAY:
            report = collect_day(reader, runbook, calendar, period.first, now, private=private)
        else:
            report = collect_period(reader, runbook, calendar, period, now)
    report = masker_of(runbook).without_secrets(report)
    return _of_stale_copy(report, stale) if stale else report


def _of_stale_copy(report: Report, why: str) -> Report:
    verdict = worst((report.verdict, Verdict.UNKNOWN))
    return report.model_copy(update={"verdict": verdict, "has_unjudged": True, "stale": why})
