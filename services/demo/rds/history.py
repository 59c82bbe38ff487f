"""What the database's backup windows left: a snapshot each, and the events that tell of it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import TYPE_CHECKING

from services.calendar.maintenance_windows import DAY, Window, daily
from services.demo.facts import NoSnapshot
from services.demo.rds.model import BACKUP_WINDOW, Rds
from services.demo.system import names

if TYPE_CHECKING:
    from services.demo.world import World

EVENTS_KEPT = timedelta(days=14)
_KEPT_LONGER = timedelta(hours=12)
"""A snapshot is removed so long after its last day."""
_SKIPPED = "Automated backup was skipped because the DB instance was under heavy load."


@dataclass(frozen=True, slots=True)
class Backup:
    """One automatic snapshot."""

    at: datetime
    ready: datetime

    @property
    def name(self) -> str:
        """`rds:facility-prod-db-2026-01-11-18-14`"""
        return f"rds:{names.DATABASE}-{self.at:%Y-%m-%d-%H-%M}"

    def percent(self, now: datetime) -> int:
        """How far it has come."""
        return min(100, int(100 * ((now - self.at) / (self.ready - self.at))))


@dataclass(frozen=True, slots=True)
class Event:
    """One RDS event."""

    at: datetime
    message: str
    category: str = "backup"


class History:
    """Worked out anew for each question, from the scenario alone."""

    def __init__(self, world: "World") -> None:
        self._world = world
        window = daily(BACKUP_WINDOW)
        assert window is not None
        self._window: Window = window
        last = window.begun(world.began)
        self._missing = {last - fact.days_ago * DAY: fact for fact in world.scenario.facts_of(NoSnapshot)}

    def backups(self) -> list[Backup]:
        """The automatic snapshots that are there now, oldest first."""
        kept = timedelta(days=self._world.part(Rds).retention)
        return self._made(kept + _KEPT_LONGER) if kept else []

    def events(self) -> list[Event]:
        """Everything RDS still tells, oldest first."""
        now = self._world.clock.now()
        if not self._world.part(Rds).retention:
            return []
        found = [
            event
            for backup in self._made(EVENTS_KEPT)
            for event in (
                Event(backup.at, "Backing up DB instance"),
                Event(backup.ready, "Finished DB Instance backup"),
            )
        ]
        found += [
            Event(start + timedelta(minutes=4), fact.reason or _SKIPPED)
            for start, fact in self._missing.items()
        ]
        return sorted(
            (each for each in found if now - EVENTS_KEPT <= each.at <= now), key=lambda each: each.at
        )

    def _made(self, reach: timedelta) -> list[Backup]:
        now = self._world.clock.now()
        starts = self._window.between(now - reach, now)
        made = (self._backup(start) for start in starts if start not in self._missing)
        return [each for each in made if each.at <= now]

    def _backup(self, start: datetime) -> Backup:
        random = Random(f"{self._world.scenario.seed} {start.isoformat()}")
        at = start + timedelta(seconds=random.randint(60, 720))
        return Backup(at, at + timedelta(seconds=random.randint(400, 700)))
