import json
from datetime import UTC, datetime
from typing import Any

import pytest

from services.aws.cloudtrail.events import event_of
from services.incidents.first_wave.parts import plain_events
from services.incidents.ownership import belongs
from services.models.base import RawId
from services.models.belongings import Belongings, Owned, OwnedPart

ACCOUNT = "123456789012"
SECRET = f"arn:aws:secretsmanager:ap-northeast-1:{ACCOUNT}:secret:prod/db"
AT = datetime(2026, 1, 14, 1, 0, tzinfo=UTC)
OWN = {
    Owned.VPC: ("vpc-0a1b2c3d",),
    Owned.SUBNET: ("subnet-0a11b22c",),
    Owned.ROUTE_TABLE: ("rtb-0e1f2a3b", "rtbassoc-0a11b22c"),
    Owned.GATEWAY: ("nat-0b1c2d3e4f5a6b7c8",),
    Owned.NETWORK_ACL: ("acl-0f1a2b3c",),
    Owned.ENDPOINT: ("vpce-0a9b8c7d6e5f4a3b2",),
    Owned.SECURITY_GROUP: ("sg-0c4d5e6f7a8b9c0d1", "sg-0d5e6f7a8b9c0d1e2"),
    Owned.SECRET: (f"{SECRET}-AbCdEf:password::", "/prod/api-key"),
    Owned.ROLE: (f"arn:aws:iam::{ACCOUNT}:role/app/staff-api-task",),
    Owned.KEY: (f"arn:aws:kms:ap-northeast-1:{ACCOUNT}:key/1111aaaa-22bb-33cc-44dd-5555eeee6666",),
    Owned.DATABASE: ("facility-prod-db", f"arn:aws:rds:ap-northeast-1:{ACCOUNT}:db:facility-prod-db", "prod-pg16"),
    Owned.SERVICE: ("prod/staff-api",),
    Owned.LOAD_BALANCER: (
        f"arn:aws:elasticloadbalancing:ap-northeast-1:{ACCOUNT}:loadbalancer/app/prod-alb/50dc6c495c0c9188",
        f"arn:aws:elasticloadbalancing:ap-northeast-1:{ACCOUNT}:targetgroup/api/73e2d6bc24d8a067",
    ),
}  # fmt: skip
UNREAD = {Owned.KEY: "the keys of secrets are not told"}


def belongings(unread=UNREAD, *, without=()):
    parts = tuple(
        OwnedPart(kind=kind, ids=tuple(map(RawId, ids)), unread=unread.get(kind, ""))
        for kind, ids in OWN.items()
        if kind not in without
    )
    return Belongings(read_at=AT, parts=parts)


def event(name, service, parameters, response=None, *, resources=(), region="ap-northeast-1"):
    record = {
        "userIdentity": {"type": "IAMUser", "userName": "mei"},
        "requestParameters": parameters,
        "responseElements": response,
    }
    row = {
        "EventId": "e1",
        "EventName": name,
        "EventSource": f"{service}.amazonaws.com",
        "EventTime": AT,
        "ReadOnly": "false",
        "Username": "mei",
        "Resources": [{"ResourceName": each} for each in resources],
        "CloudTrailEvent": json.dumps(record),
    }
    write = event_of(row, region)
    assert write is not None
    return plain_events([write])[0]


def rule(group, peer="sg-0999999999999999a"):
    permission = {"ipProtocol": "tcp", "fromPort": 5432, "groups": {"items": [{"groupId": peer}]}}
    return {"groupId": group, "ipPermissions": {"items": [permission]}}


def alb(kind, name, *rest):
    place = f"arn:aws:elasticloadbalancing:ap-northeast-1:{ACCOUNT}"
    return f"{place}:{kind}/app/{name}/50dc6c495c0c9188{''.join(f'/{each}' for each in rest)}"


