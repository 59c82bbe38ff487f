"""Source: RegisterScalableTarget, PutScheduledAction, DeleteScheduledAction (Application Auto Scaling API reference)."""

import re
from datetime import datetime, tzinfo

from services.aws.autoscaling.reader import DIMENSION, SERVICE
from services.changes.base import ChangeContext, observed
from services.changes.ecs_scaling.facts import action_text, capacities_text
from services.changes.ecs_scaling.state import ACTION, ScalingState, action_digest, limit_digest
from services.changes.task_limit.parameters import LARGEST, LimitParameters
from services.i18n import _, sentences
from services.models.base import RawId
from services.models.changes import ChangeTarget, Observation, PlannedStep, Row
from services.models.date_text import zoned_time
from services.models.ecs import ScalableTarget, ScheduledAction

REGISTER = "register"
SCHEDULE = "schedule-revert"
CANCEL = "cancel-revert"  # Prefix of the ids of cancellation steps; a number follows if there are several
_SCHEDULE = re.compile(r"at\((\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})\)")


def register(
    context: ChangeContext, target: ChangeTarget, values: LimitParameters, state: ScalingState
) -> PlannedStep:
    assert state.target is not None
    stops = state.stopped(values.maximum) > 0
    return context.step(
        REGISTER,
        _step_title(state.target, values),
        target,
        (SERVICE, "RegisterScalableTarget", {**_resource(target.id), **changed(state.target, values)}),
        rows=_rows(state, values),
        expects=limit_digest(state.target, stops=stops, active=state.active),
        required=("ScalableTargetARN",),
        before=bounds_text(state.target, values),
    )


def changed(target: ScalableTarget, values: LimitParameters) -> dict[str, int]:
    minimum = {} if values.minimum is None else {"MinCapacity": values.minimum}
    return minimum | ({} if values.maximum == target.maximum else {"MaxCapacity": values.maximum})


def bounds_text(target: ScalableTarget, values: LimitParameters) -> str:
    """The bounds that are replaced: `5` of the maximum alone, `2-5` with the minimum."""
    return str(target.maximum) if values.minimum is None else f"{target.minimum}-{target.maximum}"


def bounds_of(text: str) -> tuple[int | None, int]:
    """(minimum, or None if it is not changed; maximum) of `bounds_text`."""
    minimum, _dash, maximum = text.rpartition("-")
    return int(minimum) if minimum else None, int(maximum)


def restored(target: ScalableTarget, values: LimitParameters) -> dict[str, int]:
    present = {"MinCapacity": target.minimum, "MaxCapacity": target.maximum}
    return {name: present[name] for name in changed(target, values)}


def title(target: ScalableTarget, values: LimitParameters) -> str:
    low, high = (target.minimum, values.minimum), (target.maximum, values.maximum)
    if values.minimum is None:
        return _("Maximum task count {before} → {after}", before=high[0], after=high[1])
    if values.maximum == target.maximum:
        return _("Minimum task count {before} → {after}", before=low[0], after=low[1])
    return _("Task count {before} → {after}", before=f"{low[0]}–{high[0]}", after=f"{low[1]}–{high[1]}")


def _step_title(target: ScalableTarget, values: LimitParameters) -> str:
    if values.minimum is None:
        return _("Set the maximum task count to {maximum}", maximum=values.maximum)
    if values.maximum == target.maximum:
        return _("Set the minimum task count to {minimum}", minimum=values.minimum)
    text = _("Set the minimum task count to {minimum} and the maximum to {maximum}")
    return text.format(minimum=values.minimum, maximum=values.maximum)


def schedule(
    context: ChangeContext, id: str, target: ChangeTarget, capacities: dict[str, int], at: datetime
) -> PlannedStep:
    """Creates a one-time scheduled action in AWS that restores the bounds of before; `id` is the plan's."""
    params = _resource(target.id) | {
        "ScheduledActionName": f"{ACTION}{id}",
        "Schedule": f"at({at.astimezone(context.zone):%Y-%m-%dT%H:%M:%S})",
        "Timezone": context.zone.key,
        "ScalableTargetAction": capacities,
    }
    when = zoned_time(at, context.zone)
    before = capacities_text(capacities.get("MinCapacity"), capacities.get("MaxCapacity"))
    after = f"{when}: {before}"
    return context.step(
        SCHEDULE,
        _("Let AWS revert it on {when}: {before}", before=before, when=when),
        target,
        (SERVICE, "PutScheduledAction", params),
        rows=(Row(name=_("Revert plan"), before=_("none"), after=after),),
        expects=action_digest(None),
    )


