"""`toban report`: the 運用報告書 of a day, or the summary of a month or a fiscal year, from the journal alone.

Exit status: 0 all normal, 1 attention, 2 abnormal, 3 nothing can be said (no journal, or nothing could be judged),
64 wrong usage, 65 and 78 a runbook or configuration with mistakes, 73 the file cannot be written. `--format json`
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
from tui.cli.opened_journal import CommandStopped, OpenedJournal, as_json, booked, deliver, file_option
from tui.days import read_day
from tui.exit_status import OF_VERDICT, ExitStatus
from tui.options import StartOptions

if TYPE_CHECKING:
    from services.models.report import Report
    from services.report.periods import Period

FORMATS = ("md", "html", "json")
_SUFFIXES = {".html": "html", ".htm": "html", ".json": "json"}


def report_command(
    output: Prints, shared: Sequence[click.Parameter], before: Callable[[], StartOptions]
) -> Command:
    """The command; `shared` are the options that lead to a system, `before` the flags that stood before it."""
    return Command(
        "report",
        callback=booked(output, shared, before, _Report(output)),
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
        book: OpenedJournal,
        *,
        when: str | None,
        form: str | None,
        to: str | None,
        private: bool,
        wareki: bool,
    ) -> int:
        """`toban report`."""
        now = datetime.now(UTC)
        period = _period(when, book.today(now))
        report = _read(book, period, now, private=private)
        form = form or _SUFFIXES.get(Path(to or "").suffix.lower(), "md")
        deliver(self.output, _written(report, form, wareki=wareki), to)
        return _status(report)


def _period(when: str | None, today: date) -> "Period":
    """Which days are meant; what has not begun has no report."""
    from services.report.periods import of_day, read_period

    found = of_day(today) if when is None else read_period(when)
    if found is None and when is not None and (day := read_day(when, today)):
        found = of_day(day)
    context = click.get_current_context()
    if found is None:
        said = _("DAY must look like 2026-01-05, 2026-01, FY2025, 2025年度, 令和7年度 or yesterday")
        raise click.UsageError(said, context)
    if found.first > today:
        raise click.UsageError(_("{name} has not begun").format(name=found.name), context)
    return found


def _read(book: OpenedJournal, period: "Period", now: datetime, *, private: bool) -> "Report":
    from services.journal.problems import UnusableJournal, problem_of
    from services.report.make import make

    try:
        return make(book.journal, book.runbook, period, now, private=private)
    except (sqlite3.Error, OSError, UnusableJournal) as error:
        raise CommandStopped(
            problem_lines(problem_of(error, book.journal, now)), ExitStatus.UNKNOWN
        ) from error


def _written(report: "Report", form: str, *, wareki: bool) -> str:
    if form == "json":
        return as_json(report.model_dump(mode="json"))
    if form == "html":
        from services.report.rendering.html import to_html

        return to_html(report, wareki=wareki)
    from services.report.rendering.markdown import to_markdown

    return to_markdown(report, wareki=wareki)


def _status(report: "Report") -> int:
    """What the report comes to; a journal that began later says nothing of these days."""
    return ExitStatus.NORMAL if report.verdict is None else OF_VERDICT[report.verdict.value]
