"""The requests that change the task limit, and where AWS stands between before and after. Pure.

Source: RegisterScalableTarget, PutScheduledAction, DeleteScheduledAction (Application Auto Scaling API reference).
"""

import re
from datetime import datetime, tzinfo
from zoneinfo import ZoneInfo

from services.aws.autoscaling.reader import DIMENSION, SERVICE
from services.changes.task_limit.facts import action_text
from services.changes.task_limit.parameters import Wish
from services.changes.task_limit.state import Seen, action_digest, limit_digest
from services.changes.task_limit.warnings import stopped_text
from services.changes.wording import moment
from services.i18n import _
from services.models.base import RawId
from services.models.changes import ChangeTarget, Observation, Place, PlannedStep, Row, aws_call
from services.models.containers import ScheduledAction

REGISTER = "register"
SCHEDULE = "schedule-revert"
CANCEL = "cancel-revert"
"""And a number where there are several."""
ACTION = "toban-revert-"
"""Scheduled actions of ours begin like this; the plan's id follows."""
_SCHEDULE = re.compile(r"at\((\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})\)")


def register(target: ChangeTarget, wish: Wish, seen: Seen, region: str) -> PlannedStep:
    """The new maximum, and nothing else."""
    assert seen.target is not None
    params = _resource(target.id) | {"MaxCapacity": wish.maximum}
    return PlannedStep(
        id=REGISTER,
        title=_("Set the maximum task count to {maximum}").format(maximum=wish.maximum),
        target=target.id,
        call=aws_call(SERVICE, "RegisterScalableTarget", region, params),
        rows=_rows(seen, wish),
        expects=limit_digest(seen.target, seen.stopped(wish.maximum), active=seen.active),
        required=("ScalableTargetARN",),
        before=str(seen.target.maximum),
    )


def schedule(
    id: str, target: ChangeTarget, before: int, at: datetime, zone: ZoneInfo, region: str
) -> PlannedStep:
    """AWS's own one-time way back to the maximum of `before`."""
    params = _resource(target.id) | {
        "ScheduledActionName": f"{ACTION}{id}",
        "Schedule": f"at({at.astimezone(zone):%Y-%m-%dT%H:%M:%S})",
        "Timezone": zone.key,
        "ScalableTargetAction": {"MaxCapacity": before},
    }
    when = moment(at, zone)
    return PlannedStep(
        id=SCHEDULE,
        title=_("Let AWS take it back to {before} on {when}").format(before=before, when=when),
        target=target.id,
        call=aws_call(SERVICE, "PutScheduledAction", region, params),
        rows=(
            Row(
                name=_("Way back"),
                before=_("none"),
                after=_("{when}: maximum {before}").format(when=when, before=before),
            ),
        ),
        expects=action_digest(None),
    )


def needless(seen: Seen, wish: Wish) -> tuple[ScheduledAction, ...]:
    """Ways back of this console's that would do once more what `wish` does; left alone, they would cut a later raise."""
    if wish.way != "none":
        return ()
    return tuple(each for each in seen.actions if each.id.startswith(ACTION) and each.maximum == wish.maximum)


def cancel(
    number: int, target: ChangeTarget, action: ScheduledAction, zone: tzinfo, region: str
) -> PlannedStep:
    """AWS forgets a way back that is needed no more."""
    params = _resource(target.id) | {"ScheduledActionName": str(action.id)}
    return PlannedStep(
        id=f"{CANCEL}-{number}" if number else CANCEL,
        title=_("Remove the scheduled way back {name}").format(name=action.name),
        target=target.id,
        call=aws_call(SERVICE, "DeleteScheduledAction", region, params),
        rows=(Row(name=_("Way back"), before=action_text(action, zone), after=_("none")),),
        expects=action_digest(action),
    )


def seen_cancelled(step: PlannedStep, actions: tuple[ScheduledAction, ...]) -> Observation:
    """Whether the way back is gone."""
    found = _action_of(step, actions)
    if found is None:
        return Observation(digest=action_digest(None), place=Place.AFTER, text=_no_action(step))
    now = action_digest(found)
    place = Place.BEFORE if now == step.expects else Place.ELSEWHERE
    return Observation(digest=now, place=place, text=_there(found))


