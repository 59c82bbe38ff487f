"""`toban duties`: the duties of each day as text, as JSON or as a calendar file, without access to AWS.

`--json` prints the fields of `services.report.agenda.Agenda`. `--ics` writes an iCalendar file of the twelve months from
today: one event for each duty, whose id (`<slot key>@<system id>`) is the same in every export. Dates that come from
AWS are taken from the journal; the remarks name the duties whose date is unknown.

Exit status: 0, 64 usage error, 65 and 78 a runbook or configuration with mistakes, 73 the file cannot be written.
"""

import re
import unicodedata
from calendar import monthrange
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import click

from services.i18n import _, plural
from services.models.text import clean
from tui.cli.click_i18n import FileOption, Prints, TranslatedCommand
from tui.cli.opened_journal import OpenedJournal, as_json, deliver, file_option, journal_callback
from tui.cli.shared_options import without_aws
from tui.exit_status import ExitStatus
from tui.start_options import StartOptions

if TYPE_CHECKING:
    from services.report.agenda import Agenda

MOST_DAYS = 400  # Upper bound of `--days`
_MONTH = re.compile(r"(\d{4})[-/.年](\d{1,2})月?")
_YEARS = range(1901, 2999)


class MonthType(click.ParamType[date]):
    name = "month"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        match = _MONTH.fullmatch(unicodedata.normalize("NFKC", str(value)).strip())
        if match and int(match[1]) in _YEARS and 1 <= int(match[2]) <= 12:
            return date(int(match[1]), int(match[2]), 1)
        return self.fail(_("must be a month like 2026-04"), param, ctx)


def duties_command(
    output: Prints, shared: Sequence[click.Parameter], before: Callable[[], StartOptions]
) -> TranslatedCommand:
    return TranslatedCommand(
        "duties",
        callback=journal_callback(output, shared, before, _Duties(output)),
        help=_(
            "Print the duties of a month.\n\nWith --ics, export those of twelve months as a calendar file."
        )
        + without_aws(),
        params=[
            click.Option(
                ["--month"],
                type=MonthType(),
                metavar="MONTH",
                help=_("Month to print; default: the current one"),
            ),
            click.Option(
                ["--days"],
                type=click.IntRange(1, MOST_DAYS),
                metavar="N",
                help=_("Number of days from today, instead of a month"),
            ),
            click.Option(["--json", "json_requested"], is_flag=True, help=_("Print JSON.")),
            FileOption("--ics", metavar="FILE|-", help=_("Calendar file of twelve months from today")),
            file_option(),
            *shared,
        ],
    )


@dataclass(frozen=True, slots=True)
class _Duties:
    output: Prints

    def __call__(
        self,
        journal: OpenedJournal,
        *,
        month: date | None,
        days: int | None,
        json_requested: bool,
        ics: str | None,
    ) -> int:
        _check(month, days, json_requested, ics)
        if ics is not None:
            return self._export(journal, datetime.now(UTC), ics)
        from tui.cli.duties.agenda_text import agenda_lines

        duties = agenda_of(journal, month, days)
        if json_requested:
            self.output.hand_over([as_json(duties.model_dump(mode="json")).rstrip("\n")])
        else:
            self.output.print_lines(agenda_lines(duties))
        return ExitStatus.NORMAL

    def _export(self, journal: OpenedJournal, now: datetime, to: str) -> int:
        from services.duties.icalendar_file import calendar_file
        from services.report.agenda import agenda

        first = journal.today(now)
        duties = agenda(journal.runbook, journal.path, first, _a_year_on(first), now)
        deliver(self.output, calendar_file(journal.runbook, duties.occurrences), to)
        if to != "-":
            count = len(duties.occurrences)
            words = plural("{count} duty is in {file}.", "{count} duties are in {file}.", count)
            self.output.print_lines([words.format(count=f"{count:,}", file=clean(to))], error=True)
        if duties.remarks:
            self.output.print_lines(duties.remarks, error=True)
        return ExitStatus.NORMAL


def _check(month: date | None, days: int | None, json_requested: bool, ics: str | None) -> None:
    if sum(each is not None for each in (month, days, ics)) > 1 or (json_requested and ics is not None):
        message = _("--month, --days and --ics each set the days, --json and --ics the format: choose one")
        raise click.UsageError(message, click.get_current_context())


def agenda_of(journal: OpenedJournal, month: date | None, days: int | None) -> "Agenda":
    """The duties of a month, or of so many days from today; without either, of this month."""
    from services.report.agenda import agenda

    now = datetime.now(UTC)
    today = journal.today(now)
    first = today if days is not None else month or today.replace(day=1)
    last = first + timedelta(days=(days or monthrange(first.year, first.month)[1]) - 1)
    return agenda(journal.runbook, journal.path, first, last, now)


def _a_year_on(day: date) -> date:
    return day.replace(year=day.year + 1, day=min(day.day, 28)) - timedelta(days=1)