def redundant(state: ScalingState, values: LimitParameters) -> tuple[ScheduledAction, ...]:
    """This console's scheduled reverts to the maximum that is set now; left in place, they would undo a later raise."""
    if values.way != "none":
        return ()
    return tuple(
        action
        for action in state.actions
        if action.id.startswith(ACTION) and action.maximum == values.maximum
    )


def cancel(context: ChangeContext, number: int, target: ChangeTarget, action: ScheduledAction) -> PlannedStep:
    return context.step(
        f"{CANCEL}-{number}" if number else CANCEL,
        _("Delete the scheduled revert {name}", name=action.name),
        target,
        (SERVICE, "DeleteScheduledAction", {**_resource(target.id), "ScheduledActionName": str(action.id)}),
        rows=(Row(name=_("Revert plan"), before=action_text(action, context.zone), after=_("none")),),
        expects=action_digest(action),
    )


def observed_cancellation(
    step: PlannedStep, actions: tuple[ScheduledAction, ...], zone: tzinfo
) -> Observation:
    action = _action_of(step, actions)
    now, text = action_digest(action), _there(action, zone) if action else _no_action(step)
    return observed(now, text, after=action is None, before=now == step.expects)


def observed_limit(step: PlannedStep, state: ScalingState) -> Observation:
    params = step.call.params
    now = _limit_digest(step, state)
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
    actual = {"MinCapacity": state.target.minimum, "MaxCapacity": state.target.maximum}
    minimum, maximum = bounds_of(step.before or "0")
    replaced = {"MaxCapacity": maximum} | ({} if minimum is None else {"MinCapacity": minimum})
    return observed(
        now,
        text,
        after=all(actual[name] == params[name] for name in actual if name in params),
        before=all(actual[name] == replaced[name] for name in replaced if name in params),
    )


def _limit_digest(step: PlannedStep, state: ScalingState) -> str:
    """Comparable with what the step expects. If the plan says that tasks are stopped, it stays good while
    Auto Scaling moves their number, also to none."""
    planned = limit_digest(state.target, stops=True, active=state.active)
    stops = state.stopped(step.call.params.get("MaxCapacity", LARGEST)) > 0
    return (
        planned if step.expects == planned else limit_digest(state.target, stops=stops, active=state.active)
    )


def observed_action(
    step: PlannedStep, actions: tuple[ScheduledAction, ...], zone: tzinfo, now: datetime
) -> Observation:
    params = step.call.params
    action = _action_of(step, actions)
    if action is None:
        # AWS deletes a one-time action after its time, so from then on its absence proves nothing.
        pending = _due(params["Schedule"], zone) > now
        return observed(action_digest(None), _no_action(step), after=False, before=pending)
    capacities = params["ScalableTargetAction"]
    same = (action.schedule, action.timezone, action.minimum, action.maximum) == (
        params["Schedule"],
        params["Timezone"],
        capacities.get("MinCapacity"),
        capacities.get("MaxCapacity"),
    )
    return observed(action_digest(action), _there(action, zone), after=same, before=False)


def _there(action: ScheduledAction, zone: tzinfo) -> str:
    return _("The scheduled action {name} exists: {what}.", name=action.name, what=action_text(action, zone))


def _resource(target: RawId) -> dict[str, object]:
    return {"ServiceNamespace": "ecs", "ResourceId": str(target), "ScalableDimension": DIMENSION}


def _due(schedule: str, zone: tzinfo) -> datetime:
    match = _SCHEDULE.fullmatch(schedule)
    assert match is not None, "written by `schedule`"
    return datetime.fromisoformat(match[1]).replace(tzinfo=zone)


def _rows(state: ScalingState, values: LimitParameters) -> tuple[Row, ...]:
    assert state.target is not None
    target, stopped = state.target, state.stopped(values.maximum)
    minimum = target.minimum if values.minimum is None else values.minimum
    desired = str(max(minimum, min(state.desired, values.maximum)) if state.active else state.desired)
    running = str(state.running)
    if stopped and state.running > values.maximum:
        running = _("falls to {count}", count=values.maximum)
    elif state.desired < minimum:
        running = _("rises to {count}", count=minimum)
    scaling = _("suspended") if target.suspended else _("active")
    return (
        Row(name=_("Maximum"), before=target.maximum, after=values.maximum),
        Row(name=_("Minimum"), before=target.minimum, after=minimum),
        Row(name=_("Desired"), before=state.desired, after=desired),
        Row(name=_("Running"), before=state.running, after=running),
        Row(name=_("Auto Scaling"), before=scaling, after=scaling),
    )


def _action_of(step: PlannedStep, actions: tuple[ScheduledAction, ...]) -> ScheduledAction | None:
    name = step.call.params["ScheduledActionName"]
    return next((action for action in actions if action.id == name), None)


def _no_action(step: PlannedStep) -> str:
    return _("There is no scheduled action {name}.", name=step.call.params["ScheduledActionName"])
