"""The session policy of one change: its requests, each on the resources that it names, and nothing else.

A session of a role may do what both the role's own policies and this one allow. Source: "Session policies", "IAM policy
elements: Variables and tags" (IAM User Guide); "Resource types defined by" each service (Service Authorization
Reference). Auto Scaling names its targets by ids that no request contains, so for it the policy holds the action, the
namespace and the dimension.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any

from services.models.aws_calls import AwsCall
from services.models.runbook import Runbook
from services.policy.arns import Arns
from services.policy.documents import VERSION
from services.policy.permissions import PASS_ROLE, permissions_of

Params = Mapping[str, Any]
Named = Callable[[Arns, Params], Iterable[str]]
_WILD = str.maketrans({"*": "${*}", "?": "${?}", "$": "${$}"})
"""Characters of a name that a policy would read as a pattern or a variable."""


def _service(arns: Arns, params: Params) -> Iterable[str]:
    yield arns.arn("ecs", f"service/{_name(params['cluster'])}/{_name(params['service'])}")


def _deployment(_arns: Arns, params: Params) -> Iterable[str]:
    yield _name(params["serviceDeploymentArn"])


def _scalable_target(arns: Arns, _params: Params) -> Iterable[str]:
    yield arns.arn("application-autoscaling", "scalable-target/*")


def _database(arns: Arns, params: Params) -> Iterable[str]:
    yield arns.arn("rds", f"db:{_name(params['DBInstanceIdentifier'])}")


def _snapshot(arns: Arns, params: Params) -> Iterable[str]:
    yield from _database(arns, params)
    yield arns.arn("rds", f"snapshot:{_name(params['DBSnapshotIdentifier'])}")


def _restored(arns: Arns, params: Params) -> Iterable[str]:
    yield from _database(arns, params)
    yield arns.arn("rds", f"snapshot:{_name(params['DBSnapshotIdentifier'])}")
    yield arns.arn("rds", f"pg:{_name(params['DBParameterGroupName'])}")
    yield arns.arn("rds", f"subgrp:{_name(params['DBSubnetGroupName'])}")
    yield arns.arn("rds", "og:*")


def _maintained(_arns: Arns, params: Params) -> Iterable[str]:
    yield _name(params["ResourceIdentifier"])


def _distribution(arns: Arns, params: Params) -> Iterable[str]:
    yield arns.arn("cloudfront", f"distribution/{_name(params['DistributionId'])}", region=False)


def _mute(arns: Arns, params: Params) -> Iterable[str]:
    yield arns.arn("cloudwatch", f"alarm-mute-rule:{_name(params['Name'])}")
    for alarm in params.get("MuteTargets", {}).get("AlarmNames", ()):
        yield arns.arn("cloudwatch", f"alarm:{_name(alarm)}")


def _mute_rule(arns: Arns, params: Params) -> Iterable[str]:
    yield arns.arn("cloudwatch", f"alarm-mute-rule:{_name(params['AlarmMuteRuleName'])}")


def _user(arns: Arns, params: Params) -> Iterable[str]:
    yield arns.arn("iam", f"user/{_name(params['UserName'])}", region=False)


RESOURCES: Mapping[tuple[str, str], Named] = {
    ("application-autoscaling", "DeleteScheduledAction"): _scalable_target,
    ("application-autoscaling", "PutScheduledAction"): _scalable_target,
    ("application-autoscaling", "RegisterScalableTarget"): _scalable_target,
    ("cloudfront", "CreateInvalidation"): _distribution,
    ("cloudwatch", "DeleteAlarmMuteRule"): _mute_rule,
    ("cloudwatch", "PutAlarmMuteRule"): _mute,
    ("ecs", "ContinueServiceDeployment"): _deployment,
    ("ecs", "StopServiceDeployment"): _deployment,
    ("ecs", "UpdateService"): _service,
    ("iam", "CreateAccessKey"): _user,
    ("iam", "DeleteAccessKey"): _user,
    ("iam", "UpdateAccessKey"): _user,
    ("rds", "ApplyPendingMaintenanceAction"): _maintained,
    ("rds", "CreateDBSnapshot"): _snapshot,
    ("rds", "DeleteDBInstance"): _database,
    ("rds", "ModifyDBInstance"): _database,
    ("rds", "RebootDBInstance"): _database,
    ("rds", "RestoreDBInstanceFromDBSnapshot"): _restored,
}
"""The resources that each write names, from its parameters."""


def session_policy(calls: Iterable[AwsCall], arns: Arns) -> str:
    """The policy as JSON without blanks. Raises KeyError for a request whose resources are not listed here."""
    statements: dict[str, dict[str, Any]] = {}
    for call in calls:
        own = sorted(set(RESOURCES[call.service, call.operation](arns, call.params)))
        for permission in permissions_of(call.service, call.operation, arns):
            passes = permission.action == PASS_ROLE
            if passes and "taskDefinition" not in call.params:
                continue  # the tasks keep the roles that they have
            resources = list(permission.resources) if passes else own
            statement: dict[str, Any] = {
                "Effect": "Allow",
                "Action": [permission.action],
                "Resource": resources,
            }
            if permission.conditions:
                statement["Condition"] = permission.conditions
            like = json.dumps([resources, permission.conditions], sort_keys=True)
            actions = statements.setdefault(like, statement)["Action"]
            if permission.action not in actions:
                actions.append(permission.action)
    return json.dumps({"Version": VERSION, "Statement": list(statements.values())}, separators=(",", ":"))


def session_policies(runbook: Runbook, region: str) -> Callable[[Iterable[AwsCall]], str]:
    return partial(session_policy, arns=Arns(runbook, region))


def _name(text: str) -> str:
    return text.translate(_WILD)
