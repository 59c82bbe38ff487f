"""The world: everything the embedded AWS knows, and the simulation that moves it.

Deterministic: the same scenario, seed and beginning give the same world.
"""

import threading
from datetime import UTC, datetime, time, timedelta
from typing import Any, TypeVar

from services.calendar.business_days import BusinessCalendar
from services.clock import Clock
from services.demo.autoscaling.model import Scaling
from services.demo.cloudwatch.alarms.store import AlarmBook
from services.demo.cloudwatch.dashboards import DashboardBook
from services.demo.cloudwatch.store import MetricStore
from services.demo.ecs.model import Clusters, Service
from services.demo.elb.handlers import LoadBalancer
from services.demo.faults import ACCOUNT, FaultRule
from services.demo.iam.handlers import KeyRing
from services.demo.logs.store import LogStore
from services.demo.scenario import TOKYO, Refuse, Scenario
from services.demo.system.facility import Facility
from services.models.runbook import Closures

T = TypeVar("T")
NEW_YEAR = ("12-29", "12-30", "12-31", "01-01", "01-02", "01-03")
REGION = "ap-northeast-1"
HISTORY = timedelta(hours=26)
"""How much past a world is given at least, unless it is told."""
QUIET = 15
"""In the past, where nothing happens, alarms are evaluated every so many minutes."""
AFTERMATH = 1800
"""Seconds around an effect, and before the scenario's beginning, in which every minute is evaluated."""


class World:
    """State of all services. Take `lock` around everything; call `tick` before reading."""

    def __init__(
        self,
        scenario: Scenario,
        clock: Clock,
        *,
        began: datetime | None = None,
        history: timedelta | None = None,
    ) -> None:
        """`history` bounds the past of metrics and logs; None: as far as a nine-o'clock look reaches back."""
        self.scenario = scenario
        self.clock = clock
        self.account = ACCOUNT
        self.region = REGION
        self.began = began or clock.now()
        """The zero of the scenario's times."""
        self.lock = threading.RLock()
        self.ended = threading.Event()
        """Set when another world takes over: streams end."""
        self.metrics = MetricStore()
        self.alarm_book = AlarmBook(self.metrics, clock)
        self.dashboards = DashboardBook()
        self.logs = LogStore(ACCOUNT)
        self.clusters = Clusters()
        self.scaling = Scaling(self)
        self.balancers: list[LoadBalancer] = []
        self.keys = KeyRing()
        self.sessions: dict[str, str] = {}
        """Access key -> ARN of the assumed role."""
        self._parts: dict[type, Any] = {}
        closing = before_closing(self.began)
        oldest = min(self.began - HISTORY, closing) if history is None else self.began - history
        self._minute = int(oldest.timestamp()) // 60 * 60
        logs_from = int(max(oldest, closing).timestamp()) // 60 * 60
        self.facility = None if scenario.empty else Facility(self, self._minute, logs_from)
        if self.facility:
            self.facility.begin(self._minute)
        self.tick()

    def part(self, kind: type[T]) -> T:
        """The one `kind(world)` of this world, made at its first use."""
        if kind not in self._parts:
            self._parts[kind] = kind(self)  # type: ignore[call-arg]  # every part is made of its world
        found: T = self._parts[kind]
        return found

    def tick(self) -> None:
        """Live every minute that has passed since the last call."""
        now = self.clock.now().timestamp()
        while self._minute + 60 <= now:
            self._minute += 60
            self._live(self._minute)
        self.scaling.run_due(now)
        self.clusters.advance(now)
        if self.facility:
            self.facility.release(now)

    def _live(self, at: int) -> None:
        """The minute that ends at `at` is over and the next begins."""
        if self.facility:
            self.facility.end()
        if at // 60 % QUIET == 0 or self._lively(at - self.began.timestamp()):
            self.alarm_book.evaluate(datetime.fromtimestamp(at, UTC))
        self.scaling.run_due(at)
        self.clusters.advance(at)
        self.scaling.evaluate(at)
        if self.facility:
            self.facility.begin(at)

    def _lively(self, at: float) -> bool:
        return at >= -AFTERMATH or any(
            effect.at - AFTERMATH <= at <= effect.at + effect.lasts + AFTERMATH
            for effect in self.scenario.effects
        )

    def load_of(self, service: Service) -> float | None:
        """Mean CPU of a service's tasks, per cent; None for one that is not simulated."""
        if self.facility and service is self.facility.service:
            return self.facility.load
        return None

    def fault_rules(self) -> list[FaultRule]:
        """The refusals that the scenario has in force now."""
        at = (self.clock.now() - self.began).total_seconds()
        return [
            FaultRule(preset=effect.preset, service=effect.service, operation=effect.operation)
            for effect in self.scenario.effects
            if isinstance(effect, Refuse) and effect.refuses(at)
        ]


def before_closing(at: datetime) -> datetime:
    """16:45 JST, half an hour before the office closes, of the newest open day before the day of `at`."""
    before = at.astimezone(TOKYO).date() - timedelta(days=1)
    day = BusinessCalendar(Closures(yearly=NEW_YEAR)).previous_open(before) or before
    return datetime.combine(day, time(16, 45), TOKYO).astimezone(UTC)
