from datetime import UTC, datetime
from random import Random
from typing import Any

from services.demo.account import ACCOUNT, REGION, SYSTEM
from services.demo.autoscaling.model import Scaling
from services.demo.autoscaling.records import Policy, plan
from services.demo.ecs.clusters import Clusters
from services.demo.ecs.model import Service
from services.demo.ecs.records import when
from services.demo.effects import Deploy
from services.demo.elb.model import LoadBalancer, LoadBalancers, TargetGroup
from services.demo.logs.store import LogStore
from services.demo.scenario import ScenarioRun
from services.demo.scenario_facts import Released, ScalingFact, ScheduledFact
from services.demo.system import names
from services.demo.system.backfill import write_past
from services.demo.system.minute import simulate

CPU_TARGET = 60.0
"""Per cent of CPU that target tracking aims at."""
RELEASES = 7 * 86_400.0
"""Seconds from release to release of the application."""
REGISTERED = 60.0
"""Seconds from the registration of a task definition to its release."""
INACTIVE = 30
"""The newest revision that is deregistered."""
SECRET = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:{names.DATABASE}-9XkQzE"


def create_service(clusters: Clusters, run: ScenarioRun, at: float, released: float) -> Service:
    """The cluster, the task definitions and the service with its first tasks, created at `at` (epoch seconds).

    `released` is when its revision was deployed.
    """
    clusters.clusters[names.CLUSTER] = at
    for fact in run.scenario.facts_of(Released):
        released = run.began.timestamp() + fact.at
    deploys = [effect for effect in run.scenario.effects if isinstance(effect, Deploy) and effect.is_release]
    clusters.definitions[names.FAMILY] = [
        _definition(number, released - (42 - number) * RELEASES) for number in range(1, 44 if deploys else 43)
    ]
    if deploys:
        release = run.began.timestamp() + deploys[0].at
        clusters.definitions[names.FAMILY][-1]["registeredAt"] = when(release - REGISTERED)
    service = Service(
        names.SERVICE,
        names.CLUSTER,
        names.DEPLOYED,
        2,
        at,
        Random(run.scenario.seed),
        target_group=names.GROUP_ARN,
        container=names.SERVICE,
        images_of=clusters.images_of,
    )
    service.released(f"{names.FAMILY}:41", released)
    clusters.services[names.CLUSTER, names.SERVICE] = service
    service.advance(at)
    return service


def _definition(number: int, released: float) -> dict[str, Any]:
    """A revision of the task definition, registered minutes before its release; old ones are inactive."""
    variables = {"SPRING_PROFILES_ACTIVE": "prod", "TZ": "Asia/Tokyo", "DB_POOL_SIZE": "5"}
    if number == 43:
        variables |= {"FEATURE_CALENDAR": "on", "DB_POOL_SIZE": "8", "DB_USER": "facility"}
    container = {
        "name": names.SERVICE,
        "image": f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/staff-api:{_version(number)}",
        "essential": True,
        "portMappings": [{"containerPort": 8080, "protocol": "tcp"}],
        "environment": [{"name": name, "value": value} for name, value in variables.items()],
        "secrets": [{"name": "DB_PASSWORD", "valueFrom": f"{SECRET}:password::"}],
    }
    return {
        "family": names.FAMILY,
        "revision": number,
        "taskDefinitionArn": f"arn:aws:ecs:{REGION}:{ACCOUNT}:task-definition/{names.FAMILY}:{number}",
        "containerDefinitions": [container],
        "taskRoleArn": f"arn:aws:iam::{ACCOUNT}:role/{names.SERVICE}-task",
        "executionRoleArn": f"arn:aws:iam::{ACCOUNT}:role/{names.SERVICE}-execution",
        "status": "ACTIVE" if number > INACTIVE else "INACTIVE",
        "networkMode": "awsvpc",
        "requiresCompatibilities": ["FARGATE"],
        "cpu": "512",
        "memory": "1024",
        "registeredAt": when(released - REGISTERED),
        "registeredBy": f"arn:aws:iam::{ACCOUNT}:user/{names.USER}",
    }


def _version(number: int) -> str:
    return "2.15.0" if number == 43 else f"2.{14 - (42 - number) // 4}.{3 - (42 - number) % 4}"


def create_scaling(scaling: Scaling, run: ScenarioRun, at: float) -> None:
    resource = f"service/{names.CLUSTER}/{names.SERVICE}"
    facts = run.scenario.facts_of(ScalingFact)
    bounds = facts[0] if facts else ScalingFact(kind="scaling")
    capacity = {"MinCapacity": bounds.minimum, "MaxCapacity": bounds.maximum}
    target = scaling.register(resource, at, capacity)
    settings = {
        "TargetValue": CPU_TARGET,
        "PredefinedMetricSpecification": {"PredefinedMetricType": "ECSServiceAverageCPUUtilization"},
        "ScaleOutCooldown": 60,
        "ScaleInCooldown": 300,
    }
    identity = "6f0c7b1e-5d2a-4b8f-9a43-2c1d8e7f6a50"
    if all(fact.policy for fact in facts):
        scaling.track(target, Policy("staff-api-cpu60", identity, CPU_TARGET, at, settings=settings))
    for fact in facts:
        target.suspended |= dict.fromkeys(fact.suspended, True)
    for action in run.scenario.facts_of(ScheduledFact):
        plan(target, action.name, action.schedule, action.timezone, action.bounds, at)


def create_balancer(balancers: LoadBalancers, service: Service) -> TargetGroup:
    group = TargetGroup(names.GROUP_ARN, f"{SYSTEM}-prod-staff-api-tg", service, "/health")
    balancer = LoadBalancer(names.BALANCER_ARN, f"{SYSTEM}-prod-alb", datetime(2025, 4, 1, tzinfo=UTC))
    balancer.groups.append(group)
    balancers.append(balancer)
    return group


def create_log_groups(logs: LogStore, run: ScenarioRun, at: float, log_start: int) -> None:
    """The log groups, created at `at`, with the lines of the weeks before `log_start` (both epoch seconds)."""
    for name, days in ((names.APP_LOG, 90), (names.DATABASE_LOG, 90), (names.WAF_LOG, 365)):
        group = logs.create_group(name, int(at * 1000), REGION, days)
        if name == names.APP_LOG:
            group.indexes, group.indexed_at = ("requestId",), group.created
    first = simulate(run.scenario, run.began.timestamp(), log_start, 2)
    write_past(logs, log_start, first.level_field)
