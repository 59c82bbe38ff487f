"""`toban inspect [NAME…]`: run the console's inspections without a screen, for cron and for pipes.

Nothing is recorded and nothing is signed off, because only a person may sign off. If there is a journal, it is read for
the last sign-off of each inspection, where its time window begins, and for the people and networks on the allow list.

Exit status: that of the worst verdict that is known: 0 normal, 1 attention, 2 abnormal, 3 nothing bad is known and not all
could be judged; 64 usage error.
"""

import re
import shutil
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from services.calendar.business_days import usable
from services.host.regular_files import is_absent
from services.i18n import _
from services.models.text import clean
from services.toml import mistakes
from tui.cli.click_i18n import Prints, TranslatedCommand, answered
from tui.cli.completion import names_in_runbook
from tui.cli.every_system import answers_of_all
from tui.cli.printing import json_lines
from tui.cli.shared_options import all_option
from tui.exit_status import OF_VERDICT, ExitStatus
from tui.start_options import StartOptions

if TYPE_CHECKING:
    from services.inspections.base import InspectionRequest
    from services.inspections.wiring import Reading
    from services.models.inspect_answer import InspectAnswer
    from services.models.runbook import Runbook

_NARROW, _WIDE = 60, 120  # Least and most columns of the printed findings
_OWN = frozenset({"names", "since", "at", "as_json", "schema", "whatever", "private", "commands", "every"})
"""Flags of this command itself; all others are start options."""
_AGO = re.compile(r"(\d+(?:\.\d+)?)\s*([mhd])")
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}


def inspect_command(
    output: Prints, shared: Sequence[click.Parameter], before: Callable[[], StartOptions]
) -> TranslatedCommand:
    def callback(**flags: Any) -> int:
        if flags["schema"]:
            output.hand_over(json_lines(_schema()))
            return ExitStatus.NORMAL
        overrides = {key: value for key, value in flags.items() if key not in _OWN and value is not None}
        options = replace(before(), **overrides)
        ask = partial(_run, flags)
        if flags["every"]:
            as_json = flags["as_json"]
            return answered(
                output, lambda: answers_of_all(options, flags, ask, as_json=as_json), data=as_json
            )
        return answered(output, partial(ask, options), data=flags["as_json"])

    return TranslatedCommand(
        "inspect",
        callback=callback,
        help=_(
            "Run inspections now.\n\nNAME is an inspection or a duty; without one, every inspection that "
            "the runbook asks for is run. Nothing is recorded or signed off. Exit status: 0 normal, 1 attention, 2 "
            "abnormal, 3 cannot be judged."
        ),
        params=[
            click.Argument(
                ["names"], nargs=-1, metavar="[NAME]…", shell_complete=names_in_runbook(names_to_run)
            ),
            click.Option(
                ["--since"],
                metavar="TIME|AGO",
                help=_("Start of the window: “2026-01-05 17:00”, 16h, 3d; default: since the last sign-off"),
            ),
            click.Option(["--at"], metavar="TIME", help=_("End of the window; default: now")),
            click.Option(["--json", "as_json"], is_flag=True, help=_("Print JSON.")),
            click.Option(["--schema"], is_flag=True, help=_("Print what the fields of the JSON mean.")),
            click.Option(
                ["--whatever-it-costs", "whatever"],
                is_flag=True,
                help=_("Also run queries above the runbook's cost limit."),
            ),
            click.Option(
                ["--private"], is_flag=True, help=_("Include log texts; they may contain personal data.")
            ),
            click.Option(
                ["--commands"],
                is_flag=True,
                help=_("Print the aws commands that do the same; AWS is not asked."),
            ),
            all_option(),
            *shared,
        ],
    )


def _run(flags: dict[str, Any], options: StartOptions) -> tuple[list[str], int]:
    import asyncio

    from tui.startup.reading import connected

    if flags["commands"] and flags["as_json"]:
        raise click.UsageError(
            _("--commands prints lines for a shell, not JSON"), click.get_current_context()
        )

    async def once() -> "tuple[InspectAnswer | None, list[str], Reading]":
        async with connected(options) as services:
            if flags["commands"]:
                return None, await _commands(services, flags), services
            return await inspect_answer(services, flags), [], services

    answer, commands, services = asyncio.run(once())
    if answer is None:
        return commands, ExitStatus.NORMAL
    if flags["as_json"]:
        return json_lines(answer.model_dump(mode="json")), answer.status
    return _text(services, answer), answer.status


async def _commands(services: "Reading", flags: dict[str, Any]) -> list[str]:
    from services.aws_cli.shell import shell_line
    from services.models.glyphs import ATTENTION

    lines: list[str] = []
    for id, request in (await _requests(services, flags, services.clock.now())).items():
        inspection = services.inspection_runner.inspection(id)
        lines += [*([""] if lines else []), f"# == {inspection.name} =="]
        for command in inspection.cli_commands(request.span):
            line = shell_line(command, services.session.settings, services.region)
            lines += [f"# {line.purpose}", *(f"# {ATTENTION} {trap}" for trap in line.traps), line.text]
    return lines