OUR_GROUP, OTHER_GROUP = "sg-0d5e6f7a8b9c0d1e2", "sg-0999999999999999b"
RECORDS = [
    ("AuthorizeSecurityGroupIngress", "ec2", rule(OUR_GROUP), True),
    ("AuthorizeSecurityGroupIngress", "ec2", rule(OTHER_GROUP), False),
    ("RevokeSecurityGroupEgress", "ec2", rule("sg-0c4d5e6f7a8b9c0d1"), True),
    ("RevokeSecurityGroupEgress", "ec2", {"groupId": OTHER_GROUP, "securityGroupRuleIds": {"items": [{"securityGroupRuleId": "sgr-0123456789abcdef0"}]}}, False),
    # Another system's group that lets ours in no more: our path is cut.
    ("RevokeSecurityGroupIngress", "ec2", rule(OTHER_GROUP, peer="sg-0c4d5e6f7a8b9c0d1"), True),
    ("DeleteRoute", "ec2", {"routeTableId": "rtb-0e1f2a3b", "destinationCidrBlock": "0.0.0.0/0"}, True),
    ("DeleteRoute", "ec2", {"routeTableId": "rtb-0dea0000", "destinationCidrBlock": "0.0.0.0/0"}, False),
    ("ReplaceRoute", "ec2", {"routeTableId": "rtb-0fff0000", "natGatewayId": "nat-0b1c2d3e4f5a6b7c8"}, True),
    ("ReplaceRouteTableAssociation", "ec2", {"associationId": "rtbassoc-0a11b22c", "routeTableId": "rtb-0fff0000"}, True),
    ("CreateNetworkAclEntry", "ec2", {"networkAclId": "acl-0f1a2b3c", "ruleNumber": 90, "ruleAction": "deny"}, True),
    ("CreateNetworkAclEntry", "ec2", {"networkAclId": "acl-0aaaaaaa", "ruleNumber": 90, "ruleAction": "deny"}, False),
    ("DeleteVpcEndpoints", "ec2", {"DeleteVpcEndpointsRequest": {"VpcEndpointId": {"tag": 1, "content": "vpce-0a9b8c7d6e5f4a3b2"}}}, True),
    ("DeleteVpcEndpoints", "ec2", {"DeleteVpcEndpointsRequest": {"VpcEndpointId": {"tag": 1, "content": "vpce-0aaaaaaaaaaaaaaaa"}}}, False),
    ("ModifyNetworkInterfaceAttribute", "ec2", {"networkInterfaceId": "eni-0123456789abcdef0", "groupSet": {"items": [{"groupId": OUR_GROUP}]}}, True),
    ("ModifyNetworkInterfaceAttribute", "ec2", {"networkInterfaceId": "eni-0123456789abcdef0", "groupSet": {"items": [{"groupId": OTHER_GROUP}]}}, None),
    ("ModifyVpcAttribute", "ec2", {"vpcId": "vpc-0a1b2c3d", "enableDnsSupport": {"value": False}}, True),
    # Within a VPC that two systems share, what is narrower decides.
    ("ModifyVpcEndpoint", "ec2", {"vpcId": "vpc-0a1b2c3d", "vpcEndpointId": "vpce-0aaaaaaaaaaaaaaaa"}, False),
    ("DeleteDhcpOptions", "ec2", {"dhcpOptionsId": "dopt-0123456789abcdef0"}, None),
    ("PutSecretValue", "secretsmanager", {"secretId": "prod/db", "clientRequestToken": "t"}, True),
    ("RotateSecret", "secretsmanager", {"secretId": f"{SECRET}-AbCdEf"}, True),
    ("RotateSecret", "secretsmanager", {"secretId": f"{SECRET}-reader-AbCdEf"}, False),
    ("PutSecretValue", "secretsmanager", {"secretId": "prod/db-reader"}, False),
    ("PutParameter", "ssm", {"name": "/prod/api-key", "type": "SecureString", "value": "HIDDEN_DUE_TO_SECURITY_REASONS"}, True),
    ("PutParameter", "ssm", {"name": "/dev/api-key", "type": "SecureString"}, False),
    ("DisableKey", "kms", {"keyId": "1111aaaa-22bb-33cc-44dd-5555eeee6666"}, True),
    ("DisableKey", "kms", {"keyId": "9999aaaa-22bb-33cc-44dd-5555eeee6666"}, None),
    ("DetachRolePolicy", "iam", {"roleName": "staff-api-task", "policyArn": "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"}, True),
    ("DetachRolePolicy", "iam", {"roleName": "batch-task", "policyArn": "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"}, False),
    ("PutRolePolicy", "iam", {"roleName": "staff-api-task", "policyName": "kms", "policyDocument": "{}"}, True),
    ("CreatePolicyVersion", "iam", {"policyArn": f"arn:aws:iam::{ACCOUNT}:policy/kms", "setAsDefault": True}, None),
    ("ModifyDBInstance", "rds", {"dBInstanceIdentifier": "Facility-Prod-DB", "applyImmediately": True}, True),
    ("ModifyDBInstance", "rds", {"dBInstanceIdentifier": "other-db", "vpcSecurityGroupIds": [OUR_GROUP]}, False),
    ("ModifyDBParameterGroup", "rds", {"dBParameterGroupName": "prod-pg16", "parameters": [{"parameterName": "max_connections"}]}, True),
    ("UpdateService", "ecs", {"cluster": "prod", "service": "staff-api", "desiredCount": 1}, True),
    ("UpdateService", "ecs", {"cluster": f"arn:aws:ecs:ap-northeast-1:{ACCOUNT}:cluster/prod", "service": f"arn:aws:ecs:ap-northeast-1:{ACCOUNT}:service/prod/staff-api"}, True),
    ("UpdateService", "ecs", {"cluster": "dev", "service": "staff-api"}, False),
    ("UpdateService", "ecs", {"cluster": "prod", "service": "batch"}, False),
    ("RegisterScalableTarget", "application-autoscaling", {"resourceId": "service/prod/staff-api", "maxCapacity": 2}, True),
    ("ModifyListener", "elasticloadbalancing", {"listenerArn": alb("listener", "prod-alb", "0467ef3c8400ae65")}, True),
    ("SetSecurityGroups", "elasticloadbalancing", {"loadBalancerArn": alb("loadbalancer", "dev-alb"), "securityGroups": [OUR_GROUP]}, False),
    ("ModifyTargetGroup", "elasticloadbalancing", {"targetGroupArn": f"arn:aws:elasticloadbalancing:ap-northeast-1:{ACCOUNT}:targetgroup/api/73e2d6bc24d8a067"}, True),
    ("ChangeResourceRecordSets", "route53", {"hostedZoneId": "Z24O6O9L7SGTNB"}, None),
]  # fmt: skip


