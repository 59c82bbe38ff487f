"""Load balancers and target groups, whose targets are the tasks of a service.

Where the world holds none (a system seeded by hand), moto answers.
Source: Elastic Load Balancing v2 API reference.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from services.demo.ecs.model import Service, Task
from services.demo.registry import Call, Fault, ToMoto, op


@dataclass(slots=True)
class TargetGroup:
    """One target group."""

    arn: str
    name: str
    service: Service
    path: str
    failing: int = 0
    """So many of its targets fail their health checks."""

    @property
    def dimension(self) -> str:
        """As CloudWatch names it."""
        return self.arn.rsplit(":", 1)[-1]

    def health(self, at: float) -> list[tuple[Task, str, str, str]]:
        """(task, state, reason, description) of every registered target."""
        serving = self.service.serving(at)
        failing = {task.id for task in serving[: self.failing]}
        return [
            (task, *_health(task, at, failing=task.id in failing))
            for task in self.service.tasks
            if task.runs_at <= at and not task.gone(at)
        ]


def _health(task: Task, at: float, *, failing: bool) -> tuple[str, str, str]:
    if task.stopping is not None:
        return "draining", "Target.DeregistrationInProgress", "Target deregistration is in progress"
    if task.healthy_at > at:
        return "initial", "Elb.RegistrationInProgress", "Target registration is in progress"
    if failing:
        return "unhealthy", "Target.ResponseCodeMismatch", "Health checks failed with these codes: [503]"
    return "healthy", "", ""


@dataclass(slots=True)
class LoadBalancer:
    """One application load balancer with one HTTPS listener."""

    arn: str
    name: str
    created: datetime
    groups: list[TargetGroup] = field(default_factory=list)

    @property
    def dimension(self) -> str:
        """As CloudWatch names it."""
        return self.arn.split(":loadbalancer/", 1)[-1]

    @property
    def listener(self) -> str:
        """Its listener's ARN."""
        return self.arn.replace(":loadbalancer/", ":listener/") + "/f2f7dc8efc522ab2"


def _balancers(call: Call) -> list[LoadBalancer]:
    found: list[LoadBalancer] = call.world.balancers
    if not found:
        raise ToMoto
    return found


def _groups(call: Call) -> list[tuple[LoadBalancer, TargetGroup]]:
    return [(balancer, group) for balancer in _balancers(call) for group in balancer.groups]


@op("elbv2", "DescribeLoadBalancers")
def describe_load_balancers(call: Call) -> dict[str, Any]:
    """Load balancers by ARN or name."""
    params = call.params
    wanted = set(params.get("LoadBalancerArns") or ()) | set(params.get("Names") or ())
    found = [each for each in _balancers(call) if not wanted or wanted & {each.arn, each.name}]
    if wanted and not found:
        raise Fault("LoadBalancerNotFound", "One or more load balancers not found")
    return {
        "LoadBalancers": [
            {
                "LoadBalancerArn": each.arn,
                "DNSName": f"{each.name}-1234567890.{call.region}.elb.amazonaws.com",
                "CanonicalHostedZoneId": "Z14GRHDCWA56QT",
                "CreatedTime": each.created,
                "LoadBalancerName": each.name,
                "Scheme": "internet-facing",
                "VpcId": "vpc-0a1b2c3d",
                "State": {"Code": "active"},
                "Type": "application",
                "AvailabilityZones": [{"ZoneName": f"{call.region}{zone}"} for zone in "acd"],
                "SecurityGroups": ["sg-0a1b2c3d"],
                "IpAddressType": "ipv4",
            }
            for each in found
        ]
    }


@op("elbv2", "DescribeListeners")
def describe_listeners(call: Call) -> dict[str, Any]:
    """The HTTPS listener of each load balancer asked for."""
    wanted = call.params.get("LoadBalancerArn")
    return {
        "Listeners": [
            {
                "ListenerArn": each.listener,
                "LoadBalancerArn": each.arn,
                "Port": 443,
                "Protocol": "HTTPS",
                "DefaultActions": [{"Type": "forward", "TargetGroupArn": each.groups[0].arn}],
            }
            for each in _balancers(call)
            if wanted in (None, each.arn) and each.groups
        ]
    }


@op("elbv2", "DescribeTargetGroups")
def describe_target_groups(call: Call) -> dict[str, Any]:
    """Target groups by ARN, name or load balancer."""
    params = call.params
    wanted = set(params.get("TargetGroupArns") or ()) | set(params.get("Names") or ())
    owner = params.get("LoadBalancerArn")
    found = [
        (balancer, group)
        for balancer, group in _groups(call)
        if (not wanted or wanted & {group.arn, group.name}) and owner in (None, balancer.arn)
    ]
    if wanted and not found:
        raise Fault("TargetGroupNotFound", "One or more target groups not found")
    return {
        "TargetGroups": [
            {
                "TargetGroupArn": group.arn,
                "TargetGroupName": group.name,
                "Protocol": "HTTP",
                "Port": group.service.port,
                "VpcId": "vpc-0a1b2c3d",
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
            for balancer, group in found
        ]
    }


@op("elbv2", "DescribeTargetHealth")
def describe_target_health(call: Call) -> dict[str, Any]:
    """The health of every target of a group."""
    arn = call.params["TargetGroupArn"]
    group = next((group for _, group in _groups(call) if group.arn == arn), None)
    if group is None:
        raise Fault("TargetGroupNotFound", f"Target groups '{arn}' not found")
    wanted = {target["Id"] for target in call.params.get("Targets") or ()}
    port = group.service.port
    rows = []
    for task, state, reason, words in group.health(call.world.clock.now().timestamp()):
        if wanted and task.ip not in wanted:
            continue
        health = {"State": state} | ({"Reason": reason, "Description": words} if reason else {})
        target = {"Id": task.ip, "Port": port, "AvailabilityZone": task.zone}
        rows.append({"Target": target, "HealthCheckPort": str(port), "TargetHealth": health})
    return {"TargetHealthDescriptions": rows}
