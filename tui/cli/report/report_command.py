"""`toban report`: the 運用報告書 of a day, a month or a fiscal year, made from the journal alone.

Exit status: 0 all normal, 1 attention, 2 abnormal, 3 unknown (no journal, or nothing could be judged),
64 usage error, 65 and 78 a runbook or configuration with mistakes, 73 the file cannot be written. `--format json`
prints the fields of `services.models.report.DayReport` or `PeriodReport`; `kind` tells which. `--all` is in `tui.cli.report.every_system`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from services.i18n import _
from tui.cli.click_i18n import FileOption, Prints, TranslatedChoice, TranslatedCommand
from tui.cli.opened_journal import OpenedJournal, as_json, deliver, file_option, journal_callback
from tui.cli.report.making import format_of, period_of, read_report
from tui.cli.shared_options import all_option, without_aws
from tui.exit_status import OF_VERDICT, ExitStatus
from tui.start_options import StartOptions

if TYPE_CHECKING:
    from services.models.report import Report

FORMATS = ("md", "html", "json")  # Values of `--format`


def report_command(
    output: Prints, shared: Sequence[click.Parameter], before: Callable[[], StartOptions]
) -> TranslatedCommand:
    single = journal_callback(output, shared, before, _Report(output))

    def callback(*, every: bool, **flags: Any) -> int:
        if not every:
            return single(**flags)
        from tui.cli.report.every_system import report_all

        return report_all(output, before(), flags)

    return TranslatedCommand(
        "report",
        callback=callback,
        help=_(
            "Print the operations report of a day, month or fiscal year.\n\nFor example 2026-01-05, "
            "2026-01 or FY2025; made from the journal alone. Exit status: 0 all normal, 1 attention, 2 "
            "abnormal, 3 nothing can be said."
        )
        + without_aws(),
        params=[
            click.Argument(["when"], metavar="[DAY|MONTH|FY]", required=False),
            click.Option(
                ["--format", "form"],
                type=TranslatedChoice(FORMATS),
                help=_("Output format; default: by the file name, else Markdown"),
            ),
            FileOption("--output", "-o", "to", help=_("Output file, readable only by you")),
            click.Option(["--private"], is_flag=True, help=_("Include log texts.")),
            click.Option(["--wareki"], is_flag=True, help=_("Use Japanese era years.")),
            file_option(),
            all_option(),
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
        period = period_of(when, journal.today(now))
        report = read_report(journal, period, now, private=private)
        deliver(self.output, _rendered(report, format_of(form, to), wareki=wareki), to)
        return ExitStatus.NORMAL if report.verdict is None else OF_VERDICT[report.verdict.value]


def _rendered(report: "Report", form: str, *, wareki: bool) -> str:
    if form == "json":
        return as_json(report.model_dump(mode="json"))
    if form == "html":
        from services.report.rendering.html import to_html

        return to_html(report, wareki=wareki)
    from services.report.rendering.markdown import to_markdown

    return to_markdown(report, wareki=wareki)
