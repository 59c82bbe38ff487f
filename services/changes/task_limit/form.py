"""The parameters that an operator fills in, with their defaults. Pure."""

from services.calendar.calendar import Calendar
from services.changes.base import REVERT, REVERT_AT
from services.changes.ecs_scaling.state import ScalingState
from services.changes.task_limit.parameters import LARGEST, MAX, MIN, default_max, default_way, proposed_at
from services.changes.task_limit.season import season
from services.changes.typed_values import as_typed
from services.i18n import _
from services.models.changes import Parameter
from services.models.runbook import Runbook


def form(state: ScalingState, runbook: Runbook, calendar: Calendar) -> tuple[Parameter, ...]:
    ecs = runbook.ecs
    assert ecs is not None, "without services there are no targets"
    maximum = default_max(state, ecs)
    at, why = proposed_at(calendar, state.at)
    busy = season(runbook, calendar, state.at)
    is_busy = busy is not None and busy.has_begun(state.at)
    return (
        Parameter(
            id=MAX,
            title=_("Maximum task count"),
            kind="integer",
            default="" if maximum is None else str(maximum),
            minimum=1,
            maximum=LARGEST,
            why=busy.title if busy is not None and is_busy and maximum == ecs.busy_max else "",
            help=_("Auto Scaling starts no more tasks than this. Usual {usual}, busy days {busy}.").format(
                usual=ecs.usual_max or "—", busy=ecs.busy_max or "—"
            ),
        ),
        Parameter(
            id=REVERT,
            title=_("Revert plan"),
            kind="choice",
            default="aws" if maximum is None else default_way(maximum, None, state, ecs),
            choices=(
                ("aws", _("AWS reverts it automatically")),
                ("duty", _("a person reverts it, as a dated duty")),
                ("none", _("do not revert")),
            ),
            help=_(
                "A raised limit must be reverted; it may stay only when lowered or when it is the usual one."
            ),
        ),
        Parameter(
            id=REVERT_AT,
            title=_("Revert at"),
            kind="moment",
            default=as_typed(at, calendar.zone),
            why=why,
            help=_("Time in {zone}, e.g. 2026-12-01 17:00.").format(zone=calendar.zone.key),
            only_if=(REVERT, ("aws", "duty")),
        ),
        Parameter(
            id=MIN,
            title=_("Minimum task count"),
            kind="integer",
            default=str(state.target.minimum) if state.target else "",
            minimum=0,
            maximum=LARGEST,
            help=_(
                "Auto Scaling keeps at least so many tasks. Usual {usual}. Sent only if it changes."
            ).format(usual="—" if ecs.usual_min is None else ecs.usual_min),
        ),
    )