async def _requests(
    services: "Reading", flags: dict[str, Any], began: datetime
) -> "dict[str, InspectionRequest]":
    """The request of each inspection that was asked for; its window begins at its last sign-off. Raises UsageError."""
    from services.inspections.base import InspectionRequest
    from services.inspections.running.windows import reached, widest, window
    from services.journal.errors import JournalError

    ids = _ids(services, flags["names"])
    until = _moment(services, flags["at"], "--at") or began
    if until > began:
        raise click.UsageError(_("--at must not be in the future"), click.get_current_context())
    since = _moment(services, flags["since"], "--since", until)
    if since is not None and since >= until:
        raise click.UsageError(_("--since must be before the end of the window"), click.get_current_context())
    is_unreadable = False
    if services.journal.is_shared or not is_absent(services.journal.path):
        try:
            await services.journal.catch_up()
            await services.records.read(began)
            for id in ids:
                await services.records.load_signed(id, until)
        except JournalError as error:
            is_unreadable = True
            click.echo(error.problem.summary, err=True)

    def request(id: str) -> InspectionRequest:
        inspection = services.inspection_runner.inspection(id)
        if is_unreadable:
            begin, gap = widest(inspection, until, services.calendar)
        else:
            signed_until, first_run = (
                services.records.signed_until(id, until),
                services.records.earliest_window(id),
            )
            begin, gap = window(inspection, signed_until, until, services.calendar, covered_from=first_run)
        first, unseen = reached(inspection, since or begin, began, services.calendar)
        gaps = [text for text in ("" if since else gap, unseen) if text]
        return InspectionRequest(
            since=min(first, until), until=until, gap=_("; ").join(gaps), consent=flags["whatever"]
        )

    return {id: request(id) for id in ids}


async def inspect_answer(services: "Reading", flags: dict[str, Any]) -> "InspectAnswer":
    """Run the inspections that the flags name. Raises UsageError."""
    import asyncio

    from services.models.inspect_answer import InspectAnswer
    from services.models.verdict import Verdict, worst

    began = services.clock.now()
    requests = await _requests(services, flags, began)
    findings = await asyncio.gather(
        *(services.inspection_runner.run(*request) for request in requests.items())
    )
    if not flags["private"]:
        findings = [
            each.model_copy(update={"evidence": tuple(table for table in each.evidence if not table.private)})
            for each in findings
        ]
    verdict = worst(each.verdict for each in findings) or Verdict.UNKNOWN
    unjudged = tuple(each.inspection for each in findings if not each.complete)
    return InspectAnswer(
        system=services.runbook.system.id,
        title=services.runbook.system.title,
        region=services.session.settings.region,
        at=began,
        verdict=verdict,
        complete=bool(findings) and not unjudged,
        unjudged=unjudged,
        status=OF_VERDICT[verdict.value],
        yen=round(sum(each.cost.yen for each in findings), 4),
        findings=tuple(findings),
    )


def _ids(services: "Reading", names: Sequence[str]) -> list[str]:
    """What the runbook asks for if none is given. Raises UsageError."""
    from services.inspections.registry import asked

    inspections = [id for id, _title in _inspections(services.runbook)]
    duties = {str(duty.id): duty.inspections for duty in services.runbook.duties if duty.inspections}
    ids: list[str] = []
    for name in names or asked(services.runbook):
        if name in inspections:
            ids.append(name)
        elif name in duties:
            ids += duties[name]
        else:
            text = mistakes.unknown_name(clean(name), [*inspections, *duties])
            raise click.UsageError(text, click.get_current_context())
    return list(dict.fromkeys(ids))


def _moment(
    services: "Reading", text: str | None, option: str, until: datetime | None = None
) -> datetime | None:
    """Read a local time, or a time span such as `16h` counted back from `until`. Raises UsageError."""
    if text is None:
        return None
    ago = _AGO.fullmatch(text.strip())
    try:
        if ago is not None and until is not None:
            return until - timedelta(**{_UNITS[ago[2]]: float(ago[1])})
        moment = datetime.fromisoformat(text.strip())
        if not usable(moment.date()):
            raise ValueError(text)
        local = moment if moment.tzinfo else moment.replace(tzinfo=services.calendar.zone)
        # Differences between local times are wrong across a change to or from summer time.
        return local.astimezone(UTC)
    except (ValueError, OverflowError):
        words = _("{option}: write a time as “2026-01-05 17:00”")
        if until is not None:
            words = _("{option}: write a time as “2026-01-05 17:00”, or how long before the end: 16h, 3d")
        raise click.UsageError(words.format(option=option), click.get_current_context()) from None


def _text(services: "Reading", answer: "InspectAnswer") -> list[str]:
    from rich.cells import cell_len

    from services.models.findings import Recorded
    from services.models.verdict import Verdict
    from widgets.drawing.format import pad
    from widgets.drawing.spans import plain
    from widgets.findings.finding_wording import verdict_spans
    from widgets.findings.lines import finding_lines

    width = max(_NARROW, min(_WIDE, shutil.get_terminal_size((_WIDE, 0)).columns))
    zone = services.calendar.zone
    lines = []
    for finding in answer.findings:
        (verdict,) = plain([verdict_spans(finding)])
        verdict_cell = pad(verdict, max(12, cell_len(verdict)))
        lines.append(f"{verdict_cell} {pad(finding.title, 24)} {finding.summary}".rstrip())
    for finding in answer.findings:
        if finding.verdict is not Verdict.NORMAL:
            recorded = Recorded(seq=0, by="", finding=finding)
            lines += ["", *plain(finding_lines(recorded, zone, answer.at, width))]
    return lines


def _schema() -> dict[str, Any]:
    from services.models.inspect_answer import InspectAnswer
    from services.toml.grammar import schema

    return schema(InspectAnswer)


def _inspections(runbook: "Runbook") -> list[tuple[str, str]]:
    from services.inspections.registry import offered

    return [(str(each.id), each.title) for each in offered(runbook)]


def names_to_run(runbook: "Runbook") -> list[tuple[str, str]]:
    return _inspections(runbook) + [(str(duty.id), duty.title) for duty in runbook.duties if duty.inspections]
