"""Handlers for scalable targets, policies, activities and scheduled actions of Application Auto Scaling.
Source: Application Auto Scaling API reference. It does not say what happens to an `at(…)` in the past; here
it is an error, so that a mistake shows."""

from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from services.demo.account import ACCOUNT, REGION, hash_of
from services.demo.autoscaling import (
    DIMENSION,
    DemoActivity,
    DemoScheduledAction,
    Policy,
    ScalableTargetRecord,
    Scaling,
    policy_arn,
)
from services.demo.ecs.records import when
from services.demo.errors import AwsErrorResponse
from services.demo.paging import page_of
from services.demo.registry import Call, op
from services.demo.schedules import At, BadSchedule, Schedule, parse

SERVICE = "application-autoscaling"
PAGE = 50


def target_of(call: Call) -> ScalableTargetRecord:
    """The target that a request names. Raises AwsErrorResponse if it is not registered."""
    resource = call.params["ResourceId"]
    target = call.component(Scaling).targets.get(resource)
    if target is None:
        raise AwsErrorResponse(
            "ObjectNotFoundException",
            "No scalable target registered for service namespace: ecs, resource ID: "
            f"{resource}, scalable dimension: {DIMENSION}",
        )
    return target


def invalid(message: str) -> AwsErrorResponse:
    return AwsErrorResponse("ValidationException", message)


def common(target: ScalableTargetRecord) -> dict[str, Any]:
    return {"ServiceNamespace": "ecs", "ResourceId": target.resource, "ScalableDimension": DIMENSION}


@op(SERVICE, "RegisterScalableTarget")
def register_scalable_target(call: Call) -> dict[str, Any]:
    params = call.params
    resource = params["ResourceId"]
    target = call.component(Scaling).targets.get(resource)
    if target is None and not {"MinCapacity", "MaxCapacity"} <= params.keys():
        raise invalid("MinCapacity and MaxCapacity are required for a new scalable target")
    low = params.get("MinCapacity", target.minimum if target else 0)
    high = params.get("MaxCapacity", target.maximum if target else 0)
    if low > high:
        raise invalid("Maximum capacity cannot be less than minimum capacity")
    return {"ScalableTargetARN": call.component(Scaling).register(resource, call.epoch, params).arn}


@op(SERVICE, "DescribeScalableTargets")
def describe_scalable_targets(call: Call) -> dict[str, Any]:
    resources = call.params.get("ResourceIds")
    targets = [
        target
        for resource, target in sorted(call.component(Scaling).targets.items())
        if (not resources or resource in resources) and call.params["ServiceNamespace"] == "ecs"
    ]
    page, more = page_of(targets, lambda target: target.resource, call.params, PAGE)
    return {"ScalableTargets": [_describe_target(target) for target in page]} | more


def _describe_target(target: ScalableTargetRecord) -> dict[str, Any]:
    suspended = dict.fromkeys(
        ("DynamicScalingInSuspended", "DynamicScalingOutSuspended", "ScheduledScalingSuspended"), False
    )
    return common(target) | {
        "MinCapacity": target.minimum,
        "MaxCapacity": target.maximum,
        "RoleARN": f"arn:aws:iam::{ACCOUNT}:role/aws-service-role/ecs.application-autoscaling.amazonaws.com/"
        "AWSServiceRoleForApplicationAutoScaling_ECSService",
        "CreationTime": when(target.created),
        "SuspendedState": suspended | target.suspended,
        "ScalableTargetARN": target.arn,
    }


@op(SERVICE, "DescribeScalingActivities")
def describe_scaling_activities(call: Call) -> dict[str, Any]:
    """Decisions, newest first; those that scaled nothing only with IncludeNotScaledActivities."""
    params = call.params
    idle = params.get("IncludeNotScaledActivities", False)
    name = params.get("ResourceId")
    activities = [
        (target, activity)
        for resource, target in call.component(Scaling).targets.items()
        if name in (None, resource)
        for activity in target.activities
        if idle or not activity.reasons
    ]
    activities.sort(key=lambda pair: -pair[1].at)
    page, more = page_of(
        activities,
        lambda pair: f"{10**12 - int(pair[1].at):015d}{pair[1].id}",
        params,
        params.get("MaxResults", PAGE),
    )
    return {"ScalingActivities": [_describe_activity(*pair) for pair in page]} | more


def _describe_activity(target: ScalableTargetRecord, activity: DemoActivity) -> dict[str, Any]:
    row = common(target) | {
        "ActivityId": activity.id,
        "Description": activity.description,
        "Cause": activity.cause,
        "StartTime": when(activity.at),
        "EndTime": when(activity.at + 30),
        "StatusCode": activity.status,
    }
    if activity.message:
        row["StatusMessage"] = activity.message
    if activity.reasons:
        row["NotScaledReasons"] = list(activity.reasons)
    return row


@op(SERVICE, "PutScalingPolicy")
def put_scaling_policy(call: Call) -> dict[str, Any]:
    target, params = target_of(call), call.params
    settings = params.get("TargetTrackingScalingPolicyConfiguration")
    if settings is None:
        raise invalid("The embedded AWS knows target tracking only")
    number = hash_of(f"{target.resource}/{params['PolicyName']}")
    policy = Policy(
        params["PolicyName"],
        str(UUID(int=number, version=4)),
        settings["TargetValue"],
        call.epoch,
        settings=settings,
    )
    call.component(Scaling).track(target, policy)
    return {"PolicyARN": policy_arn(target, policy), "Alarms": _alarms(policy)}


def _alarms(policy: Policy) -> list[dict[str, str]]:
    return [
        {"AlarmName": name, "AlarmARN": f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:{name}"}
        for name in (policy.high, policy.low)
    ]


@op(SERVICE, "DescribeScalingPolicies")
def describe_scaling_policies(call: Call) -> dict[str, Any]:
    name = call.params.get("ResourceId")
    return {
        "ScalingPolicies": [
            common(target)
            | {
                "PolicyARN": policy_arn(target, policy),
                "PolicyName": policy.name,
                "PolicyType": "TargetTrackingScaling",
                "TargetTrackingScalingPolicyConfiguration": policy.settings,
                "Alarms": _alarms(policy),
                "CreationTime": when(policy.created),
            }
            for resource, target in sorted(call.component(Scaling).targets.items())
            if name in (None, resource)
            for policy in target.policies.values()
        ]
    }


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
    if bounds.get("MinCapacity", 0) > bounds.get("MaxCapacity", 2**31):
        raise invalid("Maximum capacity cannot be less than minimum capacity")
    action = DemoScheduledAction(
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


def _describe(target: ScalableTargetRecord, action: DemoScheduledAction) -> dict[str, Any]:
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
