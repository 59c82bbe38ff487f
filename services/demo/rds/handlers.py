"""Handlers that read RDS: instances, snapshots, events, pending maintenance, what may be modified; and
prices. An account without the runbook's system leaves instances and snapshots to moto. Source: Amazon RDS API
reference, GetProducts (AWS Price List API reference)."""

import json
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any

from services.demo import names
from services.demo.account import REGION, hash_of
from services.demo.errors import AwsErrorResponse
from services.demo.paging import page_of
from services.demo.rds.history import (
    EVENTS_KEPT,
    Backup,
    BackupHistory,
    ManualSnapshot,
    RecoveryRegion,
    RestoredInstances,
)
from services.demo.rds.model import (
    ALLOCATED,
    BACKUP_WINDOW,
    CLASSES,
    CREATED,
    ENGINE,
    FARGATE,
    GIB_MONTH,
    LARGEST,
    MOST_IOPS,
    SMALLEST,
    STRIPED_IOPS,
    VERSION,
    DatabaseEventRecord,
    DatabaseInstance,
)
from services.demo.registry import Call, op

PAGE, LEAST = 100, 20  # MaxRecords: default and greatest, and least
EVENT_MINUTES = 60  # Minutes that DescribeEvents covers by default


@op("rds", "DescribeDBInstances", of_system=True)
def describe_instances(call: Call) -> dict[str, Any]:
    instance = call.component(DatabaseInstance)
    identifier = call.params.get("DBInstanceIdentifier")
    _limit(call)
    rows = [instance.describe()] if _passes_filter(call, instance) else []
    if identifier in (names.DATABASE, instance.arn):
        return {"DBInstances": rows}
    others = call.component(RestoredInstances)
    if identifier is None:
        restored = others.present() if not _values(call, "db-instance-id") else []
        return {"DBInstances": [*rows, *(each.describe(call.now) for each in restored)]}
    other = others.named(identifier)
    if other is None:
        raise not_found(identifier)
    return {"DBInstances": [other.describe(call.now)]}


@op("rds", "DescribeDBSnapshots", of_system=True)
def describe_snapshots(call: Call) -> dict[str, Any]:
    """The automatic snapshots and those made by hand; there are none of AWS Backup."""
    instance = call.component(DatabaseInstance)
    params = call.params
    ours = params.get("DBInstanceIdentifier") in (None, names.DATABASE, instance.arn)
    named = params.get("SnapshotType")
    kinds = _values(call, "snapshot-type") or ((named,) if named else ("automated", "manual"))
    history = call.component(BackupHistory)
    backups = _of_kinds(history, kinds) if ours and _passes_filter(call, instance) else []
    if call.region != REGION:
        copies = call.component(RecoveryRegion).has_copies(call.region)
        backups = history.copies(copies) if ours and copies and "manual" in kinds else []
    name = params.get("DBSnapshotIdentifier")
    if name is not None:
        backups = [backup for backup in backups if backup.name == name]
        if not backups:
            raise AwsErrorResponse("DBSnapshotNotFound", f"DBSnapshot {name} not found.", 404)
    page, more = page_of(backups, lambda backup: backup.name, params, _limit(call), "Marker")
    return {"DBSnapshots": [snapshot_row(call, backup) for backup in page]} | more


def _of_kinds(history: BackupHistory, kinds: Sequence[str]) -> list[Backup]:
    automated = history.backups() if "automated" in kinds else []
    return [*automated, *(history.manual if "manual" in kinds else [])]


