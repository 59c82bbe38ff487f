"""What belongs to a system, as ids by kind: a table of requests, and one way to make them. Source:
DescribeServices (Amazon ECS), DescribeLoadBalancers (Elastic Load Balancing v2), DescribeDBInstances (Amazon
RDS), DescribeSubnets, DescribeRouteTables, DescribeNetworkAcls, DescribeVpcEndpoints (Amazon EC2) API
references."""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from services.aws.client.reader import Answer, Reader, incomplete, next_page, rows
from services.i18n import _
from services.models.base import RawId
from services.models.belongings import Owned
from services.models.runbook import Runbook

Ids = Mapping[Owned | None, Collection[RawId]]  # By kind; None: task definitions


_MOST = 10  # Maximum services in one DescribeServices


@dataclass(frozen=True, eq=False)
class Look:
    service: str
    operation: str
    key: str
    paths: Mapping[Owned | None, str]
    """Keys from a row on, lists are passed through; several paths are separated by spaces."""
    leads_to: frozenset[Owned] = frozenset()
    """Kinds besides, of which others may exist as long as it is not answered."""

    @property
    def call(self) -> str:
        return f"{self.service}:{self.operation}"

    @property
    def kinds(self) -> frozenset[Owned]:
        return self.leads_to.union(filter(None, self.paths))


Looks = dict[Look, dict[str, Any]]  # With the parameters of each
_VPC = "networkConfiguration.awsvpcConfiguration"
_AROUND = frozenset(
    {Owned.ROUTE_TABLE, Owned.GATEWAY, Owned.NETWORK_ACL, Owned.ENDPOINT, Owned.SECURITY_GROUP}
)
SERVICES = Look("ecs", "DescribeServices", "services", {
    None: "taskDefinition deployments.taskDefinition",
    Owned.SUBNET: f"{_VPC}.subnets deployments.{_VPC}.subnets",
    Owned.SECURITY_GROUP: f"{_VPC}.securityGroups deployments.{_VPC}.securityGroups",
    Owned.LOAD_BALANCER: "loadBalancers.targetGroupArn",
}, _AROUND | {Owned.VPC, Owned.SERVICE, Owned.SECRET, Owned.ROLE})  # fmt: skip
DEFINITIONS = Look("ecs", "DescribeTaskDefinition", "", {}, frozenset({Owned.SECRET, Owned.ROLE}))
BALANCER = Look("elbv2", "DescribeLoadBalancers", "LoadBalancers", {
    Owned.VPC: "VpcId",
    Owned.SUBNET: "AvailabilityZones.SubnetId",
    Owned.SECURITY_GROUP: "SecurityGroups",
    Owned.LOAD_BALANCER: "LoadBalancerArn",
}, _AROUND)  # fmt: skip
DATABASE = Look("rds", "DescribeDBInstances", "DBInstances", {
    Owned.VPC: "DBSubnetGroup.VpcId",
    Owned.SUBNET: "DBSubnetGroup.Subnets.SubnetIdentifier",
    Owned.SECURITY_GROUP: "VpcSecurityGroups.VpcSecurityGroupId",
    Owned.KEY: "KmsKeyId MasterUserSecret.KmsKeyId",
    Owned.SECRET: "MasterUserSecret.SecretArn",
    Owned.DATABASE: "DBInstanceIdentifier DBInstanceArn DbiResourceId DBClusterIdentifier"
    " DBParameterGroups.DBParameterGroupName DBSubnetGroup.DBSubnetGroupName",
}, _AROUND)  # fmt: skip
SUBNETS = Look("ec2", "DescribeSubnets", "Subnets", {Owned.VPC: "VpcId"}, _AROUND - {Owned.SECURITY_GROUP})
ROUTE_TABLES = Look("ec2", "DescribeRouteTables", "RouteTables", {
    Owned.ROUTE_TABLE: "RouteTableId Associations.RouteTableAssociationId",
    Owned.GATEWAY: "Routes.GatewayId Routes.NatGatewayId Routes.TransitGatewayId Routes.VpcPeeringConnectionId",
})  # fmt: skip
NETWORK_ACLS = Look("ec2", "DescribeNetworkAcls", "NetworkAcls", {
    Owned.NETWORK_ACL: "NetworkAclId Associations.NetworkAclAssociationId",
})  # fmt: skip
ENDPOINTS = Look("ec2", "DescribeVpcEndpoints", "VpcEndpoints", {
    Owned.ENDPOINT: "VpcEndpointId",
    Owned.SECURITY_GROUP: "Groups.GroupId",
})  # fmt: skip
NETWORK = (ROUTE_TABLES, NETWORK_ACLS, ENDPOINTS)
LOOKS = (SERVICES, DEFINITIONS, BALANCER, DATABASE, SUBNETS, *NETWORK)
_EVERYBODYS = re.compile(r"local|default|default[.:].*")
"""The route within a VPC, and AWS's own groups of databases, which nobody can change."""


def named(runbook: Runbook) -> Looks:
    looks: Looks = {}
    if ecs := runbook.ecs:
        looks[SERVICES] = {"cluster": ecs.cluster, "services": list(ecs.services)[:_MOST]}
    if runbook.alb is not None and runbook.alb.load_balancer.count("/") > 1:
        looks[BALANCER] = {"Names": [runbook.alb.load_balancer.split("/")[1]]}
    if runbook.rds is not None:
        looks[DATABASE] = {"DBInstanceIdentifier": str(runbook.rds.instance)}
    return looks


def looks_of(runbook: Runbook) -> tuple[Look, ...]:
    own = named(runbook)
    return (*own, *((DEFINITIONS,) if SERVICES in own else ()), *((SUBNETS, *NETWORK) if own else ()))


class BelongingsReader:
    def __init__(self, session: Reader) -> None:
        self._session = session

    async def ids(self, look: Look, subnets: Collection[str] = (), **params: Any) -> Ids:
        """What one request tells; of route tables and network ACLs only those of the subnets. Raises AwsError."""
        answer = await self._session.read(look.service, look.operation, required=(look.key,), **params)
        answers, problem = rows(answer, look.key), ""
        if look in (ROUTE_TABLES, NETWORK_ACLS) and not (answers := _around(answers, subnets)):
            problem = _("EC2 returned nothing that belongs to the subnets.")
        if len(answers) < len(params.get("services", ())):
            problem = _("ECS does not know every service of the runbook.")
        if next_page(answer)[1]:
            problem = _("AWS lists more of them than one request returns.")
        if problem:
            raise incomplete(problem, look.service, look.operation)
        return {
            kind: {RawId(id) for path in paths.split() for id in _at(answers, path) if not _EVERYBODYS.fullmatch(id)}
            for kind, paths in look.paths.items()
        }  # fmt: skip


def _around(answers: list[Answer], subnets: Collection[str]) -> list[Answer]:
    has_main = not set(_at(answers, "Associations.SubnetId")).issuperset(subnets)
    for row in answers:
        row["Associations"] = [
            each
            for each in rows(row, "Associations")
            if each.get("SubnetId") in subnets or (has_main and each.get("Main"))
        ]
    return [row for row in answers if row["Associations"]]


def _at(value: object, path: str) -> Iterator[str]:
    if isinstance(value, list):
        for part in value:
            yield from _at(part, path)
    elif isinstance(value, dict):
        key, _dot, rest = path.partition(".")
        yield from _at(value.get(key), rest)
    elif isinstance(value, str) and value and not path:
        yield value
