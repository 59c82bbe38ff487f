"""Puts the readers and feeds of one system together; knows neither the screen nor whether AWS is real."""

import random
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from services.aws.alarms import Alarms
from services.aws.dashboards import Dashboards
from services.aws.logs import Logs
from services.aws.metrics import Metrics
from services.aws.session import AwsSession, AwsSettings
from services.board import DashboardReader
from services.clock import Clock
from services.feed import Feed
from services.follow import Follow, TailBatch
from services.meter import Meter
from services.models.alarms import AlarmBoard
from services.models.dashboards import DashboardView
from services.models.identity import Identity
from services.models.runbook import Runbook
from services.tails import Tails

WARM = ("cloudwatch", "logs", "sts")
"""The services whose models are loaded at start, in the order of the first reads; the rest at first use."""


@dataclass(frozen=True, slots=True)
class Intervals:
    """Seconds between reads when all is well."""

    alarms: float = 60.0
    metrics: float = 60.0
    logs: float = 5.0
    identity: float = 300.0


@dataclass
class Services:
    """Everything the screens may ask of one system."""

    runbook: Runbook
    clock: Clock
    meter: Meter
    session: AwsSession
    alarms: Alarms
    metrics: Metrics
    logs: Logs
    dashboard: DashboardReader
    tails: Tails
    board_feed: Feed[AlarmBoard]
    dashboard_feed: Feed[DashboardView]
    identity_feed: Feed[Identity]
    intervals: Intervals = field(default_factory=Intervals)

    @property
    def feeds(self) -> tuple[Feed[AlarmBoard], Feed[DashboardView], Feed[Identity]]:
        """All feeds."""
        return self.board_feed, self.dashboard_feed, self.identity_feed

    async def close(self) -> None:
        """Stop the loops and the connections."""
        await self.tails.close()
        await self.session.close()


def connect(
    runbook: Runbook,
    settings: AwsSettings,
    clock: Clock,
    *,
    intervals: Intervals | None = None,
    seed: int | None = None,
) -> Services:
    """Wire the readers of `runbook`'s system; asks AWS nothing yet."""
    every = intervals or Intervals()
    usd_jpy = runbook.costs.usd_jpy if runbook.costs else 150.0
    meter = Meter(clock, usd_jpy=usd_jpy)
    session = AwsSession(settings, clock=clock, meter=meter)
    alarms = Alarms(session, runbook, clock=clock)
    metrics = Metrics(session)
    logs = Logs(session)
    dashboard = DashboardReader(Dashboards(session), metrics, alarms, runbook, clock)
    rng = random.Random(seed)

    board_feed = Feed("alarms", alarms.board, clock=clock, interval=every.alarms, rng=rng)

    async def view() -> DashboardView:
        return await dashboard.read(board_feed.state.value)

    def follow(group: str, pattern: str) -> AsyncIterator[TailBatch]:
        return Follow(logs, group, clock=clock, pattern=pattern, poll=every.logs).batches()

    return Services(
        runbook=runbook,
        clock=clock,
        meter=meter,
        session=session,
        alarms=alarms,
        metrics=metrics,
        logs=logs,
        dashboard=dashboard,
        tails=Tails(follow),
        board_feed=board_feed,
        dashboard_feed=Feed("dashboard", view, clock=clock, interval=every.metrics, rng=rng),
        identity_feed=Feed("identity", session.identity, clock=clock, interval=every.identity, rng=rng),
        intervals=every,
    )
