"""Handlers for what changes the database: modifications, maintenance, snapshots by hand, drills. Source:
ModifyDBInstance, ApplyPendingMaintenanceAction, CreateDBSnapshot, RestoreDBInstanceFromDBSnapshot,
DeleteDBInstance, RebootDBInstance (Amazon RDS API reference). The rules of gp3 are those of "Amazon RDS DB
instance storage" (user guide); the messages are RDS's own."""

import re
from datetime import timedelta
from typing import Any

from services.demo import names
from services.demo.account import REGION
from services.demo.errors import AwsErrorResponse
from services.demo.rds.handlers import named_instance, not_found, snapshot_row
from services.demo.rds.history import BackupHistory, RecoveryRegion, RestoredInstances
from services.demo.rds.model import (
    CLASSES,
    COOLDOWN,
    ENGINE,
    LARGEST,
    PARAMETER_GROUP,
    STRIPED,
    STRIPED_IOPS,
    SUBNET_GROUP,
    VERSION,
    DatabaseInstance,
)
from services.demo.registry import Call, op

_QUEUED = ("DBInstanceClass", "AllocatedStorage", "Iops", "StorageThroughput")
_AT_ONCE = ("MaxAllocatedStorage",)
_KNOWN = {"DBInstanceIdentifier", "ApplyImmediately", *_QUEUED, *_AT_ONCE}
_NAME = re.compile(r"[A-Za-z](?!.*--)[A-Za-z0-9-]{0,254}(?<!-)")


@op("rds", "ModifyDBInstance", of_system=True)
def modify_instance(call: Call) -> dict[str, Any]:
    instance, params = named_instance(call), call.params
    unknown = sorted(set(params) - _KNOWN)
    if unknown:
        raise _combination(f"The embedded AWS does not modify {', '.join(unknown)}.")
    if instance.operation:
        raise _state("Database instance is not in available state.")
    _check_class(params.get("DBInstanceClass"))
    _check_storage(call, instance, params)
    instance.settings |= {key: params[key] for key in _AT_ONCE if key in params}
    values = {key: params[key] for key in _QUEUED if key in params}
    if values:
        instance.queue(values, immediately=bool(params.get("ApplyImmediately")))
    return {"DBInstance": instance.describe()}


def _check_class(name: str | None) -> None:
    if name is not None and name not in CLASSES:
        text = "RDS does not support creating a DB instance with the following combination: "
        raise _combination(f"{text}DBInstanceClass={name}, Engine={ENGINE}, EngineVersion={VERSION}")


def _check_storage(call: Call, instance: DatabaseInstance, params: dict[str, Any]) -> None:
    now, size = instance.settings["AllocatedStorage"], params.get("AllocatedStorage")
    size = now if size is None else size
    most = params.get("MaxAllocatedStorage", instance.settings.get("MaxAllocatedStorage"))
    if most is not None and most * 10 < size * 11:
        raise _combination("Max storage size must be at least 10 percent greater than storage size")
    if size < now:
        raise _combination(
            f"Requested storage size ({size}) cannot be less than the current storage size ({now})."
        )
    if size == now:
        return
    if size > LARGEST:
        text = f"Invalid storage size for engine name {ENGINE} and storage type gp3: {size}"
        raise AwsErrorResponse("InvalidParameterValue", text)
    if size * 10 < now * 11:
        raise _combination("The allocated storage must be increased by at least 10 percent.")
    _check_iops(size, params.get("Iops"))
    changed = instance.optimized
    if instance.is_optimizing or (changed and call.now < changed[0] + COOLDOWN):
        raise _combination(
            "You can't currently modify the storage of this DB instance because the previous storage change is being "
            "optimized."
        )


def _check_iops(size: int, iops: int | None) -> None:
    if size < STRIPED and iops is not None:
        text = (
            f"You can't specify IOPS or storage throughput for engine {ENGINE} and a storage size less than"
        )
        raise _combination(f"{text} {STRIPED}.")
    if size >= STRIPED and iops is None:
        raise _combination(
            "You must specify both the storage size and iops when modifying the storage size or iops on a DB instance "
            "that has iops."
        )
    if iops is not None and iops < STRIPED_IOPS:
        raise _combination(f"Invalid iops value for engine name {ENGINE} and storage type gp3: {iops}")


