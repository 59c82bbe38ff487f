"""Converts rows of RDS responses to models; pure. Source: the types DBInstance, PendingModifiedValues,
DBSnapshot, DBInstanceAutomatedBackup, Event, PendingMaintenanceAction (Amazon RDS API reference); which
settings interrupt the database: "Settings for DB instances" (Amazon RDS user guide)."""

from collections.abc import Iterator
from typing import Any

from services.aws.client.reader import Answer, incomplete, rows, when, whole
from services.i18n import N_, _
from services.models.base import RawId
from services.models.rds import (
    AutomatedBackup,
    Database,
    DatabaseEvent,
    DatabaseState,
    OptIn,
    PendingAction,
    PendingSetting,
    Snapshot,
    SnapshotState,
)
from services.models.text import clean

_READY = frozenset({"available", "backing-up"})
_BROKEN = frozenset(
    {"storage-full", "failed", "stopped", "stopping", "restore-error", "deleting", "insufficient-capacity"}
)
_BROKEN_PREFIXES = ("incompatible-", "inaccessible-")
_OPT_IN = {"next-maintenance": OptIn.NEXT_WINDOW, "immediate": OptIn.IMMEDIATE}
_SETTINGS: dict[str, tuple[str, str, bool]] = {
    "DBInstanceClass": ("instance_class", N_("Instance class"), True),
    "AllocatedStorage": ("storage_gib", N_("Storage (GiB)"), False),
    "MasterUserPassword": ("password", N_("Master password"), False),
    "Port": ("port", N_("Port"), True),
    "BackupRetentionPeriod": ("retention_days", N_("Backup retention (days)"), False),
    "MultiAZ": ("multi_az", N_("Multi-AZ"), False),
    "EngineVersion": ("engine_version", N_("Engine version"), True),
    "Iops": ("iops", N_("Storage IOPS"), False),
    "StorageThroughput": ("throughput", N_("Storage throughput"), False),
    "DBInstanceIdentifier": ("name", N_("Instance name"), True),
    "StorageType": ("storage_type", N_("Storage type"), True),
    "CACertificateIdentifier": ("certificate", N_("Certificate authority"), True),
    "DBSubnetGroupName": ("subnet_group", N_("Subnet group"), True),
    "IAMDatabaseAuthenticationEnabled": ("iam_sign_in", N_("IAM authentication"), False),
    "PendingCloudwatchLogsExports": ("log_exports", N_("Logs sent to CloudWatch"), False),
}
"""RDS's setting name -> (id, title, whether applying it interrupts the database)."""


def database_of(row: Answer) -> Database:
    """The database in a DBInstances row. Raises Incomplete without name, ARN or status."""
    name, arn, status = (
        str(row.get(key) or "") for key in ("DBInstanceIdentifier", "DBInstanceArn", "DBInstanceStatus")
    )
    if not (name and arn and status):
        raise incomplete(
            _("RDS returned a database without its name, ARN or status."), "rds", "DescribeDBInstances"
        )
    certificate = row.get("CertificateDetails") or {}
    endpoint = row.get("Endpoint") or {}
    multi_az = row.get("MultiAZ")
    return Database(
        id=RawId(name),
        name=name,
        arn=RawId(arn),
        resource_id=RawId(row.get("DbiResourceId") or ""),
        status=status,
        state=_state(status),
        engine=row.get("Engine"),
        engine_version=row.get("EngineVersion"),
        instance_class=row.get("DBInstanceClass"),
        storage_gib=whole(row.get("AllocatedStorage")),
        storage_type=row.get("StorageType"),
        iops=whole(row.get("Iops")),
        max_storage_gib=whole(row.get("MaxAllocatedStorage")),
        storage_operation=row.get("StorageOperationStatus"),
        storage_percent=whole(row.get("StorageOperationPercentProgress")),
        multi_az=multi_az if isinstance(multi_az, bool) else None,
        auto_minor=row.get("AutoMinorVersionUpgrade") is True,
        retention_days=whole(row.get("BackupRetentionPeriod")),
        backup_window=row.get("PreferredBackupWindow"),
        maintenance_window=row.get("PreferredMaintenanceWindow"),
        latest_restorable=when(row.get("LatestRestorableTime")),
        created=when(row.get("InstanceCreateTime")),
        log_exports=tuple(clean(each) for each in row.get("EnabledCloudwatchLogsExports") or ()),
        pending=tuple(_pending(row.get("PendingModifiedValues") or {})),
        pending_reported=isinstance(row.get("PendingModifiedValues"), dict),
        certificate=certificate.get("CAIdentifier") or row.get("CACertificateIdentifier"),
        certificate_until=when(certificate.get("ValidTill")),
        zone=row.get("AvailabilityZone"),
        subnet_group=RawId((row.get("DBSubnetGroup") or {}).get("DBSubnetGroupName") or ""),
        security_groups=tuple(_names(row, "VpcSecurityGroups", "VpcSecurityGroupId")),
        parameter_group=RawId(next(_names(row, "DBParameterGroups", "DBParameterGroupName"), "")),
        protected=row["DeletionProtection"] if isinstance(row.get("DeletionProtection"), bool) else None,
        tags={str(each.get("Key")): str(each.get("Value") or "") for each in rows(row, "TagList")},
        address=endpoint.get("Address"),
        port=whole(endpoint.get("Port")),
        cluster=row.get("DBClusterIdentifier"),
    )


