"""`toban report --all`: the reports of every configured system in one document. Exit status: that of the
worst report; a system whose journal or runbook cannot be read counts as unknown. `--format json` prints a
list in the order of the configuration: `services.models.report.DayReport`, `PeriodReport` or
`UnreadReport`."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from services.models.report import Report, UnreadReport
from services.models.verdict import Verdict, worst
from services.report.rendering import html, markdown
from services.report.rendering.systems_document import systems_document
from tui.cli.click_i18n import Prints
from tui.cli.every_system import every_system
from tui.cli.opened_journal import (
    CommandStopped,
    OpenedJournal,
    as_json,
    bring_up_to_date,
    deliver,
    failure_lines,
    status_of_copy,
)
from tui.cli.report.making import format_of, period_of, read_report
from tui.exit_status import OF_VERDICT, ExitStatus
from tui.runtime.garbage import begin_collecting
from tui.start_options import StartError, StartOptions
from tui.startup.config_reader import in_words, journal_place

if TYPE_CHECKING:
    from tui.startup.chosen_system import ConfiguredSystem

Answers = Sequence[Report | UnreadReport]


def report_all(output: Prints, before: StartOptions, flags: Mapping[str, Any]) -> int:
    """Run `toban report --all` and return the exit status. Raises UsageError."""
    try:
        _options, systems = every_system(before, flags)
        begin_collecting()
        now = datetime.now(UTC)
        stale: list[str] = []
        answers = [_answer(each, flags["when"], now, stale, private=flags["private"]) for each in systems]
        form = format_of(flags["form"], flags["to"])
        deliver(output, _rendered(answers, form, wareki=flags["wareki"]), flags["to"])
    except (CommandStopped, StartError) as error:
        output.print_lines(failure_lines(error), error=True)
        return error.status
    return status_of_copy(_status(answers), "".join(stale))


def _answer(
    system: "ConfiguredSystem", when: str | None, now: datetime, stale: list[str], *, private: bool
) -> Report | UnreadReport:
    """Answer for one system; `stale` gets why its copy of a shared journal may lack newer entries."""
    if system.runbook is None:
        assert system.error is not None
        return UnreadReport(system=system.id, why=tuple(in_words(system.error)))
    place = journal_place(system.config, system.runbook)
    journal = OpenedJournal(system.runbook, place.path, bring_up_to_date(place))
    stale.append(journal.stale)
    period = period_of(when, journal.today(now))
    try:
        return read_report(journal, period, now, private=private)
    except CommandStopped as stop:
        title = system.runbook.system.title
        return UnreadReport(system=system.id, system_title=title, why=tuple(stop.lines))


def _rendered(answers: Answers, form: str, *, wareki: bool) -> str:
    if form == "json":
        return as_json([answer.model_dump(mode="json") for answer in answers])
    document = systems_document(answers, wareki=wareki)
    return html.write(document) if form == "html" else markdown.write(document)


def _status(answers: Answers) -> int:
    verdict = worst(
        Verdict.UNKNOWN if isinstance(answer, UnreadReport) else answer.verdict for answer in answers
    )
    return ExitStatus.NORMAL if verdict is None else OF_VERDICT[verdict.value]