@op("rds", "ApplyPendingMaintenanceAction", of_system=True)
def apply_maintenance(call: Call) -> dict[str, Any]:
    instance, params = call.component(DatabaseInstance), call.params
    resource, name, opt_in = params["ResourceIdentifier"], params["ApplyAction"], params["OptInType"]
    if resource != instance.arn:
        raise AwsErrorResponse(
            "ResourceNotFoundFault", f"The specified resource {resource} was not found.", 404
        )
    action = next((each for each in instance.maintenance if each.action == name), None)
    if action is None:
        raise AwsErrorResponse("InvalidParameterValue", f"There is no pending action {name} for {resource}.")
    if action.opt_in == "immediate":
        raise _combination("An immediate opt-in can't be undone.")
    if opt_in == "immediate":
        if instance.operation:
            raise _state("Database instance is not in available state.")
        action.opt_in, action.chosen = opt_in, call.now
    elif opt_in == "next-maintenance":
        action.opt_in, action.chosen = opt_in, instance.next_window(call.now)
    elif opt_in == "undo-opt-in":
        action.opt_in, action.chosen = "", None
    else:
        raise AwsErrorResponse("InvalidParameterValue", f"Invalid OptInType: {opt_in}")
    instance.advance(call.now)
    details = {"ResourceIdentifier": resource, "PendingMaintenanceActionDetails": instance.pending_actions()}
    return {"ResourcePendingMaintenanceActions": details}


@op("rds", "CreateDBSnapshot", of_system=True)
def create_snapshot(call: Call) -> dict[str, Any]:
    """Make a snapshot; its name must be new."""
    instance, params = named_instance(call), call.params
    name, history = str(params["DBSnapshotIdentifier"]).lower(), call.component(BackupHistory)
    if _NAME.fullmatch(name) is None:
        text = f"The parameter DBSnapshotIdentifier is not a valid identifier: {name}"
        raise AwsErrorResponse("InvalidParameterValue", text)
    if any(each.name == name for each in history.manual):
        raise AwsErrorResponse(
            "DBSnapshotAlreadyExists", f"Cannot create the snapshot because {name} exists."
        )
    if instance.status not in ("available", "storage-optimization"):
        raise _state("Cannot create a snapshot because the database instance is not in available state.")
    return {"DBSnapshot": snapshot_row(call, history.create(name, instance.settings["AllocatedStorage"]))}


def _combination(text: str) -> AwsErrorResponse:
    return AwsErrorResponse("InvalidParameterCombination", text)


def _state(text: str) -> AwsErrorResponse:
    return AwsErrorResponse("InvalidDBInstanceState", text)


_INSTANCE_NAME = re.compile(r"[a-z](?!.*--)[a-z0-9-]{0,62}(?<!-)")


@op("rds", "RestoreDBInstanceFromDBSnapshot", of_system=True)
def restore_instance(call: Call) -> dict[str, Any]:
    original, others = call.component(DatabaseInstance), call.component(RestoredInstances)
    params = call.params
    name, snapshot = str(params["DBInstanceIdentifier"]).lower(), params["DBSnapshotIdentifier"]
    if _INSTANCE_NAME.fullmatch(name) is None:
        text = f"The parameter DBInstanceIdentifier is not a valid identifier: {name}"
        raise AwsErrorResponse("InvalidParameterValue", text)
    if name == names.DATABASE or others.named(name):
        raise AwsErrorResponse("DBInstanceAlreadyExists", "DB instance already exists")
    history = call.component(BackupHistory)
    backup = next((each for each in (*history.backups(), *history.manual) if each.name == snapshot), None)
    if backup is None:
        raise AwsErrorResponse("DBSnapshotNotFound", f"DBSnapshot not found: {snapshot}", 404)
    if backup.ready > call.now:
        raise AwsErrorResponse("InvalidDBSnapshotState", f"DBSnapshot {snapshot} is not available.")
    if params.get("DBInstanceClass", original.settings["DBInstanceClass"]) not in CLASSES:
        raise AwsErrorResponse(
            "InvalidParameterValue", f"Invalid DB Instance class: {params['DBInstanceClass']}"
        )
    return {"DBInstance": others.restore(name, snapshot, params).describe(call.now)}