def snapshot_row(call: Call, backup: Backup) -> dict[str, Any]:
    now, manual = call.now, isinstance(backup, ManualSnapshot)
    is_copy = call.region != REGION
    row: dict[str, Any] = {
        "DBSnapshotIdentifier": backup.name,
        "DBSnapshotArn": snapshot_arn(call, backup.name),
        "DBInstanceIdentifier": names.DATABASE,
        "SnapshotCreateTime": backup.at,
        "OriginalSnapshotCreateTime": backup.at,
        "InstanceCreateTime": CREATED,
        "Status": "available" if backup.ready <= now else "creating",
        "PercentProgress": backup.percent(now),
        "SnapshotType": "manual" if manual else "automated",
        **({"SourceRegion": REGION} if is_copy else {}),
        "Engine": "postgres",
        "EngineVersion": "16.4",
        "AllocatedStorage": backup.gib if isinstance(backup, ManualSnapshot) else ALLOCATED,
        "StorageType": "gp3",
        "BackupRetentionPeriod": call.component(DatabaseInstance).retention,
        "PreferredBackupWindow": BACKUP_WINDOW,
    }
    if row["Status"] == "creating" and manual:
        # Until it is taken it has no time.
        del row["SnapshotCreateTime"], row["OriginalSnapshotCreateTime"]
    return row


def snapshot_arn(call: Call, name: str) -> str:
    return f"arn:aws:rds:{call.region}:{call.account}:snapshot:{name}"


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
    events = [
        event
        for event in _events(call)
        if first <= event.at <= last
        and kind in (None, "db-snapshot" if event.source else "db-instance")
        and identifier in (None, event.source or event.instance or names.DATABASE)
        and (not categories or event.category in categories)
    ]
    page, more = page_of(
        events, lambda event: f"{event.at.isoformat()} {event.message}", params, _limit(call), "Marker"
    )
    return {"Events": [_event(call, event) for event in page]} | more


def _events(call: Call) -> list[DatabaseEventRecord]:
    if call.run.scenario.empty:
        return []
    events = [*call.component(BackupHistory).events(), *call.component(RestoredInstances).events()]
    return sorted(events, key=lambda event: event.at)


def _span(call: Call) -> tuple[Any, Any]:
    params, now = call.params, call.now
    minutes = params.get("Duration") or EVENT_MINUTES
    earliest = now - EVENTS_KEPT
    first = params.get("StartTime") or (params.get("EndTime") or now) - timedelta(minutes=minutes)
    if timedelta(minutes=minutes) > EVENTS_KEPT or first < earliest:
        raise AwsErrorResponse("InvalidParameterValue", "Events are kept for 14 days (20160 minutes).")
    return first, params.get("EndTime") or now


def _event(call: Call, event: DatabaseEventRecord) -> dict[str, Any]:
    name = event.instance or names.DATABASE
    arn = f"arn:aws:rds:{REGION}:{call.account}:db:{name}"
    return {
        "SourceIdentifier": event.source or name,
        "SourceType": "db-snapshot" if event.source else "db-instance",
        "SourceArn": snapshot_arn(call, event.source) if event.source else arn,
        "Message": event.message,
        "EventCategories": [event.category],
        "Date": event.at,
    }


@op("rds", "DescribePendingMaintenanceActions")
def describe_pending(call: Call) -> dict[str, Any]:
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


def named_instance(call: Call) -> DatabaseInstance:
    """The runbook's database, if the request names it. Raises AwsErrorResponse."""
    instance, name = call.component(DatabaseInstance), call.params["DBInstanceIdentifier"]
    if name not in (names.DATABASE, instance.arn):
        raise not_found(name)
    return instance


def not_found(name: str) -> AwsErrorResponse:
    return AwsErrorResponse("DBInstanceNotFound", f"DBInstance {name} not found.", 404)


def _passes_filter(call: Call, instance: DatabaseInstance) -> bool:
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


_ON_DEMAND, _RATE = "JRTCKXETXF", "6YS6EN2CT7"  # Codes of the Price List for on-demand terms and their rates


