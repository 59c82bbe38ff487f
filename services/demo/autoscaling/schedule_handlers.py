"""Handlers for scheduled actions of Application Auto Scaling.

Source: PutScheduledAction, DescribeScheduledActions, DeleteScheduledAction (Application Auto Scaling API
reference). The reference does not say what happens to an `at(…)` in the past; here it is an error, so that a
mistake shows.
"""

from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from services.demo.account import ACCOUNT, REGION
from services.demo.autoscaling.handlers import PAGE, SERVICE, common, invalid, target_of
from services.demo.autoscaling.model import Scaling
from services.demo.autoscaling.records import DIMENSION, ScheduledAction, Target
from services.demo.autoscaling.schedules import At, BadSchedule, Schedule, parse
from services.demo.ecs.records import when
from services.demo.errors import AwsErrorResponse
from services.demo.identifiers import hash_of
from services.demo.paging import page_of
from services.demo.registry import Call, op


@op(SERVICE, "PutScheduledAction")
def put_scheduled_action(call: Call) -> dict[str, Any]:
    """Create or change an action; a change keeps what it omits, except for start and end."""
    target, params, now = target_of(call), call.params, call.epoch
    name = params["ScheduledActionName"]
    existing = target.scheduled.get(name)
    schedule = params.get("Schedule") or (existing.schedule if existing else "")
    zone = params.get("Timezone") or (existing.timezone if existing else "")
    bounds = params.get("ScalableTargetAction") or (existing.bounds if existing else {})
    start, end = (params.get(key) for key in ("StartTime", "EndTime"))
    if not bounds:
        raise invalid("At least one of minimum capacity and maximum capacity should be provided")
    if bounds.get("MinCapacity", 0) > bounds.get("MaxCapacity", 2**31):
        raise invalid("Maximum capacity cannot be less than minimum capacity")
    if start and end and end <= start:
        raise invalid("End time must be later than start time")
    action = ScheduledAction(
        name,
        schedule,
        zone,
        bounds,
        existing.created if existing else now,
        _parsed(schedule, zone, start.timestamp() if start else now),
        start.timestamp() if start else None,
        end.timestamp() if end else None,
    )
    action.plan_next(now)
    if action.due is None and isinstance(action.rule, At):
        raise invalid(f"Schedule expression {schedule} is in the past")
    target.scheduled[name] = action
    return {}


def _parsed(schedule: str, zone: str, base: float) -> Schedule:
    try:
        timezone = ZoneInfo(zone or "UTC")
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise invalid(f"Invalid timezone: {zone}") from error
    try:
        return parse(schedule, timezone, base)
    except BadSchedule as error:
        raise invalid(f"Invalid schedule expression: {schedule}") from error


@op(SERVICE, "DescribeScheduledActions")
def describe_scheduled_actions(call: Call) -> dict[str, Any]:
    params = call.params
    target_name, names = params.get("ResourceId"), params.get("ScheduledActionNames")
    actions = [
        (target, action)
        for resource, target in sorted(call.component(Scaling).targets.items())
        if target_name in (None, resource)
        for name, action in sorted(target.scheduled.items())
        if not names or name in names
    ]
    size = min(params.get("MaxResults") or PAGE, PAGE)
    page, more = page_of(actions, lambda pair: f"{pair[0].resource}\n{pair[1].name}", params, size)
    return {"ScheduledActions": [_describe(*pair) for pair in page]} | more


def _describe(target: Target, action: ScheduledAction) -> dict[str, Any]:
    identity = UUID(int=hash_of(f"{target.resource}/{action.name}"), version=4)
    row = common(target) | {
        "ScheduledActionName": action.name,
        "ScheduledActionARN": f"arn:aws:autoscaling:{REGION}:{ACCOUNT}:scheduledAction:{identity}"
        f":resource/ecs/{target.resource}:scheduledActionName/{action.name}",
        "Schedule": action.schedule,
        "ScalableTargetAction": action.bounds,
        "CreationTime": when(action.created),
    }
    for key, moment in (("StartTime", action.start), ("EndTime", action.end)):
        if moment is not None:
            row[key] = when(moment)
    return row | ({"Timezone": action.timezone} if action.timezone else {})


@op(SERVICE, "DeleteScheduledAction")
def delete_scheduled_action(call: Call) -> dict[str, Any]:
    name, resource = call.params["ScheduledActionName"], call.params["ResourceId"]
    target = call.component(Scaling).targets.get(resource)
    if target is None or target.scheduled.pop(name, None) is None:
        raise AwsErrorResponse(
            "ObjectNotFoundException",
            f"No scheduled action found for service namespace: ecs, resource ID: {resource}, "
            f"scalable dimension: {DIMENSION}, scheduled action name: {name}",
        )
    return {}
