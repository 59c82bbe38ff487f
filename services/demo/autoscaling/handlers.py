"""Application Auto Scaling handlers.

Source: Application Auto Scaling API reference.
"""

import re
from typing import Any
from uuid import UUID

from services.demo.autoscaling.model import Scaling
from services.demo.autoscaling.records import DIMENSION, Activity, Policy, Target, hash_of, policy_arn, when
from services.demo.cloudwatch.paging import page_of
from services.demo.ecs.model import ACCOUNT
from services.demo.registry import Call, Fault, op

SERVICE = "application-autoscaling"
PAGE = 50


def _scaling(call: Call) -> Scaling:
    found: Scaling = call.world.scaling
    return found


def now_of(call: Call) -> float:
    """The world's time, epoch seconds."""
    return float(call.world.clock.now().timestamp())


def target_of(call: Call) -> Target:
    """The registered target that is meant."""
    resource = call.params["ResourceId"]
    target = _scaling(call).targets.get(resource)
    if target is None:
        raise Fault(
            "ObjectNotFoundException",
            "No scalable target registered for service namespace: ecs, resource ID: "
            f"{resource}, scalable dimension: {DIMENSION}",
        )
    return target


def common(target: Target) -> dict[str, Any]:
    """What every answer says of a target."""
    return {"ServiceNamespace": "ecs", "ResourceId": target.resource, "ScalableDimension": DIMENSION}


@op(SERVICE, "RegisterScalableTarget")
def register_scalable_target(call: Call) -> dict[str, Any]:
    """Create a target, or change what is given; new bounds are kept at once."""
    params = call.params
    resource = params["ResourceId"]
    known = _scaling(call).targets.get(resource)
    if known is None and not {"MinCapacity", "MaxCapacity"} <= params.keys():
        raise Fault(
            "ValidationException", "MinCapacity and MaxCapacity are required for a new scalable target"
        )
    low = params.get("MinCapacity", known.minimum if known else 0)
    high = params.get("MaxCapacity", known.maximum if known else 0)
    if low > high:
        raise Fault("ValidationException", "Maximum capacity cannot be less than minimum capacity")
    if re.fullmatch(r"service/[^/]+/[^/]+", resource) is None:
        raise Fault(
            "ValidationException", "Unsupported service namespace, resource type or scalable dimension"
        )
    return {"ScalableTargetARN": _scaling(call).register(resource, now_of(call), params).arn}


@op(SERVICE, "DescribeScalableTargets")
def describe_scalable_targets(call: Call) -> dict[str, Any]:
    """Targets by resource."""
    wanted = call.params.get("ResourceIds")
    found = [
        target
        for resource, target in sorted(_scaling(call).targets.items())
        if (not wanted or resource in wanted) and call.params["ServiceNamespace"] == "ecs"
    ]
    page, more = page_of(found, lambda target: target.resource, call.params.get("NextToken"), PAGE)
    return {"ScalableTargets": [_describe_target(target) for target in page]} | more


def _describe_target(target: Target) -> dict[str, Any]:
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
    """Decisions, newest first; those that scaled nothing only where they are asked for."""
    params = call.params
    idle = params.get("IncludeNotScaledActivities", False)
    wanted = params.get("ResourceId")
    found = [
        (target, activity)
        for resource, target in _scaling(call).targets.items()
        if wanted in (None, resource)
        for activity in target.activities
        if idle or not activity.reasons
    ]
    found.sort(key=lambda pair: -pair[1].at)
    page, more = page_of(
        found,
        lambda pair: f"{10**12 - int(pair[1].at):015d}{pair[1].id}",
        params.get("NextToken"),
        params.get("MaxResults", PAGE),
    )
    return {"ScalingActivities": [_describe_activity(*pair) for pair in page]} | more


def _describe_activity(target: Target, activity: Activity) -> dict[str, Any]:
    shown = common(target) | {
        "ActivityId": activity.id,
        "Description": activity.description,
        "Cause": activity.cause,
        "StartTime": when(activity.at),
        "EndTime": when(activity.at + 30),
        "StatusCode": activity.status,
    }
    if activity.message:
        shown["StatusMessage"] = activity.message
    if activity.reasons:
        shown["NotScaledReasons"] = list(activity.reasons)
    return shown


@op(SERVICE, "PutScalingPolicy")
def put_scaling_policy(call: Call) -> dict[str, Any]:
    """A target-tracking policy and its two alarms."""
    target, params = target_of(call), call.params
    settings = params.get("TargetTrackingScalingPolicyConfiguration")
    if settings is None:
        raise Fault("ValidationException", "The embedded AWS knows target tracking only")
    number = hash_of(f"{target.resource}/{params['PolicyName']}")
    policy = Policy(
        params["PolicyName"],
        str(UUID(int=number, version=4)),
        settings["TargetValue"],
        now_of(call),
        settings=settings,
    )
    _scaling(call).track(target, policy)
    return {
        "PolicyARN": policy_arn(target, policy),
        "Alarms": _alarms(target, policy),
    }


def _alarms(_target: Target, policy: Policy) -> list[dict[str, str]]:
    return [
        {"AlarmName": name, "AlarmARN": f"arn:aws:cloudwatch:ap-northeast-1:{ACCOUNT}:alarm:{name}"}
        for name in (policy.high, policy.low)
    ]


@op(SERVICE, "DescribeScalingPolicies")
def describe_scaling_policies(call: Call) -> dict[str, Any]:
    """Policies of the targets asked for."""
    wanted = call.params.get("ResourceId")
    return {
        "ScalingPolicies": [
            common(target)
            | {
                "PolicyARN": policy_arn(target, policy),
                "PolicyName": policy.name,
                "PolicyType": "TargetTrackingScaling",
                "TargetTrackingScalingPolicyConfiguration": policy.settings,
                "Alarms": _alarms(target, policy),
                "CreationTime": when(policy.created),
            }
            for resource, target in sorted(_scaling(call).targets.items())
            if wanted in (None, resource)
            for policy in target.policies.values()
        ]
    }
