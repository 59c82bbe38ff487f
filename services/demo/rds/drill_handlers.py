"""Handlers for drills: restore a snapshot, delete what was restored, fail over; and what another region has.

Source: RestoreDBInstanceFromDBSnapshot, DeleteDBInstance, RebootDBInstance, DescribeDBInstanceAutomatedBackups,
DescribeDBParameterGroups, DescribeDBSubnetGroups (Amazon RDS API reference); the messages are RDS's own.
"""

import re
from datetime import timedelta
from typing import Any

from services.demo.account import REGION
from services.demo.errors import AwsErrorResponse
from services.demo.rds.classes import CLASSES
from services.demo.rds.handlers import not_found
from services.demo.rds.history import BackupHistory
from services.demo.rds.model import PARAMETER_GROUP, SUBNET_GROUP, DatabaseInstance
from services.demo.rds.recovery import RecoveryRegion
from services.demo.rds.restored import RestoredInstances
from services.demo.registry import Call, op
from services.demo.system import names

_NAME = re.compile(r"[a-z](?!.*--)[a-z0-9-]{0,62}(?<!-)")


@op("rds", "RestoreDBInstanceFromDBSnapshot", of_system=True)
def restore_instance(call: Call) -> dict[str, Any]:
    original, others = call.component(DatabaseInstance), call.component(RestoredInstances)
    params = call.params
    name, snapshot = str(params["DBInstanceIdentifier"]).lower(), params["DBSnapshotIdentifier"]
    if _NAME.fullmatch(name) is None:
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
