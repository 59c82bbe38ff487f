"""The request that sets the desired count, and its comparison with the observed state. Pure.

Source: UpdateService (Amazon ECS API reference): desiredCount alone starts no deployment.
"""

from services.changes.base import ChangeContext, observed
from services.changes.desired_count.state import count_digest
from services.changes.ecs_scaling.state import ScalingState
from services.changes.ecs_services import names
from services.i18n import _, sentences
from services.models.changes import ChangeTarget, Observation, PlannedStep, Row

STEP = "set-count"


def step(context: ChangeContext, target: ChangeTarget, state: ScalingState, count: int) -> PlannedStep:
    """Sends desiredCount, and nothing else."""
    cluster, name = names(target.id)
    return context.step(
        STEP,
        _("Set the desired count to {count}").format(count=count),
        target,
        ("ecs", "UpdateService", {"cluster": cluster, "service": name, "desiredCount": count}),
        rows=_rows(state, count),
        expects=count_digest(state, count),
        required=("service",),
        before=str(state.desired),
        newest=newest_scaling(state),
    )


def _rows(state: ScalingState, count: int) -> tuple[Row, ...]:
    target = state.target
    minimum, maximum = (target.minimum, target.maximum) if target is not None else ("—", "—")
    scaling = _scaling(state)
    return (
        Row(name=_("Desired"), before=state.desired, after=count),
        Row(name=_("Running"), before=state.running, after=count),
        Row(name=_("Minimum"), before=minimum, after=minimum),
        Row(name=_("Maximum"), before=maximum, after=maximum),
        Row(name=_("Auto Scaling"), before=scaling, after=scaling),
    )


def _scaling(state: ScalingState) -> str:
    if state.target is None:
        return _("not configured")
    return _("suspended") if state.target.suspended else _("active")


def observed_count(step: PlannedStep, state: ScalingState) -> Observation:
    count = step.call.params["desiredCount"]
    now = count_digest(state, count)
    if not state.active:
        return observed(now, _("ECS has no such active service."), after=False, before=False)
    text = _("Desired {desired}, running {running}.").format(desired=state.desired, running=state.running)
    is_before = str(state.desired) == step.before
    if is_before and newest_scaling(state) != step.newest:
        scaled = _("Auto Scaling has set the count since; it may have undone the change.")
        return observed(now, sentences(text, scaled), after=False, before=False)
    return observed(now, text, after=state.desired == count, before=is_before)


def newest_scaling(state: ScalingState) -> str:
    """When Auto Scaling last set the count; "" if no such decision is listed."""
    return next((each.at.isoformat() for each in state.activities if not each.not_scaled), "")
