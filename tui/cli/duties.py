"""`toban duties`: what is to be done on which day, without AWS; as text, as JSON, or as a calendar file.

`--json` prints the fields of `services.report.agenda.Agenda`. `--ics` writes an iCalendar file of the twelve months from
today: one event for each duty, whose id (`<slot key>@<system id>`) is the same in every export. What is known of
dates that come from AWS is what the journal tells; the remarks name what has no date.

Exit status: 0, 64 wrong usage, 65 and 78 a runbook or configuration with mistakes, 73 the file cannot be written.
"""

import re
import unicodedata
from calendar import monthrange
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import click

from services.i18n import _, plural
from services.models.text import clean
from tui.cli.click_i18n import Command, Prints
from tui.cli.opened_journal import OpenedJournal, as_json, booked, deliver, file_option
from tui.exit_status import ExitStatus
from tui.options import StartOptions

MOST_DAYS = 400
_MONTH = re.compile(r"(\d{4})[-/.年](\d{1,2})月?")
_YEARS = range(1901, 2999)


class Month(click.ParamType[date]):
    """A month as people write it; its first day."""

    name = "month"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        """The month's first day; fails with an example."""
        found = _MONTH.fullmatch(unicodedata.normalize("NFKC", str(value)).strip())
        if found and int(found[1]) in _YEARS and 1 <= int(found[2]) <= 12:
            return date(int(found[1]), int(found[2]), 1)
        return self.fail(_("must be a month like 2026-04"), param, ctx)


def duties_command(
    output: Prints, shared: Sequence[click.Parameter], before: Callable[[], StartOptions]
) -> Command:
    """The command; `shared` are the options that lead to a system, `before` the flags that stood before it."""
    return Command(
        "duties",
        callback=booked(output, shared, before, _Duties(output)),
        help=_(
            "Print the duties of a month.\n\nWith --ics, export those of twelve months as a calendar file."
        ),
        params=[
            click.Option(
                ["--month"], type=Month(), metavar="MONTH", help=_("Month to print; default: the current one")
            ),
            click.Option(
                ["--days"],
                type=click.IntRange(1, MOST_DAYS),
                metavar="N",
                help=_("Number of days from today, instead of a month"),
            ),
            click.Option(["--json", "json_wanted"], is_flag=True, help=_("Print JSON.")),
            click.Option(["--ics"], metavar="FILE|-", help=_("Calendar file of twelve months from today")),
            file_option(),
            *shared,
        ],
    )


@dataclass(frozen=True, slots=True)
class _Duties:
    output: Prints

    def __call__(
        self, book: OpenedJournal, *, month: date | None, days: int | None, json_wanted: bool, ics: str | None
    ) -> int:
        """`toban duties`."""
        _check(month, days, json_wanted, ics)
        now = datetime.now(UTC)
        if ics is not None:
            return self._export(book, now, ics)
        from services.report.agenda import agenda
        from tui.cli.agenda_text import agenda_lines

        first, last = _span(book.today(now), month, days)
        found = agenda(book.runbook, book.journal, first, last, now)
        if json_wanted:
            self.output.hand_over([as_json(found.model_dump(mode="json")).rstrip("\n")])
        else:
            self.output.say(agenda_lines(found))
        return ExitStatus.NORMAL

    def _export(self, book: OpenedJournal, now: datetime, to: str) -> int:
        from services.duties.icalendar_file import calendar_file
        from services.report.agenda import agenda

        first = book.today(now)
        found = agenda(book.runbook, book.journal, first, _a_year_on(first), now)
        deliver(self.output, calendar_file(book.runbook, found.occurrences), to)
        if to != "-":
            count = len(found.occurrences)
            words = plural("{count} duty is in {file}.", "{count} duties are in {file}.", count)
            self.output.say([words.format(count=f"{count:,}", file=clean(to))], error=True)
        if found.remarks:
            self.output.say(found.remarks, error=True)
        return ExitStatus.NORMAL


def _check(month: date | None, days: int | None, json_wanted: bool, ics: str | None) -> None:
    if sum(each is not None for each in (month, days, ics)) > 1 or (json_wanted and ics is not None):
        said = _("--month, --days and --ics each set the days, --json and --ics the format: choose one")
        raise click.UsageError(said, click.get_current_context())


def _span(today: date, month: date | None, days: int | None) -> tuple[date, date]:
    if days is not None:
        return today, today + timedelta(days=days - 1)
    first = month or today.replace(day=1)
    return first, first.replace(day=monthrange(first.year, first.month)[1])


def _a_year_on(day: date) -> date:
    """The last of the twelve months from `day`."""
    return day.replace(year=day.year + 1, day=min(day.day, 28)) - timedelta(days=1)
