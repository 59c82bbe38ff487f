"""RDS databases: instance, snapshots, events and pending maintenance. Source: DescribeDBInstances,
DescribeDBSnapshots, DescribeDBInstanceAutomatedBackups, DescribeEvents, DescribePendingMaintenanceActions
(Amazon RDS API reference)."""

from datetime import datetime
from enum import StrEnum

from services.models.base import Clean, Model, RawId


class DatabaseState(StrEnum):
    """What an RDS status means for users of the database."""

    AVAILABLE = "available"  # In service, also while a backup is made
    BUSY = "busy"  # Temporarily out of full service: being modified, maintained or restarted
    BROKEN = "broken"  # Stopped, full or failed: needs intervention


class PendingSetting(Model):
    """A requested modification of an instance that is not applied yet."""

    id: str
    """`instance_class`, `storage_gib`, `engine_version`…; RDS's own name for other settings."""
    title: Clean
    value: Clean
    """The new value; a password is shown as `***`."""
    outage: bool = False
    """Whether applying it interrupts the database."""


class Database(Model):
    id: RawId
    name: Clean
    arn: RawId
    resource_id: RawId = RawId("")
    """DbiResourceId: no other instance has it, whatever its name; "": not reported."""
    status: Clean
    """Status as RDS spells it: `available`, `storage-full`."""
    state: DatabaseState
    engine: Clean = ""
    """Engine as RDS spells it: `postgres`."""
    engine_version: Clean = ""
    instance_class: Clean = ""
    """Instance class: `db.t4g.medium`."""
    storage_gib: int | None = None
    """Allocated storage in GiB; None: not reported."""
    multi_az: bool | None = None
    """None: not reported."""
    auto_minor: bool = False
    """Whether RDS upgrades the minor version by itself (AutoMinorVersionUpgrade)."""
    retention_days: int | None = None
    """Days for which automatic backups are kept; 0: none are made; None: not reported."""
    backup_window: Clean = ""
    """Daily window in UTC as RDS spells it: `18:10-18:40`."""
    storage_type: Clean = ""
    """Type of the storage as RDS spells it: `gp3`."""
    iops: int | None = None
    """Provisioned IOPS of the storage; None: not reported."""
    max_storage_gib: int | None = None
    """Size up to which RDS extends the storage by itself; None: it does not."""
    storage_operation: Clean = ""
    """A storage operation in progress as RDS spells it: `Initializing`, `Optimizing`; "" if there is none."""
    storage_percent: int | None = None
    """Progress of that operation, in per cent; None: not reported."""
    maintenance_window: Clean = ""
    """Weekly window in UTC as RDS spells it: `sat:17:00-sat:18:00`."""
    latest_restorable: datetime | None = None
    """Latest moment to which it can be restored (UTC); None: not reported."""
    created: datetime | None = None
    """When it was created (UTC); None: not reported."""
    log_exports: tuple[Clean, ...] = ()
    """Kinds of logs sent to CloudWatch Logs: `postgresql`."""
    pending: tuple[PendingSetting, ...] = ()
    """Modifications that are not applied yet."""
    pending_reported: bool = True
    """Whether AWS reported pending modifications; if false, an empty `pending` means nothing."""
    certificate: Clean = ""
    """Certificate authority of the server certificate: `rds-ca-rsa2048-g1`."""
    certificate_until: datetime | None = None
    """When the server certificate expires (UTC); None: not reported."""
    zone: Clean = ""
    """Availability Zone in which it runs; a failover moves it to another one."""
    subnet_group: RawId = RawId("")
    security_groups: tuple[RawId, ...] = ()
    """Ids of its VPC security groups; (): not reported."""
    parameter_group: RawId = RawId("")
    protected: bool | None = None
    """Whether RDS refuses to delete it; None: not reported."""
    tags: dict[str, str] = {}  # noqa: RUF012  pydantic copies it
    """Keys and values as AWS spells them; never shown uncleaned."""
    address: Clean = ""
    """Host name of its endpoint; "": not reported, as while it is created."""
    port: int | None = None
    """Port of its endpoint; None: not reported."""
    cluster: Clean = ""
    """The cluster that it is a member of, which has its backups, storage and settings; "": of none."""


class SnapshotState(StrEnum):
    AVAILABLE = "available"
    CREATING = "creating"
    UNUSABLE = "unusable"  # Failed, being deleted, or in any other state


class Snapshot(Model):
    id: RawId
    name: Clean
    """Its name for display: `rds:facility-prod-db-2026-01-11-18-14`."""
    kind: Clean
    """How it was made: `automated`, `manual`, `awsbackup`."""
    status: Clean
    """Status as RDS spells it."""
    state: SnapshotState
    at: datetime | None
    """When it was taken (UTC); None: not reported, as for one that is being created."""
    percent: int | None = None
    """Progress of its creation, in per cent; None: not reported."""


class AutomatedBackup(Model):
    """The automated backups of one instance in one region: its own, or those replicated from another region."""

    name: Clean
    """The instance."""
    status: Clean
    """Status as RDS spells it: `active`, `creating`, `retained`."""
    region: Clean = ""
    """Region of the instance."""
    retention_days: int | None = None
    """None: not reported."""
    earliest: datetime | None = None
    """First moment to which it can be restored (UTC); None: not reported."""
    latest: datetime | None = None
    """Last moment to which it can be restored (UTC); None: not reported."""


class DatabaseEvent(Model):
    at: datetime
    """When it happened (UTC)."""
    message: Clean
    categories: tuple[Clean, ...] = ()
    """Categories as RDS spells them: `backup`, `low storage`."""


class OptIn(StrEnum):
    """Whether a person has opted in to a pending maintenance action, and for when."""

    NONE = ""
    NEXT_WINDOW = "next-window"
    IMMEDIATE = "immediate"


class PendingAction(Model):
    """A maintenance action that AWS offers or will apply; all times UTC."""

    action: Clean
    """Kind as RDS spells it: `system-update`, `db-upgrade`, `ca-certificate-rotation`…"""
    description: Clean = ""
    auto_after: datetime | None = None
    """Applied automatically in the first maintenance window after this time; None: not so."""
    forced: datetime | None = None
    """Applied at this time, regardless of the window; None: not so."""
    current: datetime | None = None
    """When it is going to be applied, considering the other dates and the opt-in; None: no date."""
    opt_in: OptIn = OptIn.NONE


class SizeRange(Model):
    first: int
    last: int
    step: int = 1


class StorageOption(Model):
    storage_type: Clean
    sizes: tuple[SizeRange, ...]
    """In GiB."""
    iops: tuple[SizeRange, ...] = ()
    """Provisioned IOPS; empty: not reported."""


class OrderableClass(Model):
    name: Clean
    """`db.t4g.large`"""
    multi_az: bool = False
    """Whether it can be a Multi-AZ deployment."""
    storage_types: tuple[Clean, ...] = ()
    """Storage types that it can be combined with, sorted."""
