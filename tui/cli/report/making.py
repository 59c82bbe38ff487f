import sqlite3
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from services.i18n import _
from tui.cli.entry_text import problem_lines
from tui.cli.opened_journal import CommandStopped, OpenedJournal
from tui.exit_status import ExitStatus
from tui.typed_days import read_day

if TYPE_CHECKING:
    from services.models.report import Report
    from services.report.periods import Period

_SUFFIXES = {".html": "html", ".htm": "html", ".json": "json"}


def format_of(form: str | None, to: str | None) -> str:
    return form or _SUFFIXES.get(Path(to or "").suffix.lower(), "md")


def period_of(when: str | None, today: date) -> "Period":
    """Return the period that `when` names, today if None. Raises UsageError, also if it has not begun."""
    from services.report.periods import of_day, read_period

    period = of_day(today) if when is None else read_period(when)
    if period is None and when is not None and (day := read_day(when, today)):
        period = of_day(day)
    context = click.get_current_context()
    if period is None:
        message = _("DAY must look like 2026-01-05, 2026-01, FY2025, 2025年度, 令和7年度 or yesterday")
        raise click.UsageError(message, context)
    if period.first > today:
        raise click.UsageError(_("{name} has not begun", name=period.name), context)
    return period


def read_report(journal: OpenedJournal, period: "Period", now: datetime, *, private: bool) -> "Report":
    """Make the report of one system. Raises CommandStopped with the problem in words."""
    from services.journal.problems import UnusableJournal, problem_of
    from services.report.make import make

    try:
        return make(journal.path, journal.runbook, period, now, private=private, stale=journal.stale)
    except (sqlite3.Error, OSError, UnusableJournal) as error:
        raise CommandStopped(
            problem_lines(problem_of(error, journal.path, now)), ExitStatus.UNKNOWN
        ) from error
