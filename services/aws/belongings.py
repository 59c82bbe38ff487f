"""What belongs to a system, as ids by kind.

Source: DescribeServices (Amazon ECS), DescribeLoadBalancers (Elastic Load Balancing v2), DescribeDBInstances (Amazon RDS),
DescribeSubnets, DescribeRouteTables, DescribeNetworkAcls, DescribeVpcEndpoints (Amazon EC2) API references.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from services.aws.client.reader import Answer, Reader, incomplete, next_page, rows
from services.aws.ecs.parsing import short
from services.i18n import _
from services.models.base import RawId
from services.models.belongings import Owned

Ids = Mapping[Owned, tuple[RawId, ...]]
Paths = Mapping[Owned, tuple[str, ...]]

SERVICES = 10
"""Maximum services in one DescribeServices."""
_AWSVPC = "networkConfiguration.awsvpcConfiguration"
_SERVICE: Paths = {
    Owned.SUBNET: (f"{_AWSVPC}.subnets", f"deployments.{_AWSVPC}.subnets"),
    Owned.SECURITY_GROUP: (f"{_AWSVPC}.securityGroups", f"deployments.{_AWSVPC}.securityGroups"),
    Owned.LOAD_BALANCER: ("loadBalancers.targetGroupArn",),
}
_BALANCER: Paths = {
    Owned.VPC: ("VpcId",),
    Owned.SUBNET: ("AvailabilityZones.SubnetId",),
    Owned.SECURITY_GROUP: ("SecurityGroups",),
    Owned.LOAD_BALANCER: ("LoadBalancerArn",),
}
_DATABASE: Paths = {
    Owned.VPC: ("DBSubnetGroup.VpcId",),
    Owned.SUBNET: ("DBSubnetGroup.Subnets.SubnetIdentifier",),
    Owned.SECURITY_GROUP: ("VpcSecurityGroups.VpcSecurityGroupId",),
    Owned.KEY: ("KmsKeyId", "MasterUserSecret.KmsKeyId"),
    Owned.SECRET: ("MasterUserSecret.SecretArn",),
    Owned.DATABASE: (
        "DBInstanceIdentifier",
        "DBInstanceArn",
        "DbiResourceId",
        "DBClusterIdentifier",
        "DBParameterGroups.DBParameterGroupName",
        "DBSubnetGroup.DBSubnetGroupName",
    ),
}
_SUBNET: Paths = {Owned.VPC: ("VpcId",)}
_ROUTE_TABLE: Paths = {
    Owned.ROUTE_TABLE: ("RouteTableId",),
    Owned.GATEWAY: tuple(
        f"Routes.{key}" for key in ("GatewayId", "NatGatewayId", "TransitGatewayId", "VpcPeeringConnectionId")
    ),
}
_ENDPOINT: Paths = {Owned.ENDPOINT: ("VpcEndpointId",), Owned.SECURITY_GROUP: ("Groups.GroupId",)}
_LOCAL = "local"
"""The gateway of the route within the VPC."""


class BelongingsReader:
    """Reads what belongs to a system of one account and region. All methods raise AwsError."""

    def __init__(self, session: Reader) -> None:
        self._session = session

    async def services(self, cluster: str, names: Iterable[str]) -> tuple[Ids, tuple[RawId, ...]]:
        """What ECS services consist of, and the task definitions (`family:revision`) that they run."""
        wanted = list(names)[:SERVICES]
        answers = await self._rows("ecs", "DescribeServices", "services", cluster=cluster, services=wanted)
        if len(answers) < len(wanted):
            raise incomplete(_("ECS does not know every service of the runbook."), "ecs", "DescribeServices")
        ids = dict(_ids(answers, _SERVICE))
        ids[Owned.SERVICE] = tuple(RawId(f"{cluster}/{name}") for name in wanted)
        arns = [*_at(answers, "taskDefinition"), *_at(answers, "deployments.taskDefinition")]
        return ids, tuple(dict.fromkeys(RawId(short(arn)) for arn in arns))

    async def balancer(self, name: str) -> Ids:
        """What a load balancer, given by its name, consists of."""
        return _ids(
            await self._rows("elbv2", "DescribeLoadBalancers", "LoadBalancers", Names=[name]), _BALANCER
        )

    async def database(self, name: str) -> Ids:
        """What a database instance consists of."""
        answers = await self._rows("rds", "DescribeDBInstances", "DBInstances", DBInstanceIdentifier=name)
        ids = dict(_ids(answers, _DATABASE))
        # AWS's own groups are shared by all, and nobody can change them.
        ids[Owned.DATABASE] = tuple(id for id in ids[Owned.DATABASE] if not id.startswith("default"))
        return ids

    async def subnets(self, subnets: Collection[str]) -> Ids:
        """The VPCs of subnets."""
        return _ids(await self._of_network("DescribeSubnets", "Subnets", "subnet-id", subnets), _SUBNET)

    async def route_tables(self, vpcs: Collection[str], subnets: Collection[str]) -> Ids:
        """The route tables of subnets: a subnet without an association has its VPC's main one."""
        answers = await self._of_network("DescribeRouteTables", "RouteTables", "vpc-id", vpcs)
        with_table = set(_at(answers, "Associations.SubnetId"))
        own = [
            table
            for table in answers
            if with_table.intersection(subnets).intersection(_at(table, "Associations.SubnetId"))
            or (
                not with_table.issuperset(subnets)
                and any(each.get("Main") for each in rows(table, "Associations"))
            )
        ]
        if not own:
            raise incomplete(_("EC2 returned no route table of the subnets."), "ec2", "DescribeRouteTables")
        ids = dict(_ids(own, _ROUTE_TABLE))
        ids[Owned.GATEWAY] = tuple(id for id in ids[Owned.GATEWAY] if id != _LOCAL)
        return _with_associations(ids, Owned.ROUTE_TABLE, own, subnets, "RouteTableAssociationId")

    async def network_acls(self, vpcs: Collection[str], subnets: Collection[str]) -> Ids:
        """The network ACLs of subnets; each subnet has one."""
        answers = await self._of_network("DescribeNetworkAcls", "NetworkAcls", "vpc-id", vpcs)
        own = [acl for acl in answers if set(_at(acl, "Associations.SubnetId")).intersection(subnets)]
        if not own:
            raise incomplete(_("EC2 returned no network ACL of the subnets."), "ec2", "DescribeNetworkAcls")
        ids = _ids(own, {Owned.NETWORK_ACL: ("NetworkAclId",)})
        return _with_associations(ids, Owned.NETWORK_ACL, own, subnets, "NetworkAclAssociationId")

    async def endpoints(self, vpcs: Collection[str]) -> Ids:
        """The endpoints of VPCs: whoever is in one resolves their names."""
        return _ids(await self._of_network("DescribeVpcEndpoints", "VpcEndpoints", "vpc-id", vpcs), _ENDPOINT)

    async def _of_network(self, operation: str, key: str, name: str, values: Collection[str]) -> list[Answer]:
        return await self._rows("ec2", operation, key, Filters=[{"Name": name, "Values": sorted(values)}])

    async def _rows(self, service: str, operation: str, key: str, **params: Any) -> list[Answer]:
        """The rows of the one page that there is."""
        answer = await self._session.read(service, operation, required=(key,), **params)
        if next_page(answer)[1]:
            raise incomplete(_("AWS lists more of them than one request returns."), service, operation)
        return rows(answer, key)


def _with_associations(
    ids: Ids, kind: Owned, holders: Iterable[Answer], subnets: Collection[str], key: str
) -> Ids:
    """The ids with those of the associations of subnets, which a write may name instead."""
    own = [
        RawId(str(each[key]))
        for holder in holders
        for each in rows(holder, "Associations")
        if each.get(key) and (each.get("SubnetId") in subnets or each.get("Main"))
    ]
    return {**ids, kind: (*ids[kind], *own)}


def _ids(answers: Iterable[Answer], paths: Paths) -> Ids:
    """What stands at the paths, without repetition."""
    all_rows = list(answers)
    return {
        kind: tuple(dict.fromkeys(RawId(text) for path in own for text in _at(all_rows, path)))
        for kind, own in paths.items()
    }


def _at(value: object, path: str) -> Iterator[str]:
    """Every text at the end of a path of keys, through all lists on the way."""
    if isinstance(value, list):
        for part in value:
            yield from _at(part, path)
    elif isinstance(value, dict):
        key, _dot, rest = path.partition(".")
        yield from _at(value.get(key), rest)
    elif isinstance(value, str) and value and not path:
        yield value
