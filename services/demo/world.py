"""Deterministic: the same scenario, seed and beginning give the same world."""

import threading
from datetime import UTC, datetime, time, timedelta
from typing import TypeVar

from services.clock import Clock
from services.demo import clients, names
from services.demo.account import ACCOUNT, REGION
from services.demo.athena import ExecutionStore
from services.demo.autoscaling import Scaling
from services.demo.cloudfront import DistributionCache
from services.demo.cloudtrail import TrailStore
from services.demo.cloudwatch.alarms.store import AlarmStore
from services.demo.cloudwatch.dashboards import DashboardStore
from services.demo.cloudwatch.store import MetricStore
from services.demo.costs import CostStore
from services.demo.ecs.model import Clusters, Service
from services.demo.effects import Refuse
from services.demo.faults import FaultRule
from services.demo.github import GithubActions
from services.demo.iam import initial_keys
from services.demo.load_balancers import LoadBalancers
from services.demo.logs.insights.queries import QueryStore
from services.demo.logs.store import DemoLogStore
from services.demo.minor_services import ChangeCalendarStore, TopicStore
from services.demo.rds.history import BackupHistory, RecoveryRegion, RestoredInstances
from services.demo.rds.model import DatabaseInstance
from services.demo.scenario import OFFICE_DAYS, TOKYO, Scenario, ScenarioRun
from services.demo.sts import SessionStore
from services.demo.system import provisioning
from services.demo.system.minute import simulate
from services.demo.system.publish import EarlierMinutes, publish_past, write_past
from services.demo.system.simulation import SimulatedSystem
from services.demo.waf import FirewallLog

C = TypeVar("C")
HISTORY = timedelta(hours=26)  # How much past a world has at least, unless `history` is passed
FIRST_TASKS = 600.0  # Seconds from the creation of the system's resources to the first simulated minute
QUIET = 15  # In the past, while nothing happens, alarms are evaluated every so many minutes
AFTERMATH = 1800
"""Seconds around an effect, and before the scenario's beginning, in which alarms are evaluated every minute."""


class World:
    """State of all services. Hold `lock` during every access; call `tick` before reading."""

    def __init__(
        self,
        scenario: Scenario,
        clock: Clock,
        *,
        began: datetime | None = None,
        history: timedelta | None = None,
        language: str = "ja",
    ) -> None:
        """`history` limits the past of metrics and logs; None: as far back as an inspection at nine o'clock
        reads. `language` is that of dashboards and of descriptions of alarms."""
        began = began or clock.now()
        self.run = run = ScenarioRun(scenario, clock, began)
        self.clock = clock
        self.account = ACCOUNT
        self.region = REGION
        self.language = language
        self.lock = threading.RLock()
        self.ended = threading.Event()  # Set when another world replaces this one: streams end
        self.metrics = MetricStore()
        self.alarms = AlarmStore(self.metrics, run)
        self.dashboards = DashboardStore()
        self.logs = DemoLogStore(ACCOUNT)
        self.clusters = Clusters()
        self.scaling = Scaling(self.alarms, self.clusters, self._load_of)
        self.balancers = LoadBalancers()
        self.keys = initial_keys(run)
        self._trail = TrailStore(run)
        self.database = DatabaseInstance(run)
        self.github = GithubActions(run, self.keys)
        others = (
            BackupHistory(run, self.database),
            RecoveryRegion(run),
            RestoredInstances(run, self.database),
            ChangeCalendarStore(),
            CostStore(run),
            DistributionCache(run),
            ExecutionStore(),
            FirewallLog(run, self.metrics),
            QueryStore(run),
            SessionStore(),
            TopicStore(),
        )
        self._components: dict[type, object] = {type(each): each for each in (*vars(self).values(), *others)}
        closing = before_closing(began)
        oldest = min(began - HISTORY, closing) if history is None else began - history
        self._minute = int(oldest.timestamp()) // 60 * 60
        logs_from = int(max(oldest, closing).timestamp()) // 60 * 60
        self.system = None if scenario.empty else self._create_system(self._minute, logs_from)
        if self.system:
            self.system.begin(self._minute)
        self.tick()

    def _create_system(self, start: int, log_start: int) -> SimulatedSystem:
        """The runbook's system from minute `start` on; alarms are evaluated in the order of their creation here."""
        run, created = self.run, start - FIRST_TASKS
        publish_past(self.metrics, start)
        self.metrics.before = EarlierMinutes(self.metrics, run, start)
        run.at = datetime.fromtimestamp(created, UTC)
        released = provisioning.released_at(run, self._trail.last_release(created))
        with clients.of(self):
            provisioning.create_service(run, released)
            provisioning.create_scaling(run)
            provisioning.create_log_groups()
            provisioning.create_alarms(run, self.language)
            provisioning.create_dashboard(run, self.language)
        run.at = None
        service = self.clusters.services[names.CLUSTER, names.SERVICE]
        service.released(f"{names.FAMILY}:41", released.timestamp())
        group = provisioning.create_balancer(self.balancers, service)
        write_past(
            self.logs, log_start, simulate(run.scenario, run.began.timestamp(), log_start, 2).level_field
        )
        return SimulatedSystem(run, service, group, self.metrics, self.logs, self.database, start, log_start)

    def component(self, kind: type[C]) -> C:
        """The store of this class. Raises LookupError if there is none."""
        component = self._components[kind]
        assert isinstance(component, kind)
        return component

    def tick(self) -> None:
        now = self.clock.now().timestamp()
        while self._minute + 60 <= now:
            self._minute += 60
            self._advance(self._minute)
        self.scaling.run_due(now)
        self.clusters.advance(now)
        self.database.advance(self.clock.now())
        self.alarms.release_muted(self.clock.now())
        self.keys.advance(self.clock.now())
        self.github.advance(self.clock.now())
        if self.system:
            self.system.release(now)

    def _advance(self, at: int) -> None:
        """End the minute before `at` (epoch seconds), and begin the next."""
        self.database.advance(datetime.fromtimestamp(at, UTC))
        if self.system:
            self.system.end()
        if at // 60 % QUIET == 0 or self._is_lively(at - self.run.began.timestamp()):
            self.alarms.evaluate(datetime.fromtimestamp(at, UTC))
        else:
            self.alarms.release_muted(datetime.fromtimestamp(at, UTC))
        self.scaling.run_due(at)
        self.clusters.advance(at)
        self.scaling.evaluate(at)
        if self.system:
            self.system.begin(at)

    def _is_lively(self, at: float) -> bool:
        return at >= -AFTERMATH or any(
            effect.at - AFTERMATH <= at <= effect.at + effect.lasts + AFTERMATH
            for effect in self.run.scenario.effects
        )

    def _load_of(self, service: Service) -> float | None:
        """Mean CPU of a service's tasks, per cent; None for a service that is not simulated."""
        if self.system and service is self.system.service:
            return self.system.load
        return None

    def fault_rules(self) -> list[FaultRule]:
        at = (self.clock.now() - self.run.began).total_seconds()
        return [
            FaultRule(preset=effect.preset, service=effect.service, operation=effect.operation)
            for effect in self.run.scenario.effects
            if isinstance(effect, Refuse) and effect.refuses(at)
        ]


def before_closing(at: datetime) -> datetime:
    """16:45 JST, half an hour before the office closes, on the newest open day before the day of `at`."""
    before = at.astimezone(TOKYO).date() - timedelta(days=1)
    day = OFFICE_DAYS.previous_open(before) or before
    return datetime.combine(day, time(16, 45), TOKYO).astimezone(UTC)
