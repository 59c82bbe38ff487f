"""The runbook's database as RDS tells of it: the instance, and what waits to be applied to it.

Source: the types DBInstance and PendingMaintenanceAction (Amazon RDS API reference).
"""

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from services.demo.facts import Certificate, Patch, PendingChange, Retention, Window
from services.demo.system import names

if TYPE_CHECKING:
    from services.demo.world import World

CREATED = datetime(2025, 4, 1, 2, 14, 5, tzinfo=UTC)
BACKUP_WINDOW = "18:10-18:40"
MAINTENANCE_WINDOW = "sat:17:00-sat:18:00"
RETENTION = 7
CERTIFICATE_DAYS = 300.0
_UPLOADS = 300
"""Seconds from one upload of the transaction log to the next."""
_ENDPOINT = f"{names.DATABASE}.c9akciq32rgt.{names.REGION}.rds.amazonaws.com"


class Rds:
    """The database of one world."""

    def __init__(self, world: "World") -> None:
        facts = world.scenario
        self._world = world
        self.arn = f"arn:aws:rds:{names.REGION}:{world.account}:db:{names.DATABASE}"
        self.retention = next((fact.days for fact in facts.facts_of(Retention)), RETENTION)
        self.window = next((fact.utc for fact in facts.facts_of(Window)), MAINTENANCE_WINDOW)
        days = next((fact.days for fact in facts.facts_of(Certificate)), CERTIFICATE_DAYS)
        self._certificate_until = self._after(days)

    @property
    def exists(self) -> bool:
        """Whether the world holds the runbook's system at all."""
        return self._world.facility is not None

    def instance(self) -> dict[str, Any]:
        """The DBInstance structure as of now."""
        restorable = int(self._world.clock.now().timestamp()) // _UPLOADS * _UPLOADS
        row = {
            "DBInstanceIdentifier": names.DATABASE,
            "DBInstanceArn": self.arn,
            "DbiResourceId": "db-K2V7QDEMOTOBAN4WZ5X3YJ6BLE",
            "DBInstanceClass": "db.t4g.medium",
            "DBInstanceStatus": "available",
            "Engine": "postgres",
            "EngineVersion": "16.4",
            "DBName": "facility",
            "MasterUsername": "facility",
            "Endpoint": {"Address": _ENDPOINT, "Port": 5432, "HostedZoneId": "Z24O6O9L7SGTNB"},
            "AllocatedStorage": 100,
            "StorageType": "gp3",
            "StorageEncrypted": True,
            "InstanceCreateTime": CREATED,
            "AvailabilityZone": f"{names.REGION}a",
            "SecondaryAvailabilityZone": f"{names.REGION}c",
            "MultiAZ": True,
            "BackupRetentionPeriod": self.retention,
            "PreferredBackupWindow": BACKUP_WINDOW,
            "PreferredMaintenanceWindow": self.window,
            "AutoMinorVersionUpgrade": True,
            "DeletionProtection": True,
            "PubliclyAccessible": False,
            "PendingModifiedValues": self._pending_values(),
            "EnabledCloudwatchLogsExports": ["postgresql"],
            "CACertificateIdentifier": "rds-ca-rsa2048-g1",
            "CertificateDetails": {
                "CAIdentifier": "rds-ca-rsa2048-g1",
                "ValidTill": self._certificate_until,
            },
        }
        # Without automatic backups there is nothing to restore from.
        return row | (
            {"LatestRestorableTime": datetime.fromtimestamp(restorable, UTC)} if self.retention else {}
        )

    def pending_actions(self) -> list[dict[str, Any]]:
        """The PendingMaintenanceAction structures."""
        return [self._action(fact) for fact in self._world.scenario.facts_of(Patch)]

    def _pending_values(self) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for fact in self._world.scenario.facts_of(PendingChange):
            values |= {"DBInstanceClass": fact.instance_class} if fact.instance_class else {}
            values |= {"AllocatedStorage": fact.storage_gib} if fact.storage_gib else {}
        return values

    def _action(self, fact: Patch) -> dict[str, Any]:
        dates = {
            "AutoAppliedAfterDate": fact.auto_after_days,
            "ForcedApplyDate": fact.forced_days,
            "CurrentApplyDate": fact.current_days,
        }
        return {
            "Action": fact.action,
            "Description": fact.description or "New Operating System update is available",
        } | {name: self._after(days) for name, days in dates.items() if days is not None}

    def _after(self, days: float) -> datetime:
        return (self._world.began + timedelta(days=days)).replace(microsecond=0)
