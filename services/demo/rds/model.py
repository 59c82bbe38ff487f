"""The runbook's database: the instance, and its pending changes.

Source: the types DBInstance and PendingMaintenanceAction (Amazon RDS API reference).
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from services.demo.account import ACCOUNT, REGION
from services.demo.scenario import ScenarioRun
from services.demo.scenario_facts import Certificate, Patch, PendingChange, Retention, Window
from services.demo.system import names

CREATED = datetime(2025, 4, 1, 2, 14, 5, tzinfo=UTC)
BACKUP_WINDOW = "18:10-18:40"
MAINTENANCE_WINDOW = "sat:17:00-sat:18:00"
RETENTION = 7
CERTIFICATE_DAYS = 300.0
_UPLOADS = 300
"""Seconds from one upload of the transaction log to the next."""
_ENDPOINT = f"{names.DATABASE}.c9akciq32rgt.{REGION}.rds.amazonaws.com"


class DatabaseInstance:
    """The database of one world."""

    def __init__(self, run: ScenarioRun) -> None:
        facts_of = run.scenario.facts_of
        self._run = run
        self.arn = f"arn:aws:rds:{REGION}:{ACCOUNT}:db:{names.DATABASE}"
        self.retention = next((fact.days for fact in facts_of(Retention)), RETENTION)
        """Days that automatic backups are kept."""
        self.window = next((fact.utc for fact in facts_of(Window)), MAINTENANCE_WINDOW)
        days = next((fact.days for fact in facts_of(Certificate)), CERTIFICATE_DAYS)
        self._certificate_until = self._after(days)

    def describe(self) -> dict[str, Any]:
        """The current DBInstance structure."""
        restorable = int(self._run.now.timestamp()) // _UPLOADS * _UPLOADS
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
            "AvailabilityZone": f"{REGION}a",
            "SecondaryAvailabilityZone": f"{REGION}c",
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
        # Without automatic backups there is no point in time to restore to.
        return row | (
            {"LatestRestorableTime": datetime.fromtimestamp(restorable, UTC)} if self.retention else {}
        )

    def pending_actions(self) -> list[dict[str, Any]]:
        """The PendingMaintenanceAction structures."""
        return [self._action(fact) for fact in self._run.scenario.facts_of(Patch)]

    def _pending_values(self) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for fact in self._run.scenario.facts_of(PendingChange):
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
        return (self._run.began + timedelta(days=days)).replace(microsecond=0)
