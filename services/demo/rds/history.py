from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from services.calendar.maintenance_windows import DAY, Window, daily
from services.demo.rds.model import ALLOCATED, BACKUP_WINDOW, DatabaseInstance
from services.demo.rds.records import Event
from services.demo.scenario import ScenarioRun
from services.demo.scenario_facts import NoSnapshot
from services.demo.system import names

EVENTS_KEPT = timedelta(days=14)
_GRACE = timedelta(hours=12)
"""A snapshot is deleted so long after its retention has ended."""
_SKIPPED = "Automated backup was skipped because the DB instance was under heavy load."


@dataclass(frozen=True, slots=True)
class Backup:
    at: datetime
    ready: datetime

    @property
    def name(self) -> str:
        """`rds:facility-prod-db-2026-01-11-18-14`"""
        return f"rds:{names.DATABASE}-{self.at:%Y-%m-%d-%H-%M}"

    def percent(self, now: datetime) -> int:
        return min(100, int(100 * ((now - self.at) / (self.ready - self.at))))


@dataclass(frozen=True, slots=True)
class ManualSnapshot(Backup):
    id: str
    gib: int

    @property
    def name(self) -> str:
        return self.id


class BackupHistory:
    """Snapshots and events, computed from the scenario whenever they are read."""

    def __init__(self, run: ScenarioRun, instance: DatabaseInstance) -> None:
        self._run = run
        self._instance = instance
        window = daily(BACKUP_WINDOW)
        assert window is not None
        self._window: Window = window
        last = window.latest_start(run.began)
        self.manual: list[ManualSnapshot] = []
        """Snapshots made by hand, oldest first."""
        self._missing = {last - fact.days_ago * DAY: fact for fact in run.scenario.facts_of(NoSnapshot)}

    def backups(self) -> list[Backup]:
        retention = timedelta(days=self._instance.retention)
        return self._since(retention + _GRACE) if retention else []

    def events(self) -> list[Event]:
        now = self._run.now
        events = [*self._instance.events, *self._of_manual()]
        events += self._automatic() if self._instance.retention else []
        return sorted(
            (event for event in events if now - EVENTS_KEPT <= event.at <= now), key=lambda event: event.at
        )

    def create(self, id: str, gib: int) -> ManualSnapshot:
        at = self._run.now
        self.manual.append(ManualSnapshot(at, at + timedelta(seconds=240 + 2 * gib), id, gib))
        return self.manual[-1]

    def copies(self, count: int) -> list[Backup]:
        ready = [each for each in self.backups() if each.ready <= self._run.now][-count:]
        return [ManualSnapshot(each.at, each.ready, f"copy-{each.name[4:]}", ALLOCATED) for each in ready]

    def _of_manual(self) -> Iterator[Event]:
        for snapshot in self.manual:
            yield Event(snapshot.at, "Creating manual snapshot", "creation", snapshot.id)
            yield Event(snapshot.ready, "Manual snapshot created", "creation", snapshot.id)

    def _automatic(self) -> list[Event]:
        events = [
            event
            for backup in self._since(EVENTS_KEPT)
            for event in (
                Event(backup.at, "Backing up DB instance"),
                Event(backup.ready, "Finished DB Instance backup"),
            )
        ]
        return events + [
            Event(start + timedelta(minutes=4), fact.reason or _SKIPPED)
            for start, fact in self._missing.items()
        ]

    def _since(self, age: timedelta) -> list[Backup]:
        now = self._run.now
        starts = self._window.between(now - age, now)
        backups = (self._backup(start) for start in starts if start not in self._missing)
        return [backup for backup in backups if backup.at <= now]

    def _backup(self, start: datetime) -> Backup:
        random = Random(f"{self._run.scenario.seed} {start.isoformat()}")
        at = start + timedelta(seconds=random.randint(60, 720))
        return Backup(at, at + timedelta(seconds=random.randint(400, 700)))
