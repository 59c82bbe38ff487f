"""The desired count as typed, and why it is refused. Pure."""

from collections.abc import Iterator, Mapping

from services.changes.ecs_scaling.state import ScalingState
from services.changes.registry import kind_named
from services.changes.typed_values import unknown_parameters, whole_number
from services.i18n import _
from services.models.changes import Parameter

DESIRED = "desired"
LARGEST = 1000
"""Larger numbers are refused as typing errors; ECS itself allows 5,000."""


def default_count(state: ScalingState) -> int:
    """One task more, but no more than the maximum."""
    more = state.desired + 1
    return min(more, state.target.maximum) if state.target is not None else more


def parameter(state: ScalingState) -> Parameter:
    target = state.target
    text = _("ECS starts or stops tasks until so many run. Now {desired}.").format(desired=state.desired)
    return Parameter(
        id=DESIRED,
        title=_("Desired task count"),
        kind="integer",
        default=str(default_count(state)),
        minimum=target.minimum if target is not None else 0,
        maximum=target.maximum if target is not None else LARGEST,
        help=text,
    )


def read_count(parameters: Mapping[str, str], state: ScalingState) -> tuple[int | None, tuple[str, ...]]:
    refusals = unknown_parameters(parameters, (DESIRED,))
    text = parameters.get(DESIRED, str(default_count(state)))
    count, why = whole_number(_("Desired task count"), text, least=0, most=LARGEST)
    if count is None:
        return None, (*refusals, why)
    return count, (*refusals, *_refusals(count, state))


def _refusals(count: int, state: ScalingState) -> Iterator[str]:
    assert state.service is not None
    if state.service.controller == "EXTERNAL":
        yield _("An external tool manages the task sets of this service and their counts: change it there.")
    if state.service.scheduling == "DAEMON":
        yield _("The service runs one task on each instance (DAEMON): its count follows the instances.")
    if count == state.desired:
        yield _("Nothing to change: the desired count is {count} already.").format(count=count)
    elif state.target is not None and count > state.target.maximum:
        text = _(
            "{count} is above the maximum, {maximum}, to which Auto Scaling would pull it back: raise the maximum to "
            "{count} first, with “{title}” (task-limit)."
        )
        title = _(kind_named("task-limit").title)
        yield text.format(count=count, maximum=state.target.maximum, title=title)
    elif state.target is not None and count < state.target.minimum:
        text = _(
            "{count} is below the minimum, {minimum}, to which Auto Scaling would pull it back: lower the minimum to "
            "{count} first, with “{title}” (task-limit)."
        )
        title = _(kind_named("task-limit").title)
        yield text.format(count=count, minimum=state.target.minimum, title=title)
