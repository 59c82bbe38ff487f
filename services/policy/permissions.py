"""The IAM permissions that an operation needs, and on which resources.

An operation that is not listed needs the action of its name, on any resource. Source: "Actions defined by" each service
(Service Authorization Reference); knowledge of what services do on behalf of their caller: "Fine-grained access to
databases and tables" (Amazon Athena User Guide), "Grant a user permissions to pass a role to an AWS service" (IAM User
Guide).
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from services.aws.client.codes import permission_of
from services.changes.drills.instances import TAG
from services.policy.arns import EVERYTHING, Arns

Conditions = dict[str, dict[str, str | list[str]]]


@dataclass(frozen=True, slots=True)
class Permission:
    """One action on some resources; without resources the runbook has nothing that it could be used on."""

    action: str
    resources: tuple[str, ...] = EVERYTHING
    conditions: Conditions = field(default_factory=dict)


Resources = Callable[[Arns], tuple[str, ...]]

_LOG_READS = (
    "DescribeFieldIndexes",
    "FilterLogEvents",
    "GetLogEvents",
    "GetLogGroupFields",
    "StartLiveTail",
    "StartQuery",
)
_READS: Mapping[tuple[str, str], Resources] = {
    **{("logs", operation): lambda arns: arns.log_groups for operation in _LOG_READS},
    ("ssm", "GetCalendarState"): lambda arns: arns.calendars,
    ("cloudfront", "GetDistribution"): lambda arns: arns.distributions,
    ("cloudfront", "GetInvalidation"): lambda arns: arns.distributions,
    ("cloudfront", "ListInvalidations"): lambda arns: arns.distributions,
    **{
        ("athena", operation): lambda arns: arns.workgroups
        for operation in (
            "GetQueryExecution",
            "GetQueryResults",
            "GetWorkGroup",
            "StartQueryExecution",
            "StopQueryExecution",
        )
    },
}
_WRITES: Mapping[tuple[str, str], Resources] = {
    ("cloudfront", "CreateInvalidation"): lambda arns: arns.distributions,
    ("cloudwatch", "PutAlarmMuteRule"): lambda arns: arns.mutes,
    ("cloudwatch", "DeleteAlarmMuteRule"): lambda arns: arns.mute_rules,
    ("ecs", "UpdateService"): lambda arns: arns.services,
    ("ecs", "StopServiceDeployment"): lambda arns: arns.service_deployments,
    ("ecs", "ContinueServiceDeployment"): lambda arns: arns.service_deployments,
    ("application-autoscaling", "RegisterScalableTarget"): lambda arns: arns.scalable_targets,
    ("application-autoscaling", "PutScheduledAction"): lambda arns: arns.scalable_targets,
    ("application-autoscaling", "DeleteScheduledAction"): lambda arns: arns.scalable_targets,
    ("rds", "ModifyDBInstance"): lambda arns: arns.databases,
    ("rds", "ApplyPendingMaintenanceAction"): lambda arns: arns.databases,
    ("rds", "CreateDBSnapshot"): lambda arns: arns.snapshots,
    ("rds", "DeleteDBInstance"): lambda arns: arns.drills,
    ("rds", "RebootDBInstance"): lambda arns: arns.databases,
    ("rds", "RestoreDBInstanceFromDBSnapshot"): lambda arns: arns.restored_from,
    ("iam", "CreateAccessKey"): lambda arns: arns.users,
    ("iam", "UpdateAccessKey"): lambda arns: arns.users,
    ("iam", "DeleteAccessKey"): lambda arns: arns.users,
}
_SCALING_CONDITIONS: Conditions = {
    "StringEquals": {
        "application-autoscaling:service-namespace": "ecs",
        "application-autoscaling:scalable-dimension": "ecs:service:DesiredCount",
    }
}
_DRILLS: Mapping[tuple[str, str], Conditions] = {
    ("rds", "DeleteDBInstance"): {"StringLike": {f"aws:ResourceTag/{TAG}": "?*"}},
    ("rds", "RestoreDBInstanceFromDBSnapshot"): {"StringLike": {f"aws:RequestTag/{TAG}": "?*"}},
}
"""Only instances that bear our tag are deleted, and none is restored without it."""
PASS_ROLE = "iam:PassRole"
_TO_TASKS: Conditions = {"StringEquals": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}}
_FREE = frozenset({("sts", "GetCallerIdentity")})  # Operations that need no permission
_OUTSIDE = frozenset({"github"})  # Services that IAM does not govern


def permissions_of(service: str, operation: str, arns: Arns) -> tuple[Permission, ...]:
    """What a caller of the operation needs; `service` is botocore's name."""
    if service in _OUTSIDE or (service, operation) in _FREE:
        return ()
    if (service, operation) == ("s3", "ListObjectsV2"):
        prefix: Conditions = {"StringLike": {"s3:prefix": f"{arns.log_prefix}*"}}
        return (Permission("s3:ListBucket", arns.buckets, prefix),)
    resources = _READS.get((service, operation)) or _WRITES.get((service, operation))
    action = permission_of(service, operation)
    conditions = (
        _SCALING_CONDITIONS
        if (service, operation) in _WRITES and service == "application-autoscaling"
        else _DRILLS.get((service, operation), {})
    )
    own = Permission(action, resources(arns) if resources else EVERYTHING, conditions)
    return (own, *_on_behalf(service, operation, arns))


def is_known_write(service: str, operation: str) -> bool:
    """Whether the resources of a write are listed here; a write is never allowed on all of them."""
    return service in _OUTSIDE or (service, operation) in _WRITES


def _on_behalf(service: str, operation: str, arns: Arns) -> Iterable[Permission]:
    """What a service does with its caller's permissions: Athena reads, ECS passes a task definition's roles to tasks."""
    if (service, operation) == ("ecs", "UpdateService"):
        yield Permission(PASS_ROLE, arns.roles, _TO_TASKS)
    if (service, operation) == ("rds", "RestoreDBInstanceFromDBSnapshot"):
        # The tag of the request is set by it.
        yield Permission("rds:AddTagsToResource", arns.drills, _DRILLS[service, operation])
    if (service, operation) != ("athena", "StartQueryExecution"):
        return
    for action in ("glue:GetDatabase", "glue:GetPartitions", "glue:GetTable"):
        yield Permission(action, arns.tables)
    yield Permission("s3:GetObject", arns.objects)
    yield Permission("s3:GetBucketLocation", arns.buckets)
