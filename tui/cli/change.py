"""`toban change <kind> --plan`: print the plan of a change; only the console can apply it.

`--json` prints one object: the fields of `services.models.changes.Plan` (times as ISO 8601 UTC), with each
step's `call` as `service`, `operation`, `region`, `params` (the request's parameters as an object) and
`digest`, and with `confirm` (the text that the console requires the operator to type). `approval` is the role that
must have approved, "" where no approval is needed, and null where the plan was refused before that was determined;
such a plan has no steps. If planning fails, `{"problem": …}` is printed with the fields of
`services.models.problem.Problem`; `--schema` prints the schema of both.

Exit status: 0 the plan can be confirmed, 2 it is refused, 64 usage error, 69 AWS could not be read.
"""

import re
import shutil
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import click

from services.changes import registry
from services.changes.kind import ChangeKind
from services.i18n import _
from services.models.text import clean
from services.toml import mistakes
from tui.cli.change_schema import change_schema
from tui.cli.click_i18n import Named, Prints, TranslatedCommand, answered
from tui.cli.entry_text import problem_lines
from tui.cli.printing import json_lines
from tui.exit_status import ExitStatus
from tui.start_options import StartOptions

if TYPE_CHECKING:
    from services.changes.base import Change
    from services.models.changes import ChangeTarget, Parameter, Plan
    from services.system import Services

_NARROW, _WIDE = 60, 110  # Least and most columns of a printed plan
_OWN = frozenset({"kind", "rest", "sets", "target", "plan", "as_json", "schema"})
"""Flags of this command itself; all others are start options."""


class _ChangeCommand(TranslatedCommand):
    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section(_("What can be changed")):
            formatter.write_dl([(kind.id, about(kind)) for kind in registry.CHANGES])
        super().format_options(ctx, formatter)


def about(kind: ChangeKind) -> str:
    return ": ".join(part for part in (_(kind.help), kind.options) if part)


def change_command(
    output: Prints, shared: Sequence[click.Parameter], before: Callable[[], StartOptions]
) -> TranslatedCommand:
    def callback(**flags: Any) -> int:
        if flags["schema"]:
            output.hand_over(json_lines(change_schema()))
            return ExitStatus.NORMAL
        if flags["kind"] is None:
            raise click.UsageError(_("{name} is missing", name="KIND"), click.get_current_context())
        overrides = {key: value for key, value in flags.items() if key not in _OWN and value is not None}
        if not flags["plan"]:
            text = _("Changes are applied only in the console; --plan prints what one would do.")
            raise click.UsageError(text, click.get_current_context())
        values = _values(flags["rest"], flags["sets"])
        check_numbers(flags["kind"], values)
        return answered(
            output, lambda: _run(flags, values, replace(before(), **overrides)), data=flags["as_json"]
        )

    return _ChangeCommand(
        "change",
        callback=callback,
        help=_(
            "Print what a change would do.\n\nKIND comes first; its parameters are options. Exit status: 0 "
            "it can be confirmed, 2 it is refused."
        ),
        context_settings={"ignore_unknown_options": True},
        params=[
            click.Argument(["kind"], type=Named(_kinds), metavar="KIND", required=False),
            click.Argument(["rest"], nargs=-1, type=click.UNPROCESSED, metavar="[--QUESTION ANSWER]…"),
            click.Option(
                ["--target"], metavar="NAME", help=_("Target of the change; optional if there is only one")
            ),
            click.Option(
                ["--set", "sets"], multiple=True, metavar="ID=VALUE", help=_("Value of a parameter")
            ),
            click.Option(["--plan"], is_flag=True, help=_("Print the plan; nothing is sent.")),
            click.Option(["--json", "as_json"], is_flag=True, help=_("Print JSON.")),
            click.Option(["--schema"], is_flag=True, help=_("Print what the fields of the JSON mean.")),
            *shared,
        ],
    )


def _kinds() -> list[str]:
    return [kind.id for kind in registry.CHANGES]


def _values(rest: Sequence[str], sets: Sequence[str]) -> dict[str, str]:
    """Parse parameter values written as `--max 10`, `--max=10` or `--set max=10`. Raises UsageError."""
    values: dict[str, str] = {}
    arguments = list(rest)
    while arguments:
        word = arguments.pop(0)
        name, equals, value = word.removeprefix("--").partition("=")
        if not word.startswith("--") or not name:
            raise click.UsageError(_("{word} is not an option", word=clean(word)), _context())
        if not equals and not arguments:
            raise click.UsageError(_("{name} is missing", name=clean(word)), _context())
        values[_id(name)] = value if equals else arguments.pop(0)
    for pair in sets:
        name, equals, value = pair.partition("=")
        if not equals:
            raise click.UsageError(_("{word}: write it as id=value", word=clean(pair)), _context())
        values[_id(name)] = value
    return values


