"""Creates the resources of the runbook's system in an empty account, by requests of boto3 at the world's
time. The requests are in JSON files beside this module, `dashboard.json` holds the body of the dashboard."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from services.demo import names
from services.demo.account import SYSTEM, data_of
from services.demo.clients import client
from services.demo.ecs.model import Service
from services.demo.effects import Deploy
from services.demo.load_balancers import DemoLoadBalancer, LoadBalancers, TargetGroup
from services.demo.scenario import AlarmFact, Released, ScalingFact, ScenarioRun, ScheduledFact

RELEASES = timedelta(days=7)  # From release to release of the application
REGISTERED = timedelta(seconds=60)  # From the registration of a task definition to its release
INACTIVE = 30  # The newest revision that is deregistered
DASHBOARD_AT = datetime(2025, 10, 25, tzinfo=UTC)
_FOLDER = Path(__file__).parent
_TARGET = {
    "ServiceNamespace": "ecs",
    "ResourceId": f"service/{names.CLUSTER}/{names.SERVICE}",
    "ScalableDimension": "ecs:service:DesiredCount",
}


def create_service(run: ScenarioRun, released: datetime) -> None:
    """The cluster, the task definitions and the service with its first tasks; `released` is when its revision was deployed."""
    ecs, at = client("ecs"), run.at
    ecs.create_cluster(clusterName=names.CLUSTER)
    for number in range(1, 43):
        run.at = released - (42 - number) * RELEASES - REGISTERED
        ecs.register_task_definition(**_definition(number))
        if number <= INACTIVE:
            ecs.deregister_task_definition(taskDefinition=f"{names.FAMILY}:{number}")
    deploys = [effect for effect in run.scenario.effects if isinstance(effect, Deploy) and effect.is_release]
    if deploys:
        run.at = run.time_of(deploys[0].at) - REGISTERED
        ecs.register_task_definition(**_definition(43))
    run.at = at
    ecs.create_service(
        cluster=names.CLUSTER,
        serviceName=names.SERVICE,
        taskDefinition=names.DEPLOYED,
        desiredCount=2,
        loadBalancers=[
            {"targetGroupArn": names.GROUP_ARN, "containerName": names.SERVICE, "containerPort": 8080}
        ],
    )


def released_at(run: ScenarioRun, usual: datetime) -> datetime:
    """When the running revision was deployed: `usual`, unless the scenario says otherwise."""
    return next((run.time_of(fact.at) for fact in run.scenario.facts_of(Released)), usual)


def _definition(number: int) -> dict[str, Any]:
    """A revision of the task definition: `2.14.3` of revision 42; 43 is the next minor version."""
    variables = {"SPRING_PROFILES_ACTIVE": "prod", "TZ": "Asia/Tokyo", "DB_POOL_SIZE": "5"}
    version = f"2.{14 - (42 - number) // 4}.{3 - (42 - number) % 4}"
    if number == 43:
        version = "2.15.0"
        variables |= {"FEATURE_CALENDAR": "on", "DB_POOL_SIZE": "8", "DB_USER": "facility"}
    definition: dict[str, Any] = _read("task-definition")
    (container,) = definition["containerDefinitions"]
    container["image"] += f":{version}"
    container["environment"] = [{"name": name, "value": value} for name, value in variables.items()]
    return definition


def create_scaling(run: ScenarioRun) -> None:
    scaling, facts = client("application-autoscaling"), run.scenario.facts_of(ScalingFact)
    bounds = facts[0] if facts else ScalingFact(kind="scaling")
    suspended = {name: True for fact in facts for name in fact.suspended}
    scaling.register_scalable_target(
        **_TARGET, MinCapacity=bounds.minimum, MaxCapacity=bounds.maximum, SuspendedState=suspended
    )
    if all(fact.policy for fact in facts):
        scaling.put_scaling_policy(**_TARGET, **_read("scaling-policy"))
    for action in run.scenario.facts_of(ScheduledFact):
        scaling.put_scheduled_action(
            **_TARGET,
            ScheduledActionName=action.name,
            Schedule=action.schedule,
            Timezone=action.timezone,
            ScalableTargetAction=action.bounds,
        )


def create_balancer(balancers: LoadBalancers, service: Service) -> TargetGroup:
    group = TargetGroup(names.GROUP_ARN, f"{SYSTEM}-prod-staff-api-tg", service, "/health")
    balancer = DemoLoadBalancer(names.BALANCER_ARN, f"{SYSTEM}-prod-alb", datetime(2025, 4, 1, tzinfo=UTC))
    balancer.groups.append(group)
    balancers.append(balancer)
    return group


def create_log_groups() -> None:
    logs = client("logs")
    for name, days in ((names.APP_LOG, 90), (names.DATABASE_LOG, 90), (names.WAF_LOG, 365)):
        logs.create_log_group(logGroupName=name)
        logs.put_retention_policy(logGroupName=name, retentionInDays=days)
    logs.put_index_policy(logGroupIdentifier=names.APP_LOG, policyDocument='{"Fields": ["requestId"]}')


def create_alarms(run: ScenarioRun, language: str) -> None:
    """The alarms that exist in a scenario, some of them with disabled actions, and the rule that mutes others."""
    cloudwatch, states = (
        client("cloudwatch"),
        {fact.name: fact.state for fact in run.scenario.facts_of(AlarmFact)},
    )
    for operation, requests in _read("alarms", language).items():
        for request in requests:
            state = states.get(request["AlarmName"])
            if state != "missing":
                getattr(cloudwatch, operation)(**request, ActionsEnabled=state != "disabled")
    muted = [name for name, state in states.items() if state == "muted"]
    if muted:
        at, run.at = run.at, (run.began - timedelta(hours=1)).replace(second=0, microsecond=0)
        cloudwatch.put_alarm_mute_rule(
            Name="maintenance-work",
            Rule={
                "Schedule": {
                    "Expression": f"at({run.at:%Y-%m-%dT%H:%M})",
                    "Duration": "P10D",
                    "Timezone": "UTC",
                }
            },
            MuteTargets={"AlarmNames": muted},
        )
        run.at = at


def create_dashboard(run: ScenarioRun, language: str) -> None:
    at, run.at = run.at, DASHBOARD_AT
    body = json.dumps(_read("dashboard", language), ensure_ascii=False)
    client("cloudwatch").put_dashboard(DashboardName=names.DASHBOARD, DashboardBody=body)
    run.at = at


def _read(name: str, language: str = "ja") -> Any:
    """A data file in this folder. Japanese is what people wrote into AWS; `english.json` has it in English."""
    content = data_of(_FOLDER / f"{name}.json")
    return content if language != "en" else _translated(content, data_of(_FOLDER / "english.json"))


def _translated(value: Any, english: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: _translated(each, english) for key, each in value.items()}
    if isinstance(value, list):
        return [_translated(each, english) for each in value]
    return english.get(value, value) if isinstance(value, str) else value
