"""Handlers for load balancers and target groups.

An account without any (a system that a test created) leaves them to moto. Source: Elastic Load Balancing v2 API
reference.
"""

from datetime import timedelta
from typing import Any

from services.demo.account import SYSTEM
from services.demo.ec2 import BALANCER_GROUP, SUBNETS, VPC
from services.demo.elb.model import LoadBalancer, LoadBalancers, TargetGroup
from services.demo.errors import AwsErrorResponse, ToMoto
from services.demo.registry import Call, op
from services.demo.scenario_facts import TlsCertificate

_CERTIFICATE_DAYS = 197.0


def _balancers(call: Call) -> LoadBalancers:
    balancers = call.component(LoadBalancers)
    if not balancers:
        raise ToMoto
    return balancers


def _groups(call: Call) -> list[tuple[LoadBalancer, TargetGroup]]:
    return [(balancer, group) for balancer in _balancers(call) for group in balancer.groups]


@op("elbv2", "DescribeLoadBalancers")
def describe_load_balancers(call: Call) -> dict[str, Any]:
    params = call.params
    requested = set(params.get("LoadBalancerArns") or ()) | set(params.get("Names") or ())
    balancers = [
        balancer
        for balancer in _balancers(call)
        if not requested or requested & {balancer.arn, balancer.name}
    ]
    if requested and not balancers:
        raise AwsErrorResponse("LoadBalancerNotFound", "One or more load balancers not found")
    return {
        "LoadBalancers": [
            {
                "LoadBalancerArn": balancer.arn,
                "DNSName": f"{balancer.name}-1234567890.{call.region}.elb.amazonaws.com",
                "CanonicalHostedZoneId": "Z14GRHDCWA56QT",
                "CreatedTime": balancer.created,
                "LoadBalancerName": balancer.name,
                "Scheme": "internet-facing",
                "VpcId": VPC,
                "State": {"Code": "active"},
                "Type": "application",
                "AvailabilityZones": [
                    {"ZoneName": f"{call.region}{zone}", "SubnetId": id} for zone, id in SUBNETS.items()
                ],
                "SecurityGroups": [BALANCER_GROUP],
                "IpAddressType": "ipv4",
            }
            for balancer in balancers
        ]
    }


@op("elbv2", "DescribeListeners")
def describe_listeners(call: Call) -> dict[str, Any]:
    arn = call.params.get("LoadBalancerArn")
    return {
        "Listeners": [
            {
                "ListenerArn": balancer.listener,
                "LoadBalancerArn": balancer.arn,
                "Port": 443,
                "Protocol": "HTTPS",
                "Certificates": [
                    {"CertificateArn": f"arn:aws:acm:{call.region}:{call.account}:certificate/5e0c7a52"}
                ],
                "DefaultActions": [{"Type": "forward", "TargetGroupArn": balancer.groups[0].arn}],
            }
            for balancer in _balancers(call)
            if arn in (None, balancer.arn) and balancer.groups
        ]
    }


@op("acm", "DescribeCertificate", of_system=True)
def describe_certificate(call: Call) -> dict[str, Any]:
    days = next((fact.days for fact in call.run.scenario.facts_of(TlsCertificate)), _CERTIFICATE_DAYS)
    named = {"CertificateArn": call.params["CertificateArn"], "DomainName": f"{SYSTEM}.city.example.jp"}
    return {"Certificate": {**named, "NotAfter": call.run.began + timedelta(days=days)}}


@op("elbv2", "DescribeTargetGroups")
def describe_target_groups(call: Call) -> dict[str, Any]:
    params = call.params
    requested = set(params.get("TargetGroupArns") or ()) | set(params.get("Names") or ())
    owner = params.get("LoadBalancerArn")
    groups = [
        (balancer, group)
        for balancer, group in _groups(call)
        if (not requested or requested & {group.arn, group.name}) and owner in (None, balancer.arn)
    ]
    if requested and not groups:
        raise AwsErrorResponse("TargetGroupNotFound", "One or more target groups not found")
    return {
        "TargetGroups": [
            {
                "TargetGroupArn": group.arn,
                "TargetGroupName": group.name,
                "Protocol": "HTTP",
                "Port": group.service.port,
                "VpcId": VPC,
                "HealthCheckProtocol": "HTTP",
                "HealthCheckPort": "traffic-port",
                "HealthCheckEnabled": True,
                "HealthCheckIntervalSeconds": 15,
                "HealthCheckTimeoutSeconds": 5,
                "HealthyThresholdCount": 2,
                "UnhealthyThresholdCount": 3,
                "HealthCheckPath": group.path,
                "Matcher": {"HttpCode": "200"},
                "LoadBalancerArns": [balancer.arn],
                "TargetType": "ip",
                "ProtocolVersion": "HTTP1",
            }
            for balancer, group in groups
        ]
    }


_SHIFTED = {
    "AdministrativeOverride": {
        "State": "zonal_shift_active",
        "Reason": "AdministrativeOverride.ZonalShiftActive",
        "Description": "Zonal shift is active",
    }
}


@op("elbv2", "DescribeTargetHealth")
def describe_target_health(call: Call) -> dict[str, Any]:
    arn = call.params["TargetGroupArn"]
    group = next((group for _, group in _groups(call) if group.arn == arn), None)
    if group is None:
        raise AwsErrorResponse("TargetGroupNotFound", f"Target groups '{arn}' not found")
    ids = {target["Id"] for target in call.params.get("Targets") or ()}
    port = group.service.port
    rows = []
    for task, state, reason, words in group.health(call.epoch):
        if ids and task.ip not in ids:
            continue
        health = {"State": state} | ({"Reason": reason, "Description": words} if reason else {})
        target = {"Id": task.ip, "Port": port, "AvailabilityZone": task.zone}
        row = {"Target": target, "HealthCheckPort": str(port), "TargetHealth": health}
        rows.append(row | (_SHIFTED if group.is_shifted(task) else {}))
    return {"TargetHealthDescriptions": rows}