def seen_limit(step: PlannedStep, seen: Seen) -> Observation:
    """Where the maximum stands."""
    wanted = step.call.params["MaxCapacity"]
    found = limit_digest(seen.target, seen.stopped(wanted), active=seen.active)
    if seen.target is None:
        text = _("Auto Scaling is not configured for this service any more.")
        return Observation(digest=found, place=Place.ELSEWHERE, text=text)
    maximum = seen.target.maximum
    places = {wanted: Place.AFTER, int(step.before or -1): Place.BEFORE}
    text = _("Maximum {maximum}, minimum {minimum}, desired {desired}.").format(
        maximum=maximum, minimum=seen.target.minimum, desired=seen.desired
    )
    if not seen.active:
        text = " ".join([text, _("ECS has no such active service.")])
    if seen.target.suspended:
        text = " ".join([text, _("Auto Scaling is suspended.")])
    return Observation(digest=found, place=places.get(maximum, Place.ELSEWHERE), text=text)


def seen_action(
    step: PlannedStep, actions: tuple[ScheduledAction, ...], zone: tzinfo, now: datetime
) -> Observation:
    """Where the scheduled way back stands."""
    wanted = step.call.params
    found = _action_of(step, actions)
    if found is None:
        # AWS forgets a one-time action once its time is over, so absence tells nothing then.
        over = _due(wanted["Schedule"], zone) <= now
        place = Place.ELSEWHERE if over else Place.BEFORE
        return Observation(digest=action_digest(None), place=place, text=_no_action(step))
    same = (found.schedule, found.timezone, found.maximum) == (
        wanted["Schedule"],
        wanted["Timezone"],
        wanted["ScalableTargetAction"]["MaxCapacity"],
    )
    text = _there(found)
    place = Place.AFTER if same else Place.ELSEWHERE
    return Observation(digest=action_digest(found), place=place, text=text)


def _there(action: ScheduledAction) -> str:
    return _("The scheduled action {name} is there: {schedule}, maximum {maximum}.").format(
        name=action.name,
        schedule=action.schedule,
        maximum="–" if action.maximum is None else action.maximum,
    )


def _resource(target: RawId) -> dict[str, object]:
    return {"ServiceNamespace": "ecs", "ResourceId": str(target), "ScalableDimension": DIMENSION}


def _due(schedule: str, zone: tzinfo) -> datetime:
    found = _SCHEDULE.fullmatch(schedule)
    assert found is not None, "written by `schedule`"
    return datetime.fromisoformat(found[1]).replace(tzinfo=zone)


def _rows(seen: Seen, wish: Wish) -> tuple[Row, ...]:
    """Every value that is shown, changed or not."""
    assert seen.target is not None
    target, stopped = seen.target, seen.stopped(wish.maximum)
    desired = str(seen.desired)
    if stopped:
        after = _("{count}: {stopped}").format(count=wish.maximum, stopped=stopped_text(stopped))
        falls = seen.running > wish.maximum
        running = _("falls to {count}").format(count=wish.maximum) if falls else str(seen.running)
    elif wish.maximum > target.maximum and not target.suspended:
        after = _("{count}, rises with load").format(count=seen.desired)
        running = _("{count}, rises with load").format(count=seen.running)
    else:
        after, running = desired, str(seen.running)
    scaling = _("suspended") if target.suspended else _("active")
    return (
        Row(name=_("Maximum"), before=target.maximum, after=wish.maximum),
        Row(name=_("Minimum"), before=target.minimum, after=target.minimum),
        Row(name=_("Desired"), before=desired, after=after),
        Row(name=_("Running"), before=seen.running, after=running),
        Row(name=_("Auto Scaling"), before=scaling, after=scaling),
    )


def _action_of(step: PlannedStep, actions: tuple[ScheduledAction, ...]) -> ScheduledAction | None:
    name = step.call.params["ScheduledActionName"]
    return next((each for each in actions if each.id == name), None)


def _no_action(step: PlannedStep) -> str:
    return _("There is no scheduled action {name}.").format(name=step.call.params["ScheduledActionName"])
