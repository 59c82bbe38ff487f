"""The world: everything the embedded AWS knows, and the simulation that moves it.

Deterministic: the same scenario, seed and beginning give the same world.
"""

import threading
from datetime import datetime, timedelta

from services.clock import Clock
from services.demo.cloudwatch.alarms import AlarmBook
from services.demo.cloudwatch.dashboards import DashboardBook
from services.demo.cloudwatch.store import MetricStore
from services.demo.front.faults import ACCOUNT, FaultRule
from services.demo.logs.store import LogStore
from services.demo.scenario import Refuse, Scenario

REGION = "ap-northeast-1"
HISTORY = timedelta(hours=26)
"""How much past a world is given."""


class World:
    """State of all services. Take `lock` around everything; call `tick` before reading."""

    def __init__(
        self,
        scenario: Scenario,
        clock: Clock,
        *,
        began: datetime | None = None,
        history: timedelta = HISTORY,
    ) -> None:
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
        self.minute = int((self.began - history).timestamp()) // 60 * 60
        """Start of the minute that is being lived (epoch seconds)."""
        self.tick()

    def tick(self) -> None:
        """Live every minute that has passed since the last call."""
        now = self.clock.now().timestamp()
        while self.minute + 60 <= now:
            self.minute += 60

    def fault_rules(self) -> list[FaultRule]:
        """The refusals that the scenario has in force now."""
        at = (self.clock.now() - self.began).total_seconds()
        return [
            FaultRule(preset=effect.preset, service=effect.service, operation=effect.operation)
            for effect in self.scenario.effects
            if isinstance(effect, Refuse) and effect.refuses(at)
        ]

    def furnish(self, service: str) -> None:
        """Give moto what it should know of the system, before its first request for `service`."""
