"""`toban report`: the 運用報告書 of a day, a month or a fiscal year, made from the journal alone.

Exit status: 0 all normal, 1 attention, 2 abnormal, 3 unknown (no journal, or nothing could be judged),
64 usage error, 65 and 78 a runbook or configuration with mistakes, 73 the file cannot be written. `--format json`
prints the fields of `services.models.report.DayReport` or `PeriodReport`; `kind` tells which.
"""

import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from services.i18n import _
from tui.cli.click_i18n import Choice, Command, Prints
from tui.cli.entry_text import problem_lines
from tui.cli.opened_journal import (
    CommandStopped,
    OpenedJournal,
    as_json,
    deliver,
    file_option,
    journal_callback,
)
from tui.exit_status import OF_VERDICT, ExitStatus
from tui.start_options import StartOptions
from tui.typed_days import read_day

if TYPE_CHECKING:
    from services.models.report import Report
    from services.report.periods import Period

FORMATS = ("md", "html", "json")
"""Values of `--format`."""
_SUFFIXES = {".html": "html", ".htm": "html", ".json": "json"}


def report_command(
    output: Prints, shared: Sequence[click.Parameter], before: Callable[[], StartOptions]
) -> Command:
    """Build the command; `shared` are the options that select a system, `before` returns the global flags."""
    return Command(
        "report",
        callback=journal_callback(output, shared, before, _Report(output)),
        help=_(
            "Print the operations report of a day, month or fiscal year.\n\nFor example 2026-01-05, "
            "2026-01 or FY2025; made from the journal alone. Exit status: 0 all normal, 1 attention, 2 "
            "abnormal, 3 nothing can be said."
        ),
        params=[
            click.Argument(["when"], metavar="[DAY|MONTH|FY]", required=False),
            click.Option(
                ["--format", "form"],
                type=Choice(FORMATS),
                help=_("Output format; default: by the file name, else Markdown"),
            ),
            click.Option(
                ["--output", "-o", "to"], metavar="FILE", help=_("Output file, readable only by you")
            ),
            click.Option(["--private"], is_flag=True, help=_("Include log texts.")),
            click.Option(["--wareki"], is_flag=True, help=_("Use Japanese era years.")),
            file_option(),
            *shared,
        ],
    )


@dataclass(frozen=True, slots=True)
class _Report:
    output: Prints

    def __call__(
        self,
        journal: OpenedJournal,
        *,
        when: str | None,
        form: str | None,
        to: str | None,
        private: bool,
        wareki: bool,
    ) -> int:
        """Run `toban report` and return the exit status. Raises CommandStopped, UsageError."""
        now = datetime.now(UTC)
        period = _period(when, journal.today(now))
        report = _read(journal, period, now, private=private)
        form = form or _SUFFIXES.get(Path(to or "").suffix.lower(), "md")
        deliver(self.output, _rendered(report, form, wareki=wareki), to)
        return _status(report)


def _period(when: str | None, today: date) -> "Period":
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
        raise click.UsageError(_("{name} has not begun").format(name=period.name), context)
    return period


def _read(journal: OpenedJournal, period: "Period", now: datetime, *, private: bool) -> "Report":
    from services.journal.problems import UnusableJournal, problem_of
    from services.report.make import make

    try:
        return make(journal.path, journal.runbook, period, now, private=private)
    except (sqlite3.Error, OSError, UnusableJournal) as error:
        raise CommandStopped(
            problem_lines(problem_of(error, journal.path, now)), ExitStatus.UNKNOWN
        ) from error


def _rendered(report: "Report", form: str, *, wareki: bool) -> str:
    if form == "json":
        return as_json(report.model_dump(mode="json"))
    if form == "html":
        from services.report.rendering.html import to_html

        return to_html(report, wareki=wareki)
    from services.report.rendering.markdown import to_markdown

    return to_markdown(report, wareki=wareki)


def _status(report: "Report") -> int:
    """Return the status for the report's verdict; a report without a verdict counts as normal."""
    return ExitStatus.NORMAL if report.verdict is None else OF_VERDICT[report.verdict.value]