def check_numbers(kind: str, values: Mapping[str, str]) -> None:
    """Check numeric parameters before any connection to AWS is made. Raises UsageError."""
    change = next(entry for entry in registry.CHANGES if entry.id == kind)
    for name in registry.change_class(change).numbers:
        # NFKC turns the full-width digits of a Japanese keyboard into ASCII.
        value = unicodedata.normalize("NFKC", values.get(name, "0")).strip()
        if re.fullmatch(r"[0-9]+", value) is None:
            text = _("--{name} must be a whole number, not “{text}”")
            raise click.UsageError(text.format(name=name, text=clean(value)), _context())


def _id(name: str) -> str:
    return name.replace("-", "_")


def _context() -> click.Context:
    return click.get_current_context()


def _run(flags: Mapping[str, Any], values: Mapping[str, str], options: StartOptions) -> tuple[list[str], int]:
    """Connect, make the plan and disconnect; returns (lines, exit status)."""
    import asyncio

    from services.aws.client.errors import AwsError
    from tui.startup.connection import connected

    async def once() -> tuple[list[str], int]:
        async with connected(options) as services:
            try:
                await services.journal.open()
                plan, why = await make_plan(services, flags, values)
            except AwsError as error:
                problem = error.problem
                data = {"problem": problem.model_dump(mode="json")}
                return (
                    json_lines(data) if flags["as_json"] else problem_lines(problem)
                ), ExitStatus.UNAVAILABLE
        status = ExitStatus.ABNORMAL if plan.refusals or not plan.steps else ExitStatus.NORMAL
        return (json_lines(plan_data(plan)) if flags["as_json"] else _text(services, plan, why)), status

    return asyncio.run(once())


async def make_plan(
    services: "Services", flags: Mapping[str, Any], values: Mapping[str, str], *, is_preview: bool = False
) -> tuple["Plan", str]:
    """With the reason for the time of its revert; a preview needs no journal that can be written. Raises AwsError, UsageError."""
    from services.journal.errors import JournalError
    from widgets.changes.lines import why_then

    kind = flags["kind"]
    change = services.engine.changes[kind]
    with suppress(JournalError):
        await services.engine.load()
    target = _target(change, flags["target"])
    parameters = await change.parameters(target)
    _check(parameters, values)
    # What is not typed follows from what is: only a new minimum leaves the maximum where it is.
    defaults = {parameter.id: parameter.default for parameter in parameters}
    plan = await services.engine.plan(kind, str(target.id), dict(values) or defaults, is_preview=is_preview)
    if plan.refusals:
        plan = plan.model_copy(update={"wish": defaults | plan.wish})
    return plan, why_then(parameters, plan)


def _target(change: "Change", name: str | None) -> "ChangeTarget":
    targets = change.targets()
    if name is None:
        if len(targets) == 1:
            return targets[0]
        if not targets:
            raise click.UsageError(_("There is nothing that this change can be applied to."), _context())
        names = ", ".join(target.title for target in targets)
        raise click.UsageError(_("--target is required: one of {names}", names=names or "—"), _context())
    match = next((target for target in targets if name in (target.id, target.title)), None)
    if match is None:
        raise click.UsageError(
            mistakes.unknown_name(clean(name), [target.title for target in targets]), _context()
        )
    return match


def _check(parameters: "Iterable[Parameter]", values: Mapping[str, str]) -> None:
    ids = [parameter.id for parameter in parameters]
    for name in values:
        if name not in ids:
            raise click.UsageError(mistakes.unknown_name(clean(name), ids), _context())


def plan_data(plan: "Plan") -> dict[str, object]:
    data = plan.model_dump(mode="json")
    for step, step_data in zip(plan.steps, data["steps"], strict=True):
        del step_data["call"]["body"]
        step_data["call"] |= {"params": step.call.params, "digest": step.call.digest}
    unknown = {} if plan.steps else {"approval": None}
    return {**data, **unknown, "confirm": plan.confirm}


def _text(services: "Services", plan: "Plan", why: str) -> list[str]:
    from widgets.changes.lines import plan_text

    width = max(_NARROW, min(_WIDE, shutil.get_terminal_size((_WIDE, 0)).columns))
    zone = ZoneInfo(services.runbook.system.timezone)
    return plan_text(plan, zone, services.clock.now(), width, why)
