"""Simulates the runbook's system minute by minute: metrics, log lines, deployments, target health."""

import heapq
from typing import Protocol

from services.demo.account import REGION
from services.demo.cloudwatch.store import MetricStore
from services.demo.ecs.model import Service
from services.demo.elb.model import TargetGroup
from services.demo.logs.store import LogStore
from services.demo.scenario import Deploy, ScenarioRun
from services.demo.system import names
from services.demo.system.app_log import app_lines, startup_lines
from services.demo.system.lines import Line
from services.demo.system.minute import Minute, gib_filled, simulate
from services.demo.system.other_logs import database_lines, firewall_lines
from services.demo.system.publish import publish

CREDITS = 576.0
"""CPU credits of the database at most, and at the beginning."""


class Database(Protocol):
    """What the simulation asks of the database instance."""

    @property
    def grown_gib(self) -> float:
        """Storage in addition to that of the beginning."""
        ...

    @property
    def cpu_share(self) -> float:
        """CPU that the same queries need, relative to the class of the beginning."""
        ...

    def is_down(self, first: float, last: float) -> bool:
        """Whether it cannot be reached at some time from `first` to `last` (epoch seconds)."""
        ...


class SimulatedSystem:
    """The running system: call `begin` at a minute's start and `end` at its end.

    `start` is the first minute and `log_start` the first with log lines, both in epoch seconds.
    """

    def __init__(
        self,
        run: ScenarioRun,
        service: Service,
        group: TargetGroup,
        metrics: MetricStore,
        logs: LogStore,
        database: Database,
        start: int,
        log_start: int,
    ) -> None:
        self._run = run
        self.service = service
        self.group = group
        self._metrics = metrics
        self._logs = logs
        self._database = database
        self._log_start = log_start
        self._minute: Minute | None = None
        self._lines: list[Line] = []
        self._started: set[str] = set()
        """Ids of the tasks whose start has been logged."""
        self._free = run.scenario.free_storage_gib + _filled(run, start)
        self._credits = CREDITS
        self.load = 0.0
        """Mean CPU of the tasks in the newest minute, per cent."""

    def begin(self, start: int) -> None:
        """Simulate the minute from `start`; its log lines become visible with `release`."""
        began = self._run.began.timestamp()
        for effect in self._run.scenario.effects:
            if isinstance(effect, Deploy) and start <= began + effect.at < start + 60:
                self._deploy(effect, start)
        serving = self.service.serving(start + 30)
        failing = self.service.failing(start + 30)
        down = self._database.is_down(start, start + 60)
        registered = sum(state != "draining" for _, state, _, _ in self.group.health(start + 30))
        minute = simulate(
            self._run.scenario,
            began,
            start,
            len(serving),
            failing=failing,
            database_down=down,
            registered=registered,
        )
        minute.database_cpu *= self._database.cpu_share
        self._minute = minute
        if minute.unhealthy and not self.group.failing:
            reason = "(reason Health checks failed with these codes: [503])"
            self.service.add_event(
                start + 20, f"(port 8080) is unhealthy in (target-group {names.GROUP_ARN}) due to {reason}"
            )
        self.group.failing = minute.unhealthy
        if start >= self._log_start:
            self._write(minute)

    def _deploy(self, effect: Deploy, at: float) -> None:
        """Deploy the same definition, or a new one whose tasks end, fail or wait."""
        definition = names.RELEASE if effect.is_release else self.service.definition
        if effect.broken:
            self.service.broken[definition] = at
        if effect.errors:
            self.service.faulty[self.service.images_of(definition)[0].digest] = effect.errors
        self.service.deploy(definition, at, hook="pause-1" if effect.paused else "")

    def _write(self, minute: Minute) -> None:
        serving = self.service.serving(minute.start + 30)
        streams = [f"ecs/{names.SERVICE}/{task.id}" for task in serving]
        lines = app_lines(minute, streams) + database_lines(minute) + firewall_lines(minute)
        for task in self.service.tasks:
            if task.id not in self._started and task.runs_at < minute.start + 60:
                self._started.add(task.id)
                lines += startup_lines(task.runs_at, f"ecs/{names.SERVICE}/{task.id}", minute.level_field)
        for line in lines:
            heapq.heappush(self._lines, line)

    def end(self) -> None:
        """Publish the measurements of the minute that was begun."""
        minute = self._minute
        if minute is None:
            return
        self.load = minute.cpu
        self._free -= minute.gib_filled
        self._credits = min(CREDITS, max(0.0, self._credits + (20 - minute.database_cpu) / 60))
        publish(self._metrics, minute, self._free + self._database.grown_gib, self._credits)

    def release(self, now: float) -> None:
        """Put the lines that are visible by `now` (epoch seconds) into their log groups."""
        due = int(now * 1000)
        batches: dict[tuple[str, str, int], list[tuple[int, str]]] = {}
        while self._lines and self._lines[0].visible <= due:
            line = heapq.heappop(self._lines)
            # Agents send in batches: lines that become visible within the same second arrive together.
            key = (line.group, line.stream, line.visible // 1000)
            batches.setdefault(key, []).append((line.at, line.message))
        for (name, stream, second), rows in batches.items():
            group = self._logs.groups.get((REGION, name))
            if group is not None:
                self._logs.put(group, stream, rows, min(due, second * 1000 + 999))


def _filled(run: ScenarioRun, start: int) -> float:
    """GiB by which the database's storage fills from `start` to the scenario's beginning."""
    began = run.began.timestamp()
    return sum(gib_filled(run.scenario, minute + 30 - began) for minute in range(start, int(began), 60))
