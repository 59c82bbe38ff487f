"""Load balancers and target groups whose targets are the tasks of an ECS service. An account without any (a
system that a test created) leaves them to moto. Source: Elastic Load Balancing v2 API reference."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from services.demo.account import SYSTEM
from services.demo.ec2 import BALANCER_GROUP, SUBNETS, VPC
from services.demo.ecs.model import Service
from services.demo.ecs.records import Task
from services.demo.effects import Targets
from services.demo.errors import AwsErrorResponse, ToMoto
from services.demo.registry import Call, op
from services.demo.scenario import TlsCertificate


@dataclass(slots=True)
class TargetGroup:
    arn: str
    name: str
    service: Service
    path: str
    failing: int = 0  # How many of its targets fail their health checks
    troubles: tuple[Targets, ...] = ()  # What else is wrong with its targets now

    def health(self, at: float) -> list[tuple[Task, str, str, str]]:
        """(task, state, reason, description) of every registered target; `at` in epoch seconds."""
        if any(trouble.deregistered for trouble in self.troubles):
            return []
        serving = self.service.serving(at)
        failing = {task.id: _FAILING for task in serving[: self.failing]}
        for trouble in self.troubles:
            troubled = [task for task in serving if trouble.zone in ("", task.zone)][: trouble.most]
            failing |= {task.id: (trouble.reason, trouble.description) for task in troubled}
        return [
            (task, *_health(task, at, failing.get(task.id)))
            for task in self.service.tasks
            if task.runs_at <= at and not task.gone(at)
        ]

    def is_shifted(self, task: Task) -> bool:
        """Whether a zonal shift moves traffic away from the target of `task`."""
        return any(trouble.shifted and trouble.zone in ("", task.zone) for trouble in self.troubles)

    def registered(self, at: float) -> int:
        """How many targets are registered and not draining."""
        if any(trouble.deregistered for trouble in self.troubles):
            return 0
        return sum(task.stopping is None and task.runs_at <= at for task in self.service.tasks)


_FAILING = "Target.ResponseCodeMismatch", "Health checks failed with these codes: [503]"


def _health(task: Task, at: float, failing: tuple[str, str] | None) -> tuple[str, str, str]:
    if task.stopping is not None:
        return "draining", "Target.DeregistrationInProgress", "Target deregistration is in progress"
    if task.healthy_at > at:
        return "initial", "Elb.RegistrationInProgress", "Target registration is in progress"
    return ("unhealthy", *failing) if failing else ("healthy", "", "")


@dataclass(slots=True)
class DemoLoadBalancer:
    arn: str
    name: str
    created: datetime
    groups: list[TargetGroup] = field(default_factory=list)

    @property
    def listener(self) -> str:
        return self.arn.replace(":loadbalancer/", ":listener/") + "/f2f7dc8efc522ab2"


class LoadBalancers(list[DemoLoadBalancer]):
    pass


_CERTIFICATE_DAYS = 197.0


def _balancers(call: Call) -> LoadBalancers:
    balancers = call.component(LoadBalancers)
    if not balancers:
        raise ToMoto
    return balancers


def _groups(call: Call) -> list[tuple[DemoLoadBalancer, TargetGroup]]:
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
                "Scheme": "internet-facing",
                "VpcId": VPC,
                "State": {"Code": "active"},
                "Type": "application",
                "AvailabilityZones": [
                    {"ZoneName": f"{call.region}{zone}", "SubnetId": id} for zone, id in SUBNETS.items()
                ],
                "SecurityGroups": [BALANCER_GROUP],
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
            {"TargetGroupArn": group.arn, "Protocol": "HTTP", "Port": group.service.port, "VpcId": VPC}
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
