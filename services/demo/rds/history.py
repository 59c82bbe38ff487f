"""The database's snapshots, automatic and by hand, their events, and the instances that were restored from
them. Source: "Viewing Amazon RDS DB instance status" (Amazon RDS user guide);
RestoreDBInstanceFromDBSnapshot, DeleteDBInstance (Amazon RDS API reference)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any

from services.calendar.maintenance_windows import DAY, Window, daily
from services.demo import names
from services.demo.account import ACCOUNT, REGION, hash_of
from services.demo.rds.model import ALLOCATED, BACKUP_WINDOW, DatabaseEventRecord, DatabaseInstance
from services.demo.scenario import NoSnapshot, RecoveryFact, ScenarioRun


class RecoveryRegion:
    def __init__(self, run: ScenarioRun) -> None:
        fact = next(iter(run.scenario.facts_of(RecoveryFact)), RecoveryFact(kind="recovery"))
        self._fact = fact
        self.minutes_behind = fact.minutes_behind

    def has_copies(self, region: str) -> int:
        return self._fact.copies if region == self._fact.region else 0

    def replicates(self, region: str) -> bool:
        return self._fact.replicated and region == self._fact.region

    def has_groups(self, region: str) -> bool:
        return region == REGION or (self._fact.groups and region == self._fact.region)


EVENTS_KEPT = timedelta(days=14)
_GRACE = timedelta(hours=12)  # A snapshot is deleted so long after its retention has ended
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
        self.manual: list[ManualSnapshot] = []  # Snapshots made by hand, oldest first
        self._missing = {last - fact.days_ago * DAY: fact for fact in run.scenario.facts_of(NoSnapshot)}

    def backups(self) -> list[Backup]:
        retention = timedelta(days=self._instance.retention)
        return self._since(retention + _GRACE) if retention else []

    def events(self) -> list[DatabaseEventRecord]:
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

    def _of_manual(self) -> Iterator[DatabaseEventRecord]:
        for snapshot in self.manual:
            yield DatabaseEventRecord(snapshot.at, "Creating manual snapshot", "creation", snapshot.id)
            yield DatabaseEventRecord(snapshot.ready, "Manual snapshot created", "creation", snapshot.id)

    def _automatic(self) -> list[DatabaseEventRecord]:
        events = [
            event
            for backup in self._since(EVENTS_KEPT)
            for event in (
                DatabaseEventRecord(backup.at, "Backing up DB instance"),
                DatabaseEventRecord(backup.ready, "Finished DB Instance backup"),
            )
        ]
        return events + [
            DatabaseEventRecord(start + timedelta(minutes=4), fact.reason or _SKIPPED)
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


CREATING, BACKING_UP, DELETING = timedelta(minutes=8), timedelta(minutes=3), timedelta(minutes=4)
"""How long an instance has each status."""


@dataclass(slots=True)
class RestoredInstance:
    name: str
    snapshot: str
    began: datetime
    row: dict[str, Any]  # What its request and the original determine of the DBInstance structure
    tags: list[dict[str, str]]
    deleted: datetime | None = None

    def status(self, now: datetime) -> str:
        """Its status; "" once it is gone."""
        if self.deleted is not None:
            return "deleting" if now < self.deleted + DELETING else ""
        if now < self.began + CREATING:
            return "creating"
        return "backing-up" if now < self.began + CREATING + BACKING_UP else "available"

    def describe(self, now: datetime) -> dict[str, Any]:
        row = {
            **self.row,
            "DBInstanceIdentifier": self.name,
            "DBInstanceArn": f"arn:aws:rds:{REGION}:{ACCOUNT}:db:{self.name}",
            "DbiResourceId": f"db-{hash_of(f'{self.name} {self.began}'):026X}"[:29],
            "DBInstanceStatus": self.status(now),
            "TagList": list(self.tags),
            "PendingModifiedValues": {},
        }
        if row["DBInstanceStatus"] != "creating":
            row["InstanceCreateTime"] = self.began + CREATING
            row["Endpoint"] = {
                "Address": f"{self.name}.c9akciq32rgt.{REGION}.rds.amazonaws.com",
                "Port": 5432,
            }
        return row

    def events(self) -> Iterator[DatabaseEventRecord]:
        created = self.began + CREATING
        end = self.deleted or datetime.max.replace(tzinfo=self.began.tzinfo)
        events = (
            DatabaseEventRecord(created, "DB instance created", "creation", instance=self.name),
            DatabaseEventRecord(
                created, f"Restored from snapshot {self.snapshot}", "restoration", instance=self.name
            ),
            DatabaseEventRecord(created, "Backing up DB instance", instance=self.name),
            DatabaseEventRecord(created + BACKING_UP, "Finished DB Instance backup", instance=self.name),
        )
        yield from (event for event in events if event.at < end)
        if self.deleted is not None:
            yield DatabaseEventRecord(
                self.deleted + DELETING, "DB instance deleted", "deletion", instance=self.name
            )


class RestoredInstances:
    def __init__(self, run: ScenarioRun, original: DatabaseInstance) -> None:
        self._run = run
        self._original = original
        self.all: list[RestoredInstance] = []  # Also those that are gone, oldest first

    def present(self) -> list[RestoredInstance]:
        return [each for each in self.all if each.status(self._run.now)]

    def named(self, name: str) -> RestoredInstance | None:
        name = name.rpartition(":")[2]
        return next((each for each in self.present() if each.name == name), None)

    def restore(self, name: str, snapshot: str, params: dict[str, Any]) -> RestoredInstance:
        """Begin to create an instance; what `params` do not say is as in the original."""
        copied = ("Engine", "EngineVersion", "StorageType")
        sizes = ("AllocatedStorage", "Iops", "BackupRetentionPeriod", "PreferredBackupWindow")
        original = self._original.describe()
        groups = params.get("VpcSecurityGroupIds") or ()
        row = {key: original[key] for key in (*copied, *sizes, "PreferredMaintenanceWindow")} | {
            "DBInstanceClass": params.get("DBInstanceClass") or original["DBInstanceClass"],
            "AvailabilityZone": f"{REGION}d",
            "DBSubnetGroup": original["DBSubnetGroup"]
            | {"DBSubnetGroupName": params.get("DBSubnetGroupName") or "default"},
            "VpcSecurityGroups": [{"VpcSecurityGroupId": each, "Status": "active"} for each in groups],
            "DBParameterGroups": [
                {
                    "DBParameterGroupName": params.get("DBParameterGroupName") or "default.postgres16",
                    "ParameterApplyStatus": "in-sync",
                }
            ],
            **{
                key: bool(params.get(key))
                for key in ("MultiAZ", "PubliclyAccessible", "DeletionProtection", "CopyTagsToSnapshot")
            },
        }
        self.all.append(RestoredInstance(name, snapshot, self._run.now, row, list(params.get("Tags") or ())))
        return self.all[-1]

    def events(self) -> list[DatabaseEventRecord]:
        return [event for each in self.all for event in each.events() if event.at <= self._run.now]
