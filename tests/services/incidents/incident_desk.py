"""Incidents on a journal file, by several people, for tests."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from services.clock import ManualClock
from services.incidents.service import Incidents
from services.incidents.wiring import IncidentWatch
from services.journal.journal import Journal
from services.models.alarms import Alarm, AlarmOverview, AlarmState
from services.models.base import RawId
from services.models.feeds import FeedState
from services.models.journal import Person
from services.runbook.loader import load_builtin

NOW = datetime(2026, 1, 14, 1, 0, tzinfo=UTC)  # 10:00 in Japan
RUNBOOK = load_builtin("facility-prod")
ALARM = "alb-5xx-error-rate"
FIRED = NOW - timedelta(minutes=2)


class IncidentDesk:
    def __init__(self, journal: Journal, clock: ManualClock) -> None:
        self.journal = journal
        self.clock = clock
        self.incidents = Incidents(journal, clock)
        self.watch = IncidentWatch(self.incidents, RUNBOOK, clock)

    async def see(self, *alarms: Alarm) -> None:
        overview = AlarmOverview(alarms=alarms)
        self.watch.observe(FeedState(overview, self.clock.now()))
        assert await self.watch.compare()


def alarm(
    state: AlarmState = AlarmState.ALARM, since: datetime = FIRED, name: str = ALARM, *, expected: bool = True
) -> Alarm:
    return Alarm(id=RawId(name), name=name, state=state, since=since, expected=expected)


@asynccontextmanager
async def desk(
    path: Path, user: str = "tanaka", clock: ManualClock | None = None, shared: Journal | None = None
) -> AsyncIterator[IncidentDesk]:
    """One console; `shared`: a journal in place of that in the file."""
    clock = clock or ManualClock(NOW)
    journal = shared or Journal(
        path, clock=clock, person=lambda: Person(user=user, host="bastion"), poll=0.02, syslog=None
    )
    await journal.open()
    try:
        yield IncidentDesk(journal, clock)
    finally:
        await journal.close()
