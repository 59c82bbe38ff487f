"""The network of the runbook's system; an incident may take a security group's rule away. Source:
DescribeSecurityGroups, DescribeSubnets, DescribeRouteTables, DescribeNetworkAcls, DescribeVpcEndpoints
(Amazon EC2 API reference)."""

from collections.abc import Iterator
from typing import Any

from services.demo.account import ACCOUNT, SYSTEM, answer_of
from services.demo.effects import Network, Rule
from services.demo.errors import AwsErrorResponse
from services.demo.registry import Call, op

VPC = "vpc-0a1b2c3d"
BALANCER_GROUP = "sg-0a1b2c3d"
TASKS_GROUP, DATABASE_GROUP = "sg-0c4d5e6f7a8b9c0d1", "sg-0d5e6f7a8b9c0d1e2"
SUBNETS = {"a": "subnet-0a11b22c", "c": "subnet-0c33d44e", "d": "subnet-0d55e66f"}
"""By the last letter of the zone."""
MAIN_TABLE, TABLE, ENDPOINT = "rtb-0e1f2a3b", "rtb-0e4f5a6b", "vpce-0a9b8c7d6e5f4a3b2"
"""The route table of the VPC and that of the first two subnets; the endpoint is of Secrets Manager."""
ANYWHERE = "0.0.0.0/0"
_GROUPS = {
    BALANCER_GROUP: (f"{SYSTEM}-prod-alb", "Load balancer"),
    TASKS_GROUP: (f"{SYSTEM}-prod-staff-api", "Tasks of staff-api"),
    DATABASE_GROUP: (f"{SYSTEM}-prod-db", "Database, from the tasks only"),
}
"""Names and descriptions."""
_RULES: tuple[tuple[str, bool, int | None, str, Rule | None], ...] = (
    (BALANCER_GROUP, True, 443, ANYWHERE, None),
    (BALANCER_GROUP, False, None, ANYWHERE, None),
    (TASKS_GROUP, True, 8080, BALANCER_GROUP, "tasks-ingress"),
    (TASKS_GROUP, False, None, ANYWHERE, "tasks-egress"),
    (DATABASE_GROUP, True, 5432, TASKS_GROUP, "database-ingress"),
)
"""(Group, inbound, port, from or to where, name): a port of None is all traffic."""


@op("ec2", "DescribeSecurityGroups", of_system=True)
def describe_security_groups(call: Call) -> dict[str, Any]:
    filters = {each["Name"]: each["Values"] for each in call.params.get("Filters") or ()}
    ids = [*(call.params.get("GroupIds") or ()), *filters.get("group-id", ())]
    for id in ids:
        if id not in _GROUPS:
            raise AwsErrorResponse("InvalidGroup.NotFound", f"The security group '{id}' does not exist")
    return {"SecurityGroups": [_describe(call, id) for id in _GROUPS if not ids or id in ids]}


_SURROUNDINGS: dict[str, list[dict[str, Any]]] = answer_of("network")


@op("ec2", "DescribeSubnets", of_system=True)
@op("ec2", "DescribeRouteTables", of_system=True)
@op("ec2", "DescribeNetworkAcls", of_system=True)
@op("ec2", "DescribeVpcEndpoints", of_system=True)
def describe_surroundings(call: Call) -> dict[str, Any]:
    key = call.operation.removeprefix("Describe")
    filters = {each["Name"]: each["Values"] for each in call.params.get("Filters") or ()}
    subnets, is_here = filters.get("subnet-id"), VPC in filters.get("vpc-id", [VPC])
    rows = [row for row in _SURROUNDINGS[key] if is_here and (not subnets or row.get("SubnetId") in subnets)]
    return {key: rows}


def _describe(call: Call, id: str) -> dict[str, Any]:
    name, description = _GROUPS[id]
    return {
        "GroupId": id,
        "GroupName": name,
        "Description": description,
        "VpcId": VPC,
        "IpPermissions": list(_permissions(call, id, inbound=True)),
        "IpPermissionsEgress": list(_permissions(call, id, inbound=False)),
    }


def _permissions(call: Call, id: str, *, inbound: bool) -> Iterator[dict[str, Any]]:
    at = (call.now - call.run.began).total_seconds()
    removed = {
        effect.removed: effect
        for effect in call.run.scenario.effects
        if isinstance(effect, Network) and effect.active(at)
    }
    for group, is_inbound, port, peer, rule in _RULES:
        if (group, is_inbound) != (id, inbound):
            continue
        if rule in removed and not (peer := removed[rule].instead):
            continue
        ports = {"FromPort": port, "ToPort": port} if port else {}
        is_group = peer.startswith("sg-")
        yield {
            "IpProtocol": "tcp" if port else "-1",
            **ports,
            "UserIdGroupPairs": [{"GroupId": peer, "UserId": ACCOUNT}] if is_group else [],
            "IpRanges": [] if is_group else [{"CidrIp": peer}],
            "Ipv6Ranges": [],
            "PrefixListIds": [],
        }