@op("rds", "DescribeValidDBInstanceModifications", of_system=True)
def valid_modifications(call: Call) -> dict[str, Any]:
    if named_instance(call).operation:
        text = f"DB instance {call.params['DBInstanceIdentifier']} is not in available state."
        raise AwsErrorResponse("InvalidDBInstanceState", text)
    storage = {
        "StorageType": "gp3",
        "StorageSize": [{"From": SMALLEST, "To": LARGEST, "Step": 1}],
        "ProvisionedIops": [{"From": STRIPED_IOPS, "To": MOST_IOPS, "Step": 1}],
    }
    return {"ValidDBInstanceModificationsMessage": {"Storage": [storage]}}


@op("rds", "DescribeOrderableDBInstanceOptions", of_system=True)
def orderable_options(call: Call) -> dict[str, Any]:
    params = call.params
    ours = params["Engine"] == ENGINE and params.get("EngineVersion") in (None, VERSION)
    options = [
        {
            "Engine": ENGINE,
            "EngineVersion": VERSION,
            "DBInstanceClass": name,
            "AvailabilityZones": [{"Name": f"{REGION}{zone}"} for zone in "acd"],
            "MultiAZCapable": True,
            "Vpc": True,
            "StorageType": "gp3",
        }
        for name in CLASSES
        if ours and params.get("DBInstanceClass") in (None, name)
    ]
    return {"OrderableDBInstanceOptions": options}


@op("pricing", "GetProducts")
def get_products(call: Call) -> dict[str, Any]:
    filters, service = call.params.get("Filters") or (), call.params["ServiceCode"]
    products = {"AmazonRDS": _products, "AmazonECS": _fargate}.get(service, lambda: iter(()))()
    prices = [
        _price_list(service, attributes, unit, usd)
        for attributes, unit, usd in products
        if all(_fits(attributes.get(each["Field"]), each) for each in filters)
    ]
    return {"FormatVersion": "aws_v1", "PriceList": prices}


def _fits(value: str | None, filter: dict[str, str]) -> bool:
    return value is not None and (
        filter["Value"] in value if filter["Type"] == "CONTAINS" else filter["Value"] == value
    )


def _fargate() -> Iterator[tuple[dict[str, str], str, float]]:
    common = {"productFamily": "Compute", "regionCode": REGION, "servicecode": "AmazonECS"}
    for name, usd in FARGATE.items():
        yield common | {"usagetype": f"APN1-{name}"}, "hours", usd


def _products() -> Iterator[tuple[dict[str, str], str, float]]:
    """(attributes, unit, dollars) of each product."""
    for zones, deployment in ((1, "Single-AZ"), (2, "Multi-AZ")):
        common = {"regionCode": REGION, "deploymentOption": deployment, "servicecode": "AmazonRDS"}
        for instance_class in CLASSES.values():
            family = {"productFamily": "Database Instance", "databaseEngine": "PostgreSQL"}
            yield (
                common | family | {"instanceType": instance_class.name},
                "Hrs",
                instance_class.hourly * zones,
            )
        storage = {"productFamily": "Database Storage", "databaseEngine": "Any"}
        yield common | storage | {"volumeType": "General Purpose-GP3"}, "GB-Mo", GIB_MONTH * zones


def _price_list(service: str, attributes: dict[str, str], unit: str, usd: float) -> str:
    sku = f"{hash_of(json.dumps(attributes)):X}"[:16]
    term, rate = f"{sku}.{_ON_DEMAND}", f"{sku}.{_ON_DEMAND}.{_RATE}"
    dimension = {"unit": unit, "rateCode": rate, "pricePerUnit": {"USD": f"{usd:.10f}"}}
    product = {"productFamily": attributes["productFamily"], "sku": sku, "attributes": attributes}
    on_demand = {"sku": sku, "effectiveDate": "2026-01-01T00:00:00Z", "priceDimensions": {rate: dimension}}
    return json.dumps(
        {
            "product": product,
            "terms": {"OnDemand": {term: on_demand}},
            "version": "20260105000000",
            "publicationDate": "2026-01-05T00:00:00Z",
        }
    )