@op("rds", "DeleteDBInstance", of_system=True)
def delete_instance(call: Call) -> dict[str, Any]:
    params = call.params
    name = params["DBInstanceIdentifier"]
    if name == names.DATABASE:
        text = "Cannot delete protected DB Instance, please disable deletion protection and try again."
        raise AwsErrorResponse("InvalidParameterCombination", text)
    instance = call.component(RestoredInstances).named(name)
    if instance is None:
        raise not_found(name)
    if not params.get("SkipFinalSnapshot") and not params.get("FinalDBSnapshotIdentifier"):
        text = "FinalDBSnapshotIdentifier is required unless SkipFinalSnapshot is specified."
        raise AwsErrorResponse("InvalidParameterCombination", text)
    if instance.status(call.now) in ("creating", "deleting"):
        text = f"Instance {name} is {instance.status(call.now)}."
        raise AwsErrorResponse("InvalidDBInstanceState", text)
    instance.deleted = call.now
    return {"DBInstance": instance.describe(call.now)}


@op("rds", "RebootDBInstance", of_system=True)
def reboot_instance(call: Call) -> dict[str, Any]:
    instance, params = call.component(DatabaseInstance), call.params
    if params["DBInstanceIdentifier"] != names.DATABASE:
        raise not_found(params["DBInstanceIdentifier"])
    force = bool(params.get("ForceFailover"))
    if force and not instance.settings["MultiAZ"]:
        text = "Cannot do failover while rebooting a single AZ instance."
        raise AwsErrorResponse("InvalidParameterCombination", text)
    if instance.status != "available":
        raise AwsErrorResponse("InvalidDBInstanceState", "Database instance is not in available state.")
    instance.reboot(failover=force)
    return {"DBInstance": instance.describe()}


@op("rds", "DescribeDBInstanceAutomatedBackups", of_system=True)
def automated_backups(call: Call) -> dict[str, Any]:
    """The database's automated backups: in its region its own, elsewhere those replicated there."""
    instance, there = call.component(DatabaseInstance), call.component(RecoveryRegion)
    is_home = call.region == REGION
    if not instance.retention or not (is_home or there.replicates(call.region)):
        return {"DBInstanceAutomatedBackups": []}
    latest = instance.restorable() - (timedelta() if is_home else timedelta(minutes=there.minutes_behind))
    backups = {
        "DBInstanceArn": instance.arn,
        "DBInstanceIdentifier": names.DATABASE,
        "Region": REGION,
        "Status": "active",
        "Engine": "postgres",
        "AllocatedStorage": instance.settings["AllocatedStorage"],
        "BackupRetentionPeriod": instance.retention,
        "RestoreWindow": {"EarliestTime": latest - timedelta(days=instance.retention), "LatestTime": latest},
    }
    return {"DBInstanceAutomatedBackups": [backups]}


@op("rds", "DescribeDBParameterGroups", of_system=True)
def parameter_groups(call: Call) -> dict[str, Any]:
    name = call.params.get("DBParameterGroupName")
    if name not in (None, PARAMETER_GROUP) or not call.component(RecoveryRegion).has_groups(call.region):
        raise AwsErrorResponse("DBParameterGroupNotFound", f"DBParameterGroup not found: {name}", 404)
    group = {"DBParameterGroupName": PARAMETER_GROUP, "DBParameterGroupFamily": "postgres16"}
    return {"DBParameterGroups": [group | {"Description": names.DATABASE}]}


@op("rds", "DescribeDBSubnetGroups", of_system=True)
def subnet_groups(call: Call) -> dict[str, Any]:
    if not call.component(RecoveryRegion).has_groups(call.region):
        return {"DBSubnetGroups": []}
    return {"DBSubnetGroups": [{"DBSubnetGroupName": SUBNET_GROUP, "SubnetGroupStatus": "Complete"}]}
