"""How far a service is from the count that was set. Pure."""

from datetime import datetime, timedelta

from services.changes.desired_count.steps import newest_scaling
from services.changes.ecs_scaling.state import ScalingState
from services.i18n import _
from services.models.changes import PlannedStep
from services.models.watches import Progress, WatchState

SHOWN_BY = timedelta(minutes=2)
"""How long AWS may still show the count of before."""


def count_progress(
    step: PlannedStep, state: ScalingState, made_at: datetime, *, was_shown: bool = False
) -> Progress:
    """Whether as many tasks run as the step asks for; Auto Scaling or another person may change the count first.

    `was_shown`: ECS has shown the new count once.
    """
    count = step.call.params["desiredCount"]
    if str(state.desired) == step.before and newest_scaling(state) != step.newest:
        text = _("Auto Scaling has set the desired count back from {count} to {desired}.")
        return Progress(state=WatchState.FAILED, text=text.format(count=count, desired=state.desired))
    if str(state.desired) == step.before and state.at < made_at + SHOWN_BY:
        text = (
            _("The desired count is {desired} again: Auto Scaling or another person has set it.")
            if was_shown
            else _("ECS does not show the new count yet.")
        )
        return Progress(state=WatchState.RUNNING, text=text.format(desired=state.desired))
    if state.desired != count:
        text = _(
            "The desired count is {desired} by now: Auto Scaling or another person changed it from {count}."
        )
        return Progress(state=WatchState.FAILED, text=text.format(desired=state.desired, count=count))
    pending = state.service.pending if state.service is not None else 0
    text = _("Desired {count}, running {running}, pending {pending}.")
    text = text.format(running=state.running, count=count, pending=pending)
    if state.running == count and not pending:
        return Progress(state=WatchState.DONE, text=text, percent=100)
    return Progress(state=WatchState.RUNNING, text=text, percent=_percent(step, state, count))


def _percent(step: PlannedStep, state: ScalingState, count: int) -> int:
    before = int(step.before)
    part = (state.running - before) * 100 // (count - before)
    return max(0, min(99, part))
