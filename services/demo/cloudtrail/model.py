"""The event history: what an ordinary office does, and what the scenario says beside it."""

from datetime import date, datetime, timedelta
from random import Random
from typing import TYPE_CHECKING

from services.demo.cloudtrail.ordinary_days import at_work, day
from services.demo.cloudtrail.records import Entry, access, assumed, change, recorded, sign_in
from services.demo.facts import AccessFact, SignIn, TrailFact
from services.demo.scenario import TOKYO
from services.demo.system.names import REGION

if TYPE_CHECKING:
    from services.demo.world import World

KEPT = timedelta(days=90)
LATELY = timedelta(days=15)
HOUR = timedelta(hours=1)
DELIVERY = timedelta(minutes=5)
"""How long an event takes until it is found."""


class TrailBook:
    """Every region's events of the last 90 days; the past is made when it is first asked for."""

    def __init__(self, world: "World") -> None:
        self._world = world
        self._days: dict[date, list[Entry]] = {}
        self.ends: datetime | None = None
        """Nothing later is recorded; None: the history goes on."""
        self.delivered: datetime | None = None
        """The trail's files end here; None: they come as fast as the history."""
        self.sleeps = False
        """Tasks run in opening hours alone."""
        self._told = [] if world.scenario.empty else _told(world)

    def visible(self) -> list[Entry]:
        """Those that can be found now, newest first."""
        now = self._world.clock.now()
        oldest, newest = now - KEPT, min(now - DELIVERY, self.ends or now)
        found = [
            entry for entry in (*self._ordinary(oldest, newest), *self._told) if oldest <= entry.at <= newest
        ]
        return sorted(found, key=lambda entry: (entry.at, entry.id), reverse=True)

    def of_services(self, since: datetime | None, until: datetime | None) -> list[Entry]:
        """What AWS's own services do for the system in its region, newest first: tasks assume their role every hour.

        `sleeps`: nothing but in opening hours.
        """
        now = self._world.clock.now()
        newest = min(now - DELIVERY, self.ends or now, until or now)
        oldest = max(now - KEPT, since or now - KEPT)
        if self._world.facility is None:
            return []
        hour = newest.replace(minute=0, second=0, microsecond=0)
        count = max(0, (hour - oldest) // HOUR + 1)
        hours = (hour - HOUR * number for number in range(count))
        return [assumed(at) for at in hours if not self.sleeps or at_work(at)]

    def delivered_at(self) -> datetime:
        """When the trail's newest file reached its bucket: minutes after the events in it."""
        if self.delivered is not None:
            return self.delivered
        now = self._world.clock.now()
        events = [*self.of_services(now - LATELY, None), *self.visible()]
        times = (entry.at for entry in events if entry.region == REGION)
        return min(now, max(times, default=self._world.began) + DELIVERY)

    def signed_in(self, user: str) -> datetime | None:
        """When a user signed in last."""
        return next(
            (
                entry.at
                for entry in self.visible()
                if entry.name == "ConsoleLogin" and entry.username == user and '"Success"' in entry.record
            ),
            None,
        )

    def _ordinary(self, oldest: datetime, newest: datetime) -> list[Entry]:
        if self._world.facility is None:
            return []
        first, last = oldest.astimezone(TOKYO).date(), newest.astimezone(TOKYO).date()
        found = []
        for number in range((last - first).days + 1):
            of = first + timedelta(days=number)
            if of not in self._days:
                self._days[of] = day(self._world.scenario.seed, of)
            found += self._days[of]
        return found


def _told(world: "World") -> list[Entry]:
    """The scenario's own events."""
    random = Random(f"{world.scenario.seed} told")
    entries = [
        sign_in(
            random,
            world.began + timedelta(seconds=fact.at),
            fact.user,
            fact.address,
            fact.region,
            mfa=fact.mfa,
            success=fact.success,
        )
        for fact in world.scenario.facts_of(SignIn)
    ]
    entries += [
        access(
            random,
            world.began + timedelta(seconds=fact.at),
            fact.event,
            fact.user,
            fact.address,
            fact.region,
            success=fact.success,
        )
        for fact in world.scenario.facts_of(AccessFact)
    ]
    return entries + [
        change(
            random,
            world.began + timedelta(seconds=fact.at),
            fact.event,
            fact.source,
            fact.user,
            fact.address,
            fact.region,
            resource=fact.resource,
            error=fact.error,
        )
        for fact in world.scenario.facts_of(TrailFact)
        if recorded(fact.event, fact.source)
    ]
