"""What CloudTrail lists of a world: its writes, and those that a deployment brings."""

import json
from collections.abc import Mapping
from datetime import datetime
from functools import cached_property
from typing import Any
from uuid import UUID

from tests.worlds.curves import SERVICE, TARGET_GROUP
from tests.worlds.schema import Trail, World
from tests.worlds.system import ELB_ARN
from tests.worlds.tasks import ACCOUNT, REGION, Rollout, hexadecimal

_ECS_ROLE = "AWSServiceRoleForECS/ecs-service-scheduler"
_DEPLOYER = "github-actions-deploy/GitHubActions"
_Answer = dict[str, Any]


class TrailHistory:
    """The writes of a world at a moment; `late`: minutes until an event is listed."""

    def __init__(self, world: World, rollout: Rollout, minute: float, late: float) -> None:
        self.world = world
        self.rollout = rollout
        self.minute = minute
        self.late = late

    @cached_property
    def events(self) -> tuple[Trail, ...]:
        events = list(self.world.trail)
        release = self.rollout.deployment
        if release is not None:
            names = {event.name for event in events}
            service = f"arn:aws:ecs:{REGION}:{ACCOUNT}:service/facility-prod-cluster/{SERVICE}"
            request = {"cluster": "facility-prod-cluster", "service": SERVICE}
            definition = {"taskDefinition": self.rollout.new_definition}
            ecs, elb, ec2 = "ecs.amazonaws.com", "elasticloadbalancing.amazonaws.com", "ec2.amazonaws.com"
            if "RegisterTaskDefinition" not in names and not release.same_definition:
                events.append(
                    _event(
                        release.at - 0.5, "RegisterTaskDefinition", ecs, _DEPLOYER, (), {"family": SERVICE}
                    )
                )
            if "UpdateService" not in names:
                rows = (("AWS::ECS::Service", service),)
                events.append(_event(release.at, "UpdateService", ecs, _DEPLOYER, rows, request | definition))
            target = {"targetGroupArn": f"{ELB_ARN}:{TARGET_GROUP}"}
            for task in self.rollout.tasks:
                if task.is_new and task.started < release.at + release.seconds / 60:
                    net = {
                        "subnetId": "subnet-0aaa1111",
                        "description": f"arn:aws:ecs:{REGION}:{ACCOUNT}:attachment/{task.id}",
                    }
                    events.append(
                        _event(task.created + 0.1, "CreateNetworkInterface", ec2, _ECS_ROLE, (), net)
                    )
                    events.append(_event(task.started + 0.1, "RegisterTargets", elb, _ECS_ROLE, (), target))
                if task.code == "ServiceSchedulerInitiated":
                    events.append(
                        _event(task.stopping - 0.5, "DeregisterTargets", elb, _ECS_ROLE, (), target)
                    )
                    net = {"networkInterfaceId": f"eni-{task.id[:17]}"}
                    events.append(
                        _event(task.stopped + 0.2, "DeleteNetworkInterface", ec2, _ECS_ROLE, (), net)
                    )
        return tuple(sorted(events, key=lambda event: -event.at))

    def lookup(self, params: Mapping[str, Any], region: str) -> _Answer:
        start, end = params.get("StartTime"), params.get("EndTime")
        rows = []
        for number, event in enumerate(self.events):
            moment = self.world.at(event.at).replace(microsecond=0)
            if event.region != region or event.at + self.late > self.minute:
                continue
            if (start and moment < start) or (end and moment > end):
                continue
            row = self._record(number, event, moment)
            if all(
                _has(row, item["AttributeKey"], item["AttributeValue"])
                for item in params.get("LookupAttributes", ())
            ):
                rows.append(row)
        skip, most = int(params.get("NextToken") or 0), int(params.get("MaxResults", 50))
        token = {"NextToken": str(skip + most)} if len(rows) > skip + most else {}
        return {"Events": rows[skip : skip + most], **token}

    def _record(self, number: int, event: Trail, moment: datetime) -> _Answer:
        id = str(UUID(hexadecimal(self.world.id, "trail", number, event.name)))
        user, identity = _identity(event.user)
        record: dict[str, Any] = {
            "eventVersion": "1.11",
            "userIdentity": identity,
            "eventTime": f"{moment:%Y-%m-%dT%H:%M:%SZ}",
            "eventSource": event.source,
            "eventName": event.name,
            "awsRegion": event.region,
            "sourceIPAddress": identity.get("invokedBy", "203.0.113.25"),
            "userAgent": "aws-cli/2.17.0",
            "requestParameters": event.request or None,
            "responseElements": {"_return": True}
            if event.source.startswith("ec2") and not event.error
            else None,
            "requestID": str(UUID(hexadecimal(id, "request"))),
            "eventID": id,
            "readOnly": False,
            "eventType": "AwsApiCall",
            "managementEvent": True,
            "recipientAccountId": ACCOUNT,
        }
        if event.error:
            record |= {"errorCode": event.error, "errorMessage": f"{event.error}: {event.name} was refused"}
        return {
            "EventId": id,
            "EventName": event.name,
            "ReadOnly": "false",
            "EventTime": moment,
            "EventSource": event.source,
            "Username": user,
            "Resources": [{"ResourceType": kind, "ResourceName": name} for kind, name in event.resources],
            "CloudTrailEvent": json.dumps(record),
        }


def _event(
    at: float,
    name: str,
    source: str,
    user: str,
    resources: tuple[tuple[str, str], ...],
    request: dict[str, Any],
) -> Trail:
    return Trail(at=at, name=name, source=source, user=user, resources=resources, request=request)


def _identity(user: str) -> tuple[str, dict[str, Any]]:
    """(Username, userIdentity): `role/session`, a service's name, root or an IAM user."""
    account = {"accountId": ACCOUNT, "principalId": "AIDAEXAMPLE"}
    if user.endswith(".amazonaws.com"):
        return user, {"type": "AWSService", "invokedBy": user}
    if user == "root":
        return user, {"type": "Root", "arn": f"arn:aws:iam::{ACCOUNT}:root", **account}
    if "/" in user:
        role, _slash, session = user.rpartition("/")
        issuer = {"type": "Role", "arn": f"arn:aws:iam::{ACCOUNT}:role/{role}", "userName": role, **account}
        arn = f"arn:aws:sts::{ACCOUNT}:assumed-role/{role}/{session}"
        invoked = {"invokedBy": "ecs.amazonaws.com"} if role == "AWSServiceRoleForECS" else {}
        context = {"sessionIssuer": issuer}
        return session, {"type": "AssumedRole", "arn": arn, "sessionContext": context, **account, **invoked}
    return user, {
        "type": "IAMUser",
        "arn": f"arn:aws:iam::{ACCOUNT}:user/{user}",
        "userName": user,
        **account,
    }


def _has(row: _Answer, key: str, value: str) -> bool:
    if key == "ResourceName":
        return any(item["ResourceName"] == value for item in row["Resources"])
    if key == "ResourceType":
        return any(item["ResourceType"] == value for item in row["Resources"])
    return str(row.get(key)) == value
