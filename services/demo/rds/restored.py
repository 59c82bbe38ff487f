"""The instances that were restored from snapshots, by the world's clock: creating, backing up, available; deleting, gone.

Source: "Viewing Amazon RDS DB instance status" (Amazon RDS user guide); RestoreDBInstanceFromDBSnapshot, DeleteDBInstance
(Amazon RDS API reference).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from services.demo.account import ACCOUNT, REGION
from services.demo.identifiers import hash_of
from services.demo.rds.model import DatabaseInstance
from services.demo.rds.records import Event
from services.demo.scenario import ScenarioRun

CREATING, BACKING_UP, DELETING = timedelta(minutes=8), timedelta(minutes=3), timedelta(minutes=4)
"""How long an instance has each status."""


@dataclass(slots=True)
class RestoredInstance:
    name: str
    snapshot: str
    began: datetime
    row: dict[str, Any]
    """What its request and the original determine of the DBInstance structure."""
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

    def events(self) -> Iterator[Event]:
        created = self.began + CREATING
        end = self.deleted or datetime.max.replace(tzinfo=self.began.tzinfo)
        events = (
            Event(created, "DB instance created", "creation", instance=self.name),
            Event(created, f"Restored from snapshot {self.snapshot}", "restoration", instance=self.name),
            Event(created, "Backing up DB instance", instance=self.name),
            Event(created + BACKING_UP, "Finished DB Instance backup", instance=self.name),
        )
        yield from (event for event in events if event.at < end)
        if self.deleted is not None:
            yield Event(self.deleted + DELETING, "DB instance deleted", "deletion", instance=self.name)


class RestoredInstances:
    def __init__(self, run: ScenarioRun, original: DatabaseInstance) -> None:
        self._run = run
        self._original = original
        self.all: list[RestoredInstance] = []
        """Also those that are gone, oldest first."""

    def present(self) -> list[RestoredInstance]:
        return [each for each in self.all if each.status(self._run.now)]

    def named(self, name: str) -> RestoredInstance | None:
        name = name.rpartition(":")[2]
        return next((each for each in self.present() if each.name == name), None)

    def restore(self, name: str, snapshot: str, params: dict[str, Any]) -> RestoredInstance:
        """Begin to create an instance; what `params` do not say is as in the original."""
        copied = ("Engine", "EngineVersion", "DBName", "MasterUsername", "StorageEncrypted", "StorageType")
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

    def events(self) -> list[Event]:
        return [event for each in self.all for event in each.events() if event.at <= self._run.now]
