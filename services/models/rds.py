"""RDS databases: instance, snapshots, events and pending maintenance.

Source: DescribeDBInstances, DescribeDBSnapshots, DescribeEvents, DescribePendingMaintenanceActions (Amazon RDS
API reference).
"""

from datetime import datetime
from enum import StrEnum

from services.models.base import Clean, Model, RawId


class DatabaseState(StrEnum):
    """What an RDS status means for the database's users."""

    AVAILABLE = "available"
    """Also while a backup is made."""
    BUSY = "busy"
    """Temporarily busy: being modified, maintained or restarted."""
    BROKEN = "broken"
    """Stopped, full or failed: needs intervention."""


class PendingSetting(Model):
    """A requested modification of the instance that is not applied yet."""

    id: str
    """`instance_class`, `storage_gib`, `engine_version`…; RDS's own name for other settings."""
    title: Clean
    value: Clean
    """The new value; a password is shown as `***`."""
    outage: bool = False
    """Applying it interrupts the database."""


class Database(Model):
    """One database instance."""

    id: RawId
    name: Clean
    arn: RawId
    status: Clean
    """As RDS spells it: `available`, `storage-full`."""
    state: DatabaseState
    engine: Clean = ""
    """`postgres`"""
    engine_version: Clean = ""
    instance_class: Clean = ""
    """`db.t4g.medium`"""
    storage_gib: int | None = None
    multi_az: bool | None = None
    retention_days: int | None = None
    """Days automatic backups are kept; 0: none are made; None: AWS does not say."""
    backup_window: Clean = ""
    """UTC, as RDS spells it: `18:10-18:40`."""
    maintenance_window: Clean = ""
    """UTC, as RDS spells it: `sat:17:00-sat:18:00`."""
    latest_restorable: datetime | None = None
    """Until when it can be restored to any moment (UTC)."""
    created: datetime | None = None
    """UTC."""
    log_exports: tuple[Clean, ...] = ()
    """Logs sent to CloudWatch: `postgresql`."""
    pending: tuple[PendingSetting, ...] = ()
    pending_reported: bool = True
    """AWS reported the pending settings; if false, an empty `pending` means nothing."""
    certificate: Clean = ""
    """The server certificate's authority: `rds-ca-rsa2048-g1`."""
    certificate_until: datetime | None = None
    """When the server certificate ends (UTC)."""


class SnapshotState(StrEnum):
    """What a snapshot's status means."""

    AVAILABLE = "available"
    CREATING = "creating"
    UNUSABLE = "unusable"
    """Failed, being deleted, anything else."""


class Snapshot(Model):
    """One snapshot."""

    id: RawId
    name: Clean
    """`rds:facility-prod-db-2026-01-11-18-14`"""
    kind: Clean
    """`automated`, `manual`, `awsbackup`."""
    status: Clean
    """As RDS spells it."""
    state: SnapshotState
    at: datetime | None
    """When it was taken (UTC); None while it is being created, if AWS does not report it yet."""
    percent: int | None = None
    """Progress of its creation, in per cent."""


class DatabaseEvent(Model):
    """An event reported by RDS."""

    at: datetime
    """UTC."""
    message: Clean
    categories: tuple[Clean, ...] = ()
    """`backup`, `low storage`."""


class OptIn(StrEnum):
    """Whether somebody has opted in to a pending action."""

    NONE = ""
    NEXT_WINDOW = "next-window"
    IMMEDIATE = "immediate"


class PendingAction(Model):
    """A maintenance action that AWS offers or will apply; all times UTC."""

    action: Clean
    """`system-update`, `db-upgrade`, `ca-certificate-rotation`…"""
    description: Clean = ""
    auto_after: datetime | None = None
    """Applied automatically in the first maintenance window after this time."""
    forced: datetime | None = None
    """Applied at this time, regardless of the window."""
    current: datetime | None = None
    """When it will currently be applied, taking the other dates and the opt-in into account."""
    opt_in: OptIn = OptIn.NONE
