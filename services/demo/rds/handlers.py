"""RDS of the embedded AWS: DescribeDBInstances, DescribeDBSnapshots, DescribeEvents,
DescribePendingMaintenanceActions.

An account without the runbook's system leaves instances and snapshots to moto.
Source: Amazon RDS API reference.
"""

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any, TypeVar

from services.demo.cloudwatch.paging import page_of
from services.demo.rds.history import EVENTS_KEPT, Backup, Event, History
from services.demo.rds.model import BACKUP_WINDOW, CREATED, Rds
from services.demo.registry import Call, Fault, ToMoto, op
from services.demo.system import names

T = TypeVar("T")
PAGE, LEAST = 100, 20
"""MaxRecords: default and most, and the least."""
EVENT_MINUTES = 60
"""What DescribeEvents covers unless told otherwise."""


@op("rds", "DescribeDBInstances")
def describe_instances(call: Call) -> dict[str, Any]:
    """The one instance."""
    rds = _own(call)
    wanted = call.params.get("DBInstanceIdentifier")
    if wanted not in (None, names.DATABASE, rds.arn):
        raise Fault("DBInstanceNotFound", f"DBInstance {wanted} not found.", 404)
    _limit(call)
    return {"DBInstances": [rds.instance()] if _filtered(call, rds) else []}


@op("rds", "DescribeDBSnapshots")
def describe_snapshots(call: Call) -> dict[str, Any]:
    """The automatic snapshots; nobody made any by hand, and AWS Backup makes none."""
    rds = _own(call)
    params = call.params
    wanted = params.get("DBInstanceIdentifier") in (None, names.DATABASE, rds.arn)
    kinds = _values(call, "snapshot-type") or (params.get("SnapshotType") or "automated",)
    found = call.world.part(History).backups() if wanted and _filtered(call, rds) else []
    name = params.get("DBSnapshotIdentifier")
    if name is not None:
        found = [backup for backup in found if backup.name == name]
        if not found:
            raise Fault("DBSnapshotNotFound", f"DBSnapshot {name} not found.", 404)
    backups = found if "automated" in kinds else []
    page, more = _page(call, backups, lambda backup: backup.name)
    return {"DBSnapshots": [_snapshot(call, backup) for backup in page]} | more


def _snapshot(call: Call, backup: Backup) -> dict[str, Any]:
    now = call.world.clock.now()
    return {
        "DBSnapshotIdentifier": backup.name,
        "DBSnapshotArn": f"arn:aws:rds:{names.REGION}:{call.account}:snapshot:{backup.name}",
        "DBInstanceIdentifier": names.DATABASE,
        "SnapshotCreateTime": backup.at,
        "OriginalSnapshotCreateTime": backup.at,
        "InstanceCreateTime": CREATED,
        "Status": "available" if backup.ready <= now else "creating",
        "PercentProgress": backup.percent(now),
        "SnapshotType": "automated",
        "Engine": "postgres",
        "EngineVersion": "16.4",
        "AllocatedStorage": 100,
        "StorageType": "gp3",
        "Encrypted": True,
        "BackupRetentionPeriod": call.world.part(Rds).retention,
        "PreferredBackupWindow": BACKUP_WINDOW,
    }


@op("rds", "DescribeEvents")
def describe_events(call: Call) -> dict[str, Any]:
    """What happened to the instance, in the last hour unless told otherwise, oldest first."""
    params = call.params
    identifier, kind = params.get("SourceIdentifier"), params.get("SourceType")
    if identifier is not None and kind is None:
        raise Fault("InvalidParameterCombination", "SourceType must be given with SourceIdentifier.")
    first, last = _span(call)
    wanted = set(params.get("EventCategories") or ())
    ours = call.world.part(Rds).exists and kind in (None, "db-instance")
    found = [
        event
        for event in (call.world.part(History).events() if ours else ())
        if first <= event.at <= last
        and identifier in (None, names.DATABASE)
        and (not wanted or event.category in wanted)
    ]
    page, more = _page(call, found, lambda event: f"{event.at.isoformat()} {event.message}")
    return {"Events": [_event(call, event) for event in page]} | more


def _span(call: Call) -> tuple[Any, Any]:
    params, now = call.params, call.world.clock.now()
    minutes = params.get("Duration") or EVENT_MINUTES
    earliest = now - EVENTS_KEPT
    first = params.get("StartTime") or (params.get("EndTime") or now) - timedelta(minutes=minutes)
    if timedelta(minutes=minutes) > EVENTS_KEPT or first < earliest:
        raise Fault("InvalidParameterValue", "Events are kept for 14 days (20160 minutes).")
    return first, params.get("EndTime") or now


def _event(call: Call, event: Event) -> dict[str, Any]:
    return {
        "SourceIdentifier": names.DATABASE,
        "SourceType": "db-instance",
        "SourceArn": call.world.part(Rds).arn,
        "Message": event.message,
        "EventCategories": [event.category],
        "Date": event.at,
    }


@op("rds", "DescribePendingMaintenanceActions")
def describe_pending(call: Call) -> dict[str, Any]:
    """What waits for the instance; an empty list where nothing does."""
    rds = call.world.part(Rds)
    wanted = call.params.get("ResourceIdentifier")
    if wanted is not None and not (rds.exists and wanted == rds.arn):
        raise Fault("ResourceNotFoundFault", f"The specified resource {wanted} was not found.", 404)
    _limit(call)
    actions = rds.pending_actions() if rds.exists and _filtered(call, rds) else []
    resource = {"ResourceIdentifier": rds.arn, "PendingMaintenanceActionDetails": actions}
    return {"PendingMaintenanceActions": [resource] if actions else []}


def _own(call: Call) -> Rds:
    rds = call.world.part(Rds)
    if not rds.exists:
        raise ToMoto
    return rds


def _filtered(call: Call, rds: Rds) -> bool:
    """Whether the filter `db-instance-id` leaves the instance."""
    wanted = _values(call, "db-instance-id")
    return not wanted or bool({names.DATABASE, rds.arn} & set(wanted))


def _values(call: Call, name: str) -> tuple[str, ...]:
    filters = call.params.get("Filters") or ()
    return tuple(value for each in filters if each.get("Name") == name for value in each.get("Values") or ())


def _limit(call: Call) -> int:
    limit = int(call.params.get("MaxRecords") or PAGE)
    if not LEAST <= limit <= PAGE:
        raise Fault("InvalidParameterValue", f"MaxRecords must be between {LEAST} and {PAGE}.")
    return limit


def _page(call: Call, items: Sequence[T], cursor: Callable[[T], str]) -> tuple[list[T], dict[str, str]]:
    page, more = page_of(items, cursor, call.params.get("Marker"), _limit(call))
    return page, {"Marker": more["NextToken"]} if more else {}
