"""The automatic snapshots of the database, one per backup window, and their events."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from services.calendar.maintenance_windows import DAY, Window, daily
from services.demo.rds.model import BACKUP_WINDOW, DatabaseInstance
from services.demo.scenario import ScenarioRun
from services.demo.scenario_facts import NoSnapshot
from services.demo.system import names

EVENTS_KEPT = timedelta(days=14)
_GRACE = timedelta(hours=12)
"""A snapshot is deleted so long after its retention has ended."""
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
        """Its progress, 0 to 100."""
        return min(100, int(100 * ((now - self.at) / (self.ready - self.at))))


@dataclass(frozen=True, slots=True)
class Event:
    """One RDS event."""

    at: datetime
    message: str
    category: str = "backup"


class BackupHistory:
    """Snapshots and events, computed from the scenario whenever they are read."""

    def __init__(self, run: ScenarioRun, instance: DatabaseInstance) -> None:
        self._run = run
        self._instance = instance
        window = daily(BACKUP_WINDOW)
        assert window is not None
        self._window: Window = window
        last = window.latest_start(run.began)
        self._missing = {last - fact.days_ago * DAY: fact for fact in run.scenario.facts_of(NoSnapshot)}

    def backups(self) -> list[Backup]:
        """The automatic snapshots that exist now, oldest first."""
        retention = timedelta(days=self._instance.retention)
        return self._since(retention + _GRACE) if retention else []

    def events(self) -> list[Event]:
        """The events that RDS still has, oldest first."""
        now = self._run.now
        if not self._instance.retention:
            return []
        events = [
            event
            for backup in self._since(EVENTS_KEPT)
            for event in (
                Event(backup.at, "Backing up DB instance"),
                Event(backup.ready, "Finished DB Instance backup"),
            )
        ]
        events += [
            Event(start + timedelta(minutes=4), fact.reason or _SKIPPED)
            for start, fact in self._missing.items()
        ]
        return sorted(
            (event for event in events if now - EVENTS_KEPT <= event.at <= now), key=lambda event: event.at
        )

    def _since(self, age: timedelta) -> list[Backup]:
        """The snapshots of the windows that are no older than `age`."""
        now = self._run.now
        starts = self._window.between(now - age, now)
        backups = (self._backup(start) for start in starts if start not in self._missing)
        return [backup for backup in backups if backup.at <= now]

    def _backup(self, start: datetime) -> Backup:
        random = Random(f"{self._run.scenario.seed} {start.isoformat()}")
        at = start + timedelta(seconds=random.randint(60, 720))
        return Backup(at, at + timedelta(seconds=random.randint(400, 700)))