@pytest.mark.parametrize(("name", "service", "parameters", "own"), RECORDS)
def test_whose_a_write_is(name, service, parameters, own):
    write = event(name, service, parameters, region="us-east-1" if service == "iam" else "ap-northeast-1")
    assert belongs(write, belongings()) is own


@pytest.mark.parametrize(("name", "service", "parameters", "own"), RECORDS)
def test_what_is_not_known_is_nobodys(name, service, parameters, own):
    # A kind that was not read makes "elsewhere" unknown, never "ours" unsure.
    write = event(name, service, parameters)
    unread = belongings(dict.fromkeys(Owned, "AccessDenied"))
    assert belongs(write, unread) is (True if own else None)
    assert belongs(write, belongings(without=tuple(Owned))) is None
    assert belongs(write, None) is None


def test_an_old_record_names_nothing():
    write = event("DeleteRoute", "ec2", {"routeTableId": "rtb-0e1f2a3b"})
    assert belongs(write.model_copy(update={"touched": ()}), belongings()) is None


def test_the_answer_of_a_write_names_what_it_made():
    # Of services that describe the whole resource it names what others share as well, and is left out.
    response = {"dBSubnetGroup": {"vpcId": "vpc-0a1b2c3d"}, "dBParameterGroups": [{"dBParameterGroupName": "prod-pg16"}]}  # fmt: skip
    other = event("ModifyDBInstance", "rds", {"dBInstanceIdentifier": "other-db"}, response)
    assert belongs(other, belongings()) is False
    rotated = event("RotateSecret", "secretsmanager", {"secretId": "x"}, {"arn": f"{SECRET}-AbCdEf"})
    assert belongs(rotated, belongings()) is True
    listed = event("RevokeSecurityGroupIngress", "ec2", None, resources=(OUR_GROUP,))
    assert belongs(listed, belongings()) is True


def test_what_a_record_names_is_bounded_and_holds_no_values():
    deep: Any = {"groupId": OUR_GROUP}
    for _level in range(40):
        deep = {"items": [deep]}
    names = [{"roleName": f"r{number}"} for number in range(200)]
    secrets = {
        "masterUserPassword": "hunter2",
        "value": "hunter2",
        "policyDocument": "{}",
        "clientToken": "t",
    }
    touched = event("X", "iam", {"a": names, "deep": deep, "long": "arn:aws:" + "x" * 900} | secrets).touched
    assert len(touched) == 50
    assert all(text.startswith("r") for text in touched)
    # That a password was set is told, what it is never.
    assert event("X", "rds", secrets | {"dBInstanceIdentifier": "d"}).touched == ("masteruserpassword", "d")


def test_what_an_earlier_reading_knew_is_ours_too():
    newest = belongings(without=(Owned.ENDPOINT,))
    bare = OwnedPart(kind=Owned.ENDPOINT)
    newest = newest.model_copy(update={"parts": (*newest.parts, bare)})
    write = event("DeleteVpcEndpoints", "ec2", {"vpcEndpointId": "vpce-0a9b8c7d6e5f4a3b2"})
    assert belongs(write, newest) is False
    assert belongs(write, newest.with_earlier(belongings())) is True
    assert newest.with_earlier(None) == newest
