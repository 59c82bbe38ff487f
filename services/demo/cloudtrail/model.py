from collections import deque
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any

from services.demo.account import REGION
from services.demo.cloudtrail.ordinary_days import at_work, entries_of
from services.demo.cloudtrail.records import Entry, access, assumed, change, recorded, sign_in
from services.demo.scenario import TOKYO, ScenarioRun
from services.demo.scenario_facts import AccessFact, SignIn, TrailFact

KEPT = timedelta(days=90)
RECENT = timedelta(days=15)
"""Age of the events among which the newest delivery is searched."""
HOUR = timedelta(hours=1)
DELIVERY = timedelta(minutes=5)
"""How long after it happened an event can be looked up."""


class TrailStore:
    """Every region's events of the last 90 days; each day is generated when it is first read."""

    def __init__(self, run: ScenarioRun) -> None:
        self._run = run
        self._days: dict[date, list[Entry]] = {}
        self.ends: datetime | None = None
        """No later event is recorded; None: recording continues."""
        self.delivered: datetime | None = None
        """When the trail's newest file was delivered; None: files keep up with the history."""
        self.reads: deque[tuple[str, datetime]] = deque(maxlen=24)
        """Where and when consoles have lately read something, once in some minutes."""
        self.sleeps = False
        """Tasks run in opening hours only."""
        self.scenario_entries = [] if run.scenario.empty else _scenario_entries(run)
        """Events beside the ordinary ones."""

    def visible(self) -> list[Entry]:
        now = self._run.now
        oldest, newest = now - KEPT, min(now - DELIVERY, self.ends or now)
        entries = (*self._ordinary(oldest, newest), *self.scenario_entries)
        visible = [entry for entry in entries if oldest <= entry.at <= newest]
        return sorted(visible, key=lambda entry: (entry.at, entry.id), reverse=True)

    def of_services(self, since: datetime | None, until: datetime | None) -> list[Entry]:
        """Calls by AWS's own services, newest first: tasks assume their role every hour; and some of what was read lately.

        With `sleeps`, tasks do so only in opening hours.
        """
        now = self._run.now
        newest = min(now - DELIVERY, self.ends or now, until or now)
        oldest = max(now - KEPT, since or now - KEPT)
        reads = [
            assumed(at, region, "GetCallerIdentity") for region, at in self.reads if oldest <= at <= newest
        ]
        if self._run.scenario.empty:
            return reads
        hour = newest.replace(minute=0, second=0, microsecond=0)
        count = max(0, (hour - oldest) // HOUR + 1)
        hours = (hour - HOUR * number for number in range(count))
        return [*reads, *(assumed(at) for at in hours if not self.sleeps or at_work(at))]

    def delivered_at(self) -> datetime:
        """When the trail's newest file was delivered: minutes after the events in it."""
        if self.delivered is not None:
            return self.delivered
        now = self._run.now
        events = [*self.of_services(now - RECENT, None), *self.visible()]
        times = (entry.at for entry in events if entry.region == REGION)
        return min(now, max(times, default=self._run.began) + DELIVERY)

    def last_sign_in(self, user: str) -> datetime | None:
        return next(
            (
                entry.at
                for entry in self.visible()
                if entry.name == "ConsoleLogin" and entry.username == user and '"Success"' in entry.record
            ),
            None,
        )

    def last_release(self, before: float) -> float:
        """When a release was last deployed before `before` (both epoch seconds)."""
        newest = datetime.fromtimestamp(before, UTC)
        events = self._ordinary(newest - RECENT, newest)
        times = [
            entry.at.timestamp() for entry in events if entry.name == "UpdateService" and entry.at < newest
        ]
        return max(times, default=before)

    def _ordinary(self, oldest: datetime, newest: datetime) -> list[Entry]:
        if self._run.scenario.empty:
            return []
        first, last = oldest.astimezone(TOKYO).date(), newest.astimezone(TOKYO).date()
        entries = []
        for number in range((last - first).days + 1):
            day = first + timedelta(days=number)
            if day not in self._days:
                self._days[day] = entries_of(self._run.scenario.seed, day)
            entries += self._days[day]
        return entries


def _scenario_entries(run: ScenarioRun) -> list[Entry]:
    random = Random(f"{run.scenario.seed} told")
    makers: tuple[tuple[type[Any], Callable[..., Entry]], ...] = (
        (SignIn, sign_in),
        (AccessFact, access),
        (TrailFact, change),
    )
    return [
        make(random, run.time_of(fact.at), **fact.model_dump(exclude={"kind", "at"}))
        for kind, make in makers
        for fact in run.scenario.facts_of(kind)
        if not isinstance(fact, TrailFact) or recorded(fact.event, fact.source)
    ]
