"""Handlers for RDS: instances, snapshots, events, pending maintenance.

An account without the runbook's system leaves instances and snapshots to moto.
Source: Amazon RDS API reference.
"""

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any, TypeVar

from services.demo.account import REGION
from services.demo.errors import AwsErrorResponse
from services.demo.paging import page_of
from services.demo.rds.history import EVENTS_KEPT, Backup, BackupHistory, Event
from services.demo.rds.model import BACKUP_WINDOW, CREATED, DatabaseInstance
from services.demo.registry import Call, op
from services.demo.system import names

T = TypeVar("T")
PAGE, LEAST = 100, 20
"""MaxRecords: default and greatest, and least."""
EVENT_MINUTES = 60
"""Minutes that DescribeEvents covers by default."""


@op("rds", "DescribeDBInstances")
def describe_instances(call: Call) -> dict[str, Any]:
    """The account's only instance."""
    instance = _instance(call)
    identifier = call.params.get("DBInstanceIdentifier")
    if identifier not in (None, names.DATABASE, instance.arn):
        raise AwsErrorResponse("DBInstanceNotFound", f"DBInstance {identifier} not found.", 404)
    _limit(call)
    return {"DBInstances": [instance.describe()] if _passes_filter(call, instance) else []}


@op("rds", "DescribeDBSnapshots")
def describe_snapshots(call: Call) -> dict[str, Any]:
    """The automatic snapshots; there are no manual ones and none of AWS Backup."""
    instance = _instance(call)
    params = call.params
    ours = params.get("DBInstanceIdentifier") in (None, names.DATABASE, instance.arn)
    kinds = _values(call, "snapshot-type") or (params.get("SnapshotType") or "automated",)
    backups = call.component(BackupHistory).backups() if ours and _passes_filter(call, instance) else []
    name = params.get("DBSnapshotIdentifier")
    if name is not None:
        backups = [backup for backup in backups if backup.name == name]
        if not backups:
            raise AwsErrorResponse("DBSnapshotNotFound", f"DBSnapshot {name} not found.", 404)
    page, more = _page(call, backups if "automated" in kinds else [], lambda backup: backup.name)
    return {"DBSnapshots": [_snapshot(call, backup) for backup in page]} | more


def _snapshot(call: Call, backup: Backup) -> dict[str, Any]:
    now = call.now
    return {
        "DBSnapshotIdentifier": backup.name,
        "DBSnapshotArn": f"arn:aws:rds:{REGION}:{call.account}:snapshot:{backup.name}",
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
        "BackupRetentionPeriod": call.component(DatabaseInstance).retention,
        "PreferredBackupWindow": BACKUP_WINDOW,
    }


@op("rds", "DescribeEvents")
def describe_events(call: Call) -> dict[str, Any]:
    """Events of the instance, by default of the last hour, oldest first."""
    params = call.params
    identifier, kind = params.get("SourceIdentifier"), params.get("SourceType")
    if identifier is not None and kind is None:
        raise AwsErrorResponse(
            "InvalidParameterCombination", "SourceType must be given with SourceIdentifier."
        )
    first, last = _span(call)
    categories = set(params.get("EventCategories") or ())
    ours = not call.run.scenario.empty and kind in (None, "db-instance")
    events = [
        event
        for event in (call.component(BackupHistory).events() if ours else ())
        if first <= event.at <= last
        and identifier in (None, names.DATABASE)
        and (not categories or event.category in categories)
    ]
    page, more = _page(call, events, lambda event: f"{event.at.isoformat()} {event.message}")
    return {"Events": [_event(call, event) for event in page]} | more


def _span(call: Call) -> tuple[Any, Any]:
    params, now = call.params, call.now
    minutes = params.get("Duration") or EVENT_MINUTES
    earliest = now - EVENTS_KEPT
    first = params.get("StartTime") or (params.get("EndTime") or now) - timedelta(minutes=minutes)
    if timedelta(minutes=minutes) > EVENTS_KEPT or first < earliest:
        raise AwsErrorResponse("InvalidParameterValue", "Events are kept for 14 days (20160 minutes).")
    return first, params.get("EndTime") or now


def _event(call: Call, event: Event) -> dict[str, Any]:
    return {
        "SourceIdentifier": names.DATABASE,
        "SourceType": "db-instance",
        "SourceArn": call.component(DatabaseInstance).arn,
        "Message": event.message,
        "EventCategories": [event.category],
        "Date": event.at,
    }


@op("rds", "DescribePendingMaintenanceActions")
def describe_pending(call: Call) -> dict[str, Any]:
    """The pending maintenance of the instance; an empty list if there is none."""
    instance, exists = call.component(DatabaseInstance), not call.run.scenario.empty
    resource_id = call.params.get("ResourceIdentifier")
    if resource_id is not None and not (exists and resource_id == instance.arn):
        raise AwsErrorResponse(
            "ResourceNotFoundFault", f"The specified resource {resource_id} was not found.", 404
        )
    _limit(call)
    actions = instance.pending_actions() if exists and _passes_filter(call, instance) else []
    resource = {"ResourceIdentifier": instance.arn, "PendingMaintenanceActionDetails": actions}
    return {"PendingMaintenanceActions": [resource] if actions else []}


def _instance(call: Call) -> DatabaseInstance:
    call.require_system()
    return call.component(DatabaseInstance)


def _passes_filter(call: Call, instance: DatabaseInstance) -> bool:
    """Whether the filter `db-instance-id` selects the instance."""
    ids = _values(call, "db-instance-id")
    return not ids or bool({names.DATABASE, instance.arn} & set(ids))


def _values(call: Call, name: str) -> tuple[str, ...]:
    filters = call.params.get("Filters") or ()
    return tuple(value for item in filters if item.get("Name") == name for value in item.get("Values") or ())


def _limit(call: Call) -> int:
    limit = int(call.params.get("MaxRecords") or PAGE)
    if not LEAST <= limit <= PAGE:
        raise AwsErrorResponse("InvalidParameterValue", f"MaxRecords must be between {LEAST} and {PAGE}.")
    return limit


def _page(call: Call, items: Sequence[T], cursor: Callable[[T], str]) -> tuple[list[T], dict[str, str]]:
    page, more = page_of(items, cursor, call.params.get("Marker"), _limit(call))
    return page, {"Marker": more["NextToken"]} if more else {}
