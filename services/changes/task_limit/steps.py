"""The steps that change the task limit, and their comparison with the observed state. Pure.

Source: RegisterScalableTarget, PutScheduledAction, DeleteScheduledAction (Application Auto Scaling API reference).
"""

import re
from datetime import datetime, tzinfo

from services.aws.autoscaling.reader import DIMENSION, SERVICE
from services.changes.base import ChangeContext, observed
from services.changes.ecs_scaling.facts import action_text
from services.changes.ecs_scaling.state import ScalingState, action_digest, limit_digest
from services.changes.task_limit.parameters import Parameters
from services.changes.task_limit.warnings import stopped_text
from services.i18n import _, sentences
from services.models.base import RawId
from services.models.changes import ChangeTarget, Observation, PlannedStep, Row
from services.models.date_text import zoned_time
from services.models.ecs import ScheduledAction

REGISTER = "register"
SCHEDULE = "schedule-revert"
CANCEL = "cancel-revert"
"""Prefix of the ids of cancellation steps; a number follows if there are several."""
ACTION = "toban-revert-"
"""Prefix of the names of this console's scheduled actions; the plan's id follows."""
_SCHEDULE = re.compile(r"at\((\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})\)")


def register(
    context: ChangeContext, target: ChangeTarget, values: Parameters, state: ScalingState
) -> PlannedStep:
    """Sets the new maximum, and nothing else."""
    assert state.target is not None
    return context.step(
        REGISTER,
        _("Set the maximum task count to {maximum}").format(maximum=values.maximum),
        target,
        (SERVICE, "RegisterScalableTarget", {**_resource(target.id), "MaxCapacity": values.maximum}),
        rows=_rows(state, values),
        expects=limit_digest(state.target, state.stopped(values.maximum), active=state.active),
        required=("ScalableTargetARN",),
        before=str(state.target.maximum),
    )


def schedule(context: ChangeContext, id: str, target: ChangeTarget, before: int, at: datetime) -> PlannedStep:
    """Creates a one-time scheduled action in AWS that restores the maximum of `before`; `id` is the plan's."""
    params = _resource(target.id) | {
        "ScheduledActionName": f"{ACTION}{id}",
        "Schedule": f"at({at.astimezone(context.zone):%Y-%m-%dT%H:%M:%S})",
        "Timezone": context.zone.key,
        "ScalableTargetAction": {"MaxCapacity": before},
    }
    when = zoned_time(at, context.zone)
    after = _("{when}: maximum {before}").format(when=when, before=before)
    return context.step(
        SCHEDULE,
        _("Let AWS revert it to {before} on {when}").format(before=before, when=when),
        target,
        (SERVICE, "PutScheduledAction", params),
        rows=(Row(name=_("Revert plan"), before=_("none"), after=after),),
        expects=action_digest(None),
    )


def redundant(state: ScalingState, values: Parameters) -> tuple[ScheduledAction, ...]:
    """This console's scheduled reverts to the maximum that is set now; left in place, they would undo a later raise."""
    if values.way != "none":
        return ()
    return tuple(
        action
        for action in state.actions
        if action.id.startswith(ACTION) and action.maximum == values.maximum
    )


def cancel(context: ChangeContext, number: int, target: ChangeTarget, action: ScheduledAction) -> PlannedStep:
    """Deletes a scheduled revert that is no longer needed; `number` counts from 0."""
    return context.step(
        f"{CANCEL}-{number}" if number else CANCEL,
        _("Delete the scheduled revert {name}").format(name=action.name),
        target,
        (SERVICE, "DeleteScheduledAction", {**_resource(target.id), "ScheduledActionName": str(action.id)}),
        rows=(Row(name=_("Revert plan"), before=action_text(action, context.zone), after=_("none")),),
        expects=action_digest(action),
    )


