"""The tool for plans of changes: what `toban change --plan --json` prints. Nothing here can apply one."""

from typing import Annotated

import click
from pydantic import Field

from services.changes.registry import CHANGES
from services.i18n import N_, _
from services.models.text import clean
from services.toml import mistakes
from tui.cli.change import check_numbers, make_plan, plan_data
from tui.cli.change_schema import change_schema
from tui.cli.mcp.connection import metered, reads_only
from tui.cli.mcp.schemas import branch
from tui.cli.mcp.tool import Arguments, Caller, Json, Tool

_Id = Annotated[str, Field(pattern="^[a-z][a-z0-9_-]*$", max_length=40)]
_Value = Annotated[str, Field(max_length=1000)]


class PlanArguments(Arguments):
    """Which change, of what, and how."""

    kind: str = Field(min_length=1, max_length=40, json_schema_extra={"enum": [kind.id for kind in CHANGES]})
    """The kind of change."""
    target: str | None = Field(default=None, min_length=1, max_length=300)
    """Name or id of what is to be changed; null where there is only one."""
    values: dict[_Id, _Value] = Field(default={}, max_length=20)
    """The change's parameters by id, each as text: {"max": "10"}; those left out follow from the present state."""


async def _plan(caller: Caller, arguments: PlanArguments) -> Json:
    kind, ids = arguments.kind, [each.id for each in CHANGES]
    if kind not in ids:
        raise click.UsageError(mistakes.unknown_name(clean(kind), ids), caller.context)
    values = {name.replace("-", "_"): value for name, value in arguments.values.items()}
    check_numbers(kind, values)
    async with metered(caller, reads_only) as services:
        flags = {"kind": kind, "target": arguments.target}
        plan, _why = await make_plan(services, flags, values, is_preview=True)
    return plan_data(plan)


def kinds() -> str:
    return "\n".join(
        f"- {kind.id}: {_(kind.help)}" + (f" ({kind.options})" if kind.options else "") for kind in CHANGES
    )


PLAN = Tool(
    name="plan_change",
    title=N_("Plan of a change"),
    text=N_(
        "What a change would do, from the present state: before and after, downtime, cost, warnings, refusals, the approval "
        "that it needs. A plan only: nothing is changed, and no tool here can apply it; a person does that in the console. "
        '`--max 10` of the list below is {"max": "10"} in `values`.'
    ),
    arguments=PlanArguments,
    output=lambda: branch(change_schema(), "Plan"),
    call=_plan,
    details=kinds,
)