def _names(row: Answer, key: str, name: str) -> Iterator[RawId]:
    return (RawId(each[name]) for each in rows(row, key) if each.get(name))


def _state(status: str) -> DatabaseState:
    if status in _READY:
        return DatabaseState.AVAILABLE
    if status in _BROKEN or status.startswith(_BROKEN_PREFIXES):
        return DatabaseState.BROKEN
    return DatabaseState.BUSY


def _pending(values: Answer) -> Iterator[PendingSetting]:
    for key, value in values.items():
        if value is None or value in ({}, []):
            continue
        id, title, outage = _SETTINGS.get(key, (clean(key), key, False))
        # Turning backups on or off interrupts the database; a value of zero certainly does.
        outage = outage or (key == "BackupRetentionPeriod" and value == 0)
        yield PendingSetting(
            id=id,
            title=_(title),
            value="***" if key == "MasterUserPassword" else _value(value),
            outage=outage,
        )


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return _("on") if value else _("off")
    if isinstance(value, dict):
        signs = {"LogTypesToEnable": "+", "LogTypesToDisable": "-"}
        return " ".join(
            f"{signs.get(key, key)}{clean(each)}" for key, names in value.items() for each in names or ()
        )
    if isinstance(value, list):
        return str(len(value))
    return clean(value)


def snapshot_of(row: Answer) -> Snapshot:
    """The snapshot in a DBSnapshots row. Raises Incomplete without name or status, or without time once created."""
    name, status = str(row.get("DBSnapshotIdentifier") or ""), str(row.get("Status") or "")
    at = when(row.get("SnapshotCreateTime"))
    if not (name and status) or (at is None and status != "creating"):
        # A skipped snapshot could be the newest one.
        raise incomplete(
            _("RDS returned a snapshot without its name, status or time."), "rds", "DescribeDBSnapshots"
        )
    states = {"available": SnapshotState.AVAILABLE, "creating": SnapshotState.CREATING}
    return Snapshot(
        id=RawId(name),
        name=name,
        kind=row.get("SnapshotType"),
        status=status,
        state=states.get(status, SnapshotState.UNUSABLE),
        at=at,
        percent=whole(row.get("PercentProgress")),
    )


def automated_backup_of(row: Answer) -> AutomatedBackup:
    """The backups in a DBInstanceAutomatedBackups row. Raises Incomplete without name or status."""
    name, status = clean(row.get("DBInstanceIdentifier")), clean(row.get("Status"))
    if not (name and status):
        raise incomplete(
            _("RDS returned automated backups without name or status."),
            "rds",
            "DescribeDBInstanceAutomatedBackups",
        )
    window = row.get("RestoreWindow") or {}
    return AutomatedBackup(
        name=name,
        status=status,
        region=row.get("Region"),
        retention_days=whole(row.get("BackupRetentionPeriod")),
        earliest=when(window.get("EarliestTime")),
        latest=when(window.get("LatestTime")),
    )


def event_of(row: Answer) -> DatabaseEvent:
    """The event in an Events row. Raises Incomplete without a time."""
    at = when(row.get("Date"))
    if at is None:
        raise incomplete(_("RDS returned an event without its time."), "rds", "DescribeEvents")
    return DatabaseEvent(
        at=at,
        message=row.get("Message"),
        categories=tuple(clean(each) for each in row.get("EventCategories") or ()),
    )


def pending_of(row: Answer) -> PendingAction:
    """The action in a PendingMaintenanceActionDetails row. Raises Incomplete without its name."""
    action = clean(row.get("Action"))
    if not action:
        raise incomplete(
            _("RDS returned a maintenance action without its name."),
            "rds",
            "DescribePendingMaintenanceActions",
        )
    return PendingAction(
        action=action,
        description=row.get("Description"),
        auto_after=when(row.get("AutoAppliedAfterDate")),
        forced=when(row.get("ForcedApplyDate")),
        current=when(row.get("CurrentApplyDate")),
        opt_in=_OPT_IN.get(str(row.get("OptInStatus") or ""), OptIn.NONE),
    )