def observed_cancellation(step: PlannedStep, actions: tuple[ScheduledAction, ...]) -> Observation:
    """Whether the scheduled revert is gone."""
    action = _action_of(step, actions)
    now, text = action_digest(action), _there(action) if action else _no_action(step)
    return observed(now, text, after=action is None, before=now == step.expects)


def observed_limit(step: PlannedStep, state: ScalingState) -> Observation:
    """The current maximum, compared with the step."""
    maximum = step.call.params["MaxCapacity"]
    now = limit_digest(state.target, state.stopped(maximum), active=state.active)
    if state.target is None:
        text = _("Auto Scaling is no longer configured for this service.")
        return observed(now, text, after=False, before=False)
    text = _("Maximum {maximum}, minimum {minimum}, desired {desired}.").format(
        maximum=state.target.maximum, minimum=state.target.minimum, desired=state.desired
    )
    if not state.active:
        text = sentences(text, _("ECS has no such active service."))
    if state.target.suspended:
        text = sentences(text, _("Auto Scaling is suspended."))
    return observed(
        now,
        text,
        after=state.target.maximum == maximum,
        before=state.target.maximum == int(step.before or -1),
    )


def observed_action(
    step: PlannedStep, actions: tuple[ScheduledAction, ...], zone: tzinfo, now: datetime
) -> Observation:
    """The current scheduled revert, compared with the step."""
    params = step.call.params
    action = _action_of(step, actions)
    if action is None:
        # AWS deletes a one-time action after its time, so from then on its absence proves nothing.
        pending = _due(params["Schedule"], zone) > now
        return observed(action_digest(None), _no_action(step), after=False, before=pending)
    same = (action.schedule, action.timezone, action.maximum) == (
        params["Schedule"],
        params["Timezone"],
        params["ScalableTargetAction"]["MaxCapacity"],
    )
    return observed(action_digest(action), _there(action), after=same, before=False)


def _there(action: ScheduledAction) -> str:
    return _("The scheduled action {name} exists: {schedule}, maximum {maximum}.").format(
        name=action.name,
        schedule=action.schedule,
        maximum="—" if action.maximum is None else action.maximum,
    )


def _resource(target: RawId) -> dict[str, object]:
    return {"ServiceNamespace": "ecs", "ResourceId": str(target), "ScalableDimension": DIMENSION}


def _due(schedule: str, zone: tzinfo) -> datetime:
    match = _SCHEDULE.fullmatch(schedule)
    assert match is not None, "written by `schedule`"
    return datetime.fromisoformat(match[1]).replace(tzinfo=zone)


def _rows(state: ScalingState, values: Parameters) -> tuple[Row, ...]:
    """All displayed values, including unchanged ones."""
    assert state.target is not None
    target, stopped = state.target, state.stopped(values.maximum)
    desired = str(state.desired)
    if stopped:
        after = _("{count}: {stopped}").format(count=values.maximum, stopped=stopped_text(stopped))
        falls = state.running > values.maximum
        running = _("falls to {count}").format(count=values.maximum) if falls else str(state.running)
    elif values.maximum > target.maximum and not target.suspended:
        after = _("{count}, rises with load").format(count=state.desired)
        running = _("{count}, rises with load").format(count=state.running)
    else:
        after, running = desired, str(state.running)
    scaling = _("suspended") if target.suspended else _("active")
    return (
        Row(name=_("Maximum"), before=target.maximum, after=values.maximum),
        Row(name=_("Minimum"), before=target.minimum, after=target.minimum),
        Row(name=_("Desired"), before=desired, after=after),
        Row(name=_("Running"), before=state.running, after=running),
        Row(name=_("Auto Scaling"), before=scaling, after=scaling),
    )


def _action_of(step: PlannedStep, actions: tuple[ScheduledAction, ...]) -> ScheduledAction | None:
    name = step.call.params["ScheduledActionName"]
    return next((action for action in actions if action.id == name), None)


def _no_action(step: PlannedStep) -> str:
    return _("There is no scheduled action {name}.").format(name=step.call.params["ScheduledActionName"])
