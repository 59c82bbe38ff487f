"""Drives the runbook's system: one Minute after another becomes metrics, log lines, ECS and scaling."""

import heapq
from datetime import UTC, datetime, timedelta
from random import Random
from typing import TYPE_CHECKING

from services.demo.autoscaling.records import Policy, plan
from services.demo.ecs.model import Service
from services.demo.elb.handlers import LoadBalancer, TargetGroup
from services.demo.facts import ScalingFact, ScheduledFact
from services.demo.scenario import Deploy
from services.demo.system import alarms, dashboard, names
from services.demo.system.app_log import app_lines, startup_lines
from services.demo.system.lines import Line
from services.demo.system.minute import Minute, gib_lost, live
from services.demo.system.other_logs import database_lines, firewall_lines
from services.demo.system.past import publish_past, write_past
from services.demo.system.publish import publish

if TYPE_CHECKING:
    from services.demo.world import World

TARGET = 60.0
"""Per cent of CPU that target tracking keeps."""
CREDITS = 576.0
KEY_AGE = timedelta(days=63)
"""Of the deploy user's key at the scenario's beginning: its rotation is still to come."""
_FIRST_TASKS = 600.0
"""So many seconds before the history begins the first tasks started."""


class Facility:
    """`begin` at a minute's start, `end` at its end."""

    def __init__(self, world: "World", start: int, log_start: int) -> None:
        self._world = world
        self._log_start = log_start
        self._minute: Minute | None = None
        self._lines: list[Line] = []
        self._seen: set[str] = set()
        self._free = world.scenario.free_storage_gib + _used(world, start)
        self._credits = CREDITS
        publish_past(world.metrics, start)
        self.load = 0.0
        """Mean CPU of the tasks in the newest minute, per cent."""
        created = start - _FIRST_TASKS
        self.service = self._service(created)
        self.group = TargetGroup(names.GROUP_ARN, "facility-prod-staff-api-tg", self.service, "/health")
        balancer = LoadBalancer(names.BALANCER_ARN, "facility-prod-alb", datetime(2025, 4, 1, tzinfo=UTC))
        balancer.groups.append(self.group)
        world.balancers.append(balancer)
        for name, days in ((names.APP_LOG, 90), (names.DATABASE_LOG, 90), (names.WAF_LOG, 365)):
            world.logs.create_group(name, int(created * 1000), names.REGION, days)
        first = live(world.scenario, world.began.timestamp(), log_start, 2)
        write_past(world.logs, log_start, first.level_field)
        self._alarms(datetime.fromtimestamp(created, UTC))
        world.keys.add(names.USER, names.USER_KEY, world.began - KEY_AGE)
        world.dashboards.put(names.DASHBOARD, dashboard.body(), datetime(2025, 10, 25, tzinfo=UTC))

    def _service(self, created: float) -> Service:
        world = self._world
        world.clusters.clusters[names.CLUSTER] = created
        container = {
            "name": names.SERVICE,
            "image": f"{world.account}.dkr.ecr.{names.REGION}.amazonaws.com/staff-api:2.14.3",
            "essential": True,
            "portMappings": [{"containerPort": 8080, "protocol": "tcp"}],
        }
        arn = f"arn:aws:ecs:{names.REGION}:{world.account}:task-definition/{names.FAMILY}"
        world.clusters.definitions[names.FAMILY] = [
            {
                "family": names.FAMILY,
                "revision": number,
                "taskDefinitionArn": f"{arn}:{number}",
                "containerDefinitions": [container],
                "status": "ACTIVE",
                "networkMode": "awsvpc",
                "requiresCompatibilities": ["FARGATE"],
                "cpu": "512",
                "memory": "1024",
            }
            for number in range(1, 43)
        ]
        service = Service(
            names.SERVICE,
            names.CLUSTER,
            f"{names.FAMILY}:42",
            2,
            created,
            Random(world.scenario.seed),
            target_group=names.GROUP_ARN,
            container=names.SERVICE,
        )
        world.clusters.services[names.CLUSTER, names.SERVICE] = service
        service.advance(created)
        resource = f"service/{names.CLUSTER}/{names.SERVICE}"
        target = world.scaling.register(resource, created, {"MinCapacity": 2, "MaxCapacity": 5})
        settings = {
            "TargetValue": TARGET,
            "PredefinedMetricSpecification": {"PredefinedMetricType": "ECSServiceAverageCPUUtilization"},
            "ScaleOutCooldown": 60,
            "ScaleInCooldown": 300,
        }
        identity = "6f0c7b1e-5d2a-4b8f-9a43-2c1d8e7f6a50"
        facts = world.scenario.facts_of(ScalingFact)
        if all(fact.policy for fact in facts):
            policy = Policy("staff-api-cpu60", identity, TARGET, created, settings=settings)
            world.scaling.track(target, policy)
        for fact in facts:
            target.suspended |= dict.fromkeys(fact.suspended, True)
        for planned in world.scenario.facts_of(ScheduledFact):
            plan(target, planned.name, planned.schedule, planned.timezone, planned.bounds, created)
        return service

    def _alarms(self, at: datetime) -> None:
        for kind, settings in alarms.standing(self._world.scenario):
            self._world.alarm_book.put(kind, settings, at=at)
        alarms.mute(self._world)

    def begin(self, start: int) -> None:
        """Live the minute from `start`; its log lines become visible as the world's clock reaches them."""
        began = self._world.began.timestamp()
        for effect in self._world.scenario.effects:
            if isinstance(effect, Deploy) and start <= began + effect.at < start + 60:
                self._deploy(effect, start)
        serving = self.service.serving(start + 30)
        minute = live(self._world.scenario, began, start, len(serving))
        self._minute = minute
        if minute.unhealthy and not self.group.failing:
            reason = "(reason Health checks failed with these codes: [503])"
            self.service.tell(
                start + 20, f"(port 8080) is unhealthy in (target-group {names.GROUP_ARN}) due to {reason}"
            )
        self.group.failing = minute.unhealthy
        if start >= self._log_start:
            self._write(minute)

    def _deploy(self, effect: Deploy, at: float) -> None:
        """Of the same definition, or of a new one that is broken."""
        definition = self.service.definition
        if effect.broken:
            definition = f"{names.FAMILY}:43"
            self.service.broken[definition] = at
        self.service.deploy(definition, at)

    def _write(self, minute: Minute) -> None:
        serving = self.service.serving(minute.start + 30)
        streams = [f"ecs/{names.SERVICE}/{task.id}" for task in serving]
        lines = app_lines(minute, streams) + database_lines(minute) + firewall_lines(minute)
        for task in self.service.tasks:
            if task.id not in self._seen and task.runs_at < minute.start + 60:
                self._seen.add(task.id)
                lines += startup_lines(task.runs_at, f"ecs/{names.SERVICE}/{task.id}", minute.level_field)
        for line in lines:
            heapq.heappush(self._lines, line)

    def end(self) -> None:
        """Publish what the minute measured."""
        minute = self._minute
        if minute is None:
            return
        self.load = minute.cpu
        self._free -= minute.gib_lost
        self._credits = min(CREDITS, max(0.0, self._credits + (20 - minute.database_cpu) / 60))
        publish(self._world.metrics, minute, self._free, self._credits)

    def release(self, now: float) -> None:
        """Let the lines that are due by `now` (epoch seconds) become visible."""
        due = int(now * 1000)
        batches: dict[tuple[str, str, int], list[tuple[int, str]]] = {}
        while self._lines and self._lines[0].visible <= due:
            line = heapq.heappop(self._lines)
            # Agents send in batches: what becomes visible within the same second came together.
            key = (line.group, line.stream, line.visible // 1000)
            batches.setdefault(key, []).append((line.at, line.message))
        for (name, stream, second), rows in batches.items():
            group = self._world.logs.groups.get((names.REGION, name))
            if group is not None:
                self._world.logs.put(group, stream, rows, min(due, second * 1000 + 999))


def _used(world: "World", start: int) -> float:
    """What the database's disk loses, in GiB, from `start` to the scenario's beginning."""
    began = world.began.timestamp()
    return sum(gib_lost(world.scenario, minute + 30 - began) for minute in range(start, int(began), 60))
