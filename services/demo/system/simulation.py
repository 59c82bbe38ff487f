import heapq
from random import Random

from services.demo import names
from services.demo.account import REGION
from services.demo.cloudwatch.store import MetricStore
from services.demo.ecs.model import Service
from services.demo.ecs.records import Fate
from services.demo.effects import Deploy, Desired, Effect, ServiceEventEffect, Targets
from services.demo.load_balancers import TargetGroup
from services.demo.logs.store import DemoLogStore
from services.demo.rds.model import DatabaseInstance
from services.demo.scenario import ScenarioRun
from services.demo.system.logs import (
    WrittenLine,
    app_lines,
    database_lines,
    firewall_lines,
    startup_lines,
    trouble_lines,
)
from services.demo.system.minute import Minute, disturb, fates, gib_filled, of, simulate, troubles_of
from services.demo.system.publish import CREDITS, publish

FULL = 0.02  # GiB below which the database's storage is full


class SimulatedSystem:
    """The running system: call `begin` at a minute's start and `end` at its end. `start` is the first minute
    and `log_start` the first with log lines, both in epoch seconds."""

    def __init__(
        self,
        run: ScenarioRun,
        service: Service,
        group: TargetGroup,
        metrics: MetricStore,
        logs: DemoLogStore,
        database: DatabaseInstance,
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
        self._lines: list[WrittenLine] = []
        self._unhealthy = 0
        releases = [each for each in of(run.scenario.effects, Deploy) if each.is_release]
        self._released_words = releases[0].words if releases else ()
        self._started: set[str] = set()  # Ids of the tasks whose start has been logged
        self._free = run.scenario.free_storage_gib + _filled(run, start)
        self._credits = CREDITS
        self._troubles = troubles_of(run.scenario.effects)
        service.fates += fates(self._troubles, run.began.timestamp())
        self.load = 0.0  # Mean CPU of the tasks in the newest minute, per cent

    def begin(self, start: int) -> None:
        began = self._run.began.timestamp()
        at = start + 30 - began
        for effect in self._run.scenario.effects:
            if start - 60 < began + effect.at <= start:
                self._happen(effect, start)
        if self._troubles:
            self.group.troubles = tuple(each for each in of(self._troubles, Targets) if each.active(at))
        serving = self.service.serving(start + 30)
        failing = self.service.failing(start + 30)
        released = self.service.primary.revision.definition == names.RELEASE
        down = self._database.is_down(start, start + 60)
        minute = simulate(
            self._run.scenario,
            began,
            start,
            len(serving),
            failing=failing,
            database_down=down,
            registered=self.group.registered(start + 30),
            released=released,
        )
        minute.database_cpu *= self._database.cpu_share
        self._minute = minute
        self._check_health(minute)
        minute.deployed_words = self._released_words
        if self._troubles:
            troubles = [each for each in self._troubles if each.belongs(released=released)]
            disturb(minute, troubles, at, Random(f"{self._run.scenario.seed} {start}"))
        if start >= self._log_start:
            self._write(minute)

    def _check_health(self, minute: Minute) -> None:
        """The group's targets as they are in this minute, and the service's event when one becomes unhealthy."""
        was_failing, self.group.failing = self._unhealthy, minute.unhealthy
        if not (was_failing or minute.unhealthy or self.group.troubles):
            return
        failing = [row for row in self.group.health(minute.start + 30) if row[1] == "unhealthy"]
        self._unhealthy = minute.unhealthy = len(failing)
        if failing and not was_failing:
            words = f"is unhealthy in (target-group {names.GROUP_ARN}) due to (reason {failing[0][3]})"
            self.service.add_event(minute.start + 20, f"(port 8080) {words}")

    def _happen(self, effect: Effect, start: int) -> None:
        if isinstance(effect, Deploy):
            self._deploy(effect, start)
        elif isinstance(effect, Desired):
            self.service.set_desired(effect.count, start)
        elif isinstance(effect, ServiceEventEffect):
            self.service.add_event(self._run.began.timestamp() + effect.at, effect.message)

    def _deploy(self, effect: Deploy, at: float) -> None:
        definition = names.RELEASE if effect.is_release else self.service.definition
        if effect.broken:
            self.service.fates.append(Fate.crash(definition, at))
        if effect.errors:
            self.service.faulty[self.service.images_of(definition)[0].digest] = effect.errors
        self.service.deploy(definition, at, hook="pause-1" if effect.paused else "")

    def _write(self, minute: Minute) -> None:
        serving = self.service.serving(minute.start + 30)
        streams = [f"ecs/{names.SERVICE}/{task.id}" for task in serving]
        faults = self.service.faulty
        faulty = [
            stream for stream, task in zip(streams, serving, strict=True) if task.revision.digest in faults
        ]
        lines = app_lines(minute, streams, faulty) + database_lines(minute) + firewall_lines(minute)
        if minute.application_lines:
            lines += trouble_lines(minute, streams)
        for task in self.service.tasks:
            if task.id not in self._started and task.runs_at < minute.start + 60:
                self._started.add(task.id)
                lines += startup_lines(task.runs_at, f"ecs/{names.SERVICE}/{task.id}", minute.level_field)
        for line in lines:
            heapq.heappush(self._lines, line)

    def end(self) -> None:
        minute = self._minute
        if minute is None:
            return
        self.load = minute.cpu
        self._free -= minute.gib_filled
        self._credits = min(CREDITS, max(0.0, self._credits + (20 - minute.database_cpu) / 60))
        if minute.credits is not None:
            self._credits = minute.credits
        free = self._free + self._database.grown_gib
        self._database.is_full = free < FULL
        publish(self._metrics, minute, free, self._credits)

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
