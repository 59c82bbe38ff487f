"""`toban assess ALARM`: reads what AWS knows about an alarm and weighs the causes, without a screen. Nothing
is recorded. Exit status: 0 nothing wrong, 1 likely, 2 strong, 3 cannot be judged, 64 usage error, 65 errors
in the runbook; others as `tui.exit_status` lists them. With --json, an error is printed as JSON too
(`AssessFailure`)."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from services.i18n import _
from services.models.text import clean
from services.toml import mistakes
from tui.cli.click_i18n import Prints, TranslatedCommand, answered
from tui.cli.completion import names_in_runbook
from tui.cli.entry_text import problem_lines
from tui.cli.printing import json_lines
from tui.exit_status import ExitStatus
from tui.start_options import StartError, StartOptions

if TYPE_CHECKING:
    from services.models.alarms import Alarm, AlarmOverview
    from services.models.assess_answer import AssessAnswer
    from services.models.problem import Problem
    from services.models.runbook import Runbook
    from services.system import Services

_OWN = frozenset({"alarm", "as_json", "schema", "private"})
"""Flags of this command itself; all others are start options."""


def assess_command(
    output: Prints, shared: Sequence[click.Parameter], before: Callable[[], StartOptions]
) -> TranslatedCommand:
    """Build the command; `shared` are the options that select a system, `before` returns the global flags."""

    def callback(**flags: Any) -> int:
        if flags["schema"]:
            output.hand_over(json_lines(_schema()))
            return ExitStatus.NORMAL
        overrides = {key: value for key, value in flags.items() if key not in _OWN and value is not None}
        try:
            return _answered(output, flags, replace(before(), **overrides))
        except click.UsageError as error:
            _hand_over_failure(output, flags, error.format_message(), ExitStatus.USAGE)
            raise

    return TranslatedCommand(
        "assess",
        callback=callback,
        help=_(
            "Read what AWS knows about an alarm now, and weigh the causes.\n\nALARM is an alarm of the "
            "runbook. Nothing is recorded. Exit status: 0 nothing wrong, 1 a likely cause, 2 a strong one, "
            "3 cannot be judged."
        ),
        params=[
            click.Argument(
                ["alarm"], required=False, metavar="ALARM", shell_complete=names_in_runbook(_alarms)
            ),
            click.Option(["--json", "as_json"], is_flag=True, help=_("Print JSON.")),
            click.Option(["--schema"], is_flag=True, help=_("Print what the fields of the JSON mean.")),
            click.Option(
                ["--private"], is_flag=True, help=_("Include log texts; they may contain personal data.")
            ),
            *shared,
        ],
    )


def _answered(output: Prints, flags: dict[str, Any], options: StartOptions) -> int:
    """Print the answer and return its status. Raises UsageError."""
    if not flags["alarm"]:
        raise click.UsageError(_("An alarm is missing."), click.get_current_context())

    def ask() -> tuple[list[str], int]:
        try:
            return _run(flags, options)
        except StartError as error:
            _hand_over_failure(output, flags, str(error), error.status)
            raise

    return answered(output, ask, data=flags["as_json"])


def _hand_over_failure(output: Prints, flags: dict[str, Any], text: str, status: int) -> None:
    if not flags["as_json"]:
        return
    from services.clock import SystemClock
    from services.models.problem import Problem, ProblemKind

    summary = " ".join(text.split())
    output.hand_over(
        _failure(Problem(kind=ProblemKind.OTHER, summary=summary, at=SystemClock().now()), status)
    )


def _failure(problem: "Problem", status: int) -> list[str]:
    from services.models.assess_answer import AssessFailure

    return json_lines(AssessFailure(status=int(status), problem=problem).model_dump(mode="json"))


def _run(flags: dict[str, Any], options: StartOptions) -> tuple[list[str], int]:
    import asyncio

    from services.aws.client.errors import AwsError
    from tui.startup.connection import connected

    async def once() -> "tuple[AssessAnswer, Runbook]":
        async with connected(options) as services:
            return await answer_about(services, flags["alarm"], private=flags["private"]), services.runbook

    try:
        answer, runbook = asyncio.run(once())
    except AwsError as error:
        if flags["as_json"]:
            return _failure(error.problem, ExitStatus.UNKNOWN), ExitStatus.UNKNOWN
        return problem_lines(error.problem), ExitStatus.UNKNOWN
    if flags["as_json"]:
        return json_lines(answer.model_dump(mode="json", by_alias=True)), answer.status
    from tui.cli.assess_text import answer_lines

    return answer_lines(answer, runbook), answer.status


async def answer_about(services: "Services", name: str, *, private: bool) -> "AssessAnswer":
    """Read AWS about an alarm and weigh the causes. Raises UsageError, AwsError."""
    from services.incidents.assess_answer import answer_of
    from services.incidents.first_wave.parts import moment_of
    from services.incidents.weighing import assess

    alarm, overview = await _alarm(services, name)
    evidence = await services.response.first_waves.about(moment_of(alarm, services.aws_clock.now()), overview)
    assessment = assess(evidence, services.runbook)
    yen = services.meter.yen_today
    return answer_of(
        alarm, evidence, assessment, services.runbook, region=services.region, yen=yen, private=private
    )


async def _alarm(services: "Services", name: str) -> "tuple[Alarm, AlarmOverview]":
    """The alarm as it stands, with those of the runbook, which the same request reads. Raises UsageError for
    a name that neither the runbook nor AWS knows, and AwsError."""
    from services.aws.client.reader import not_found

    names = [str(alarm.name) for alarm in services.runbook.alarms]
    # A request takes a hundred names.
    overview = await services.alarms.named([name, *names[:90]])
    if name in overview.by_id:
        partial = {"unlisted": _("Only the runbook's alarms were read.")}
        return overview.by_id[name], overview.model_copy(update=partial)
    if name in names:
        text = _("AWS has no alarm {name}.", name=clean(name))
        raise not_found(text, "cloudwatch", "DescribeAlarms")
    raise click.UsageError(mistakes.unknown_name(clean(name), names), click.get_current_context())


def _schema() -> dict[str, Any]:
    from services.models.assess_answer import AssessAnswer, AssessFailure
    from services.toml.grammar import schema

    document, failure = schema(AssessAnswer), schema(AssessFailure)
    failure.pop("$schema")
    document["$defs"] |= {**failure.pop("$defs"), AssessFailure.__name__: failure}
    return document


def _alarms(runbook: "Runbook") -> list[tuple[str, str]]:
    return [(str(alarm.name), alarm.title) for alarm in runbook.alarms]
