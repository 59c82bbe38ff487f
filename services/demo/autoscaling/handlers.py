"""Source: Application Auto Scaling API reference."""

import re
from typing import Any
from uuid import UUID

from services.demo.account import ACCOUNT, REGION
from services.demo.autoscaling.model import Scaling
from services.demo.autoscaling.records import DIMENSION, Activity, Policy, Target, policy_arn
from services.demo.ecs.records import when
from services.demo.errors import AwsErrorResponse
from services.demo.identifiers import hash_of
from services.demo.paging import page_of
from services.demo.registry import Call, op

SERVICE = "application-autoscaling"
PAGE = 50


def target_of(call: Call) -> Target:
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


def common(target: Target) -> dict[str, Any]:
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
    if re.fullmatch(r"service/[^/]+/[^/]+", resource) is None:
        raise invalid("Unsupported service namespace, resource type or scalable dimension")
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


def _describe_activity(target: Target, activity: Activity) -> dict[str, Any]:
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
    return {
        "PolicyARN": policy_arn(target, policy),
        "Alarms": _alarms(policy),
    }


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
