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
from services.demo.rds.handlers import instance_of
from services.demo.rds.history import BackupHistory
from services.demo.rds.model import PARAMETER_GROUP, SUBNET_GROUP
from services.demo.rds.recovery import RecoveryRegion
from services.demo.rds.restored import RestoredInstances
from services.demo.registry import Call, op
from services.demo.system import names

_NAME = re.compile(r"[a-z](?!.*--)[a-z0-9-]{0,62}(?<!-)")


@op("rds", "RestoreDBInstanceFromDBSnapshot")
def restore_instance(call: Call) -> dict[str, Any]:
    """Restore a snapshot into a new instance."""
    original, params, others = instance_of(call), call.params, call.component(RestoredInstances)
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


@op("rds", "DeleteDBInstance")
def delete_instance(call: Call) -> dict[str, Any]:
    """Delete an instance that was restored; the database itself is protected."""
    instance_of(call)
    params = call.params
    name = params["DBInstanceIdentifier"]
    if name == names.DATABASE:
        text = "Cannot delete protected DB Instance, please disable deletion protection and try again."
        raise AwsErrorResponse("InvalidParameterCombination", text)
    instance = call.component(RestoredInstances).named(name)
    if instance is None:
        raise AwsErrorResponse("DBInstanceNotFound", f"DBInstance {name} not found.", 404)
    if not params.get("SkipFinalSnapshot") and not params.get("FinalDBSnapshotIdentifier"):
        text = "FinalDBSnapshotIdentifier is required unless SkipFinalSnapshot is specified."
        raise AwsErrorResponse("InvalidParameterCombination", text)
    if instance.status(call.now) in ("creating", "deleting"):
        text = f"Instance {name} is {instance.status(call.now)}."
        raise AwsErrorResponse("InvalidDBInstanceState", text)
    instance.deleted = call.now
    return {"DBInstance": instance.describe(call.now)}


@op("rds", "RebootDBInstance")
def reboot_instance(call: Call) -> dict[str, Any]:
    """Restart the database, in a Multi-AZ deployment on its standby if that is asked for."""
    instance, params = instance_of(call), call.params
    if params["DBInstanceIdentifier"] != names.DATABASE:
        text = f"DBInstance {params['DBInstanceIdentifier']} not found."
        raise AwsErrorResponse("DBInstanceNotFound", text, 404)
    force = bool(params.get("ForceFailover"))
    if force and not instance.settings["MultiAZ"]:
        text = "Cannot do failover while rebooting a single AZ instance."
        raise AwsErrorResponse("InvalidParameterCombination", text)
    if instance.status != "available":
        raise AwsErrorResponse("InvalidDBInstanceState", "Database instance is not in available state.")
    instance.reboot(failover=force)
    return {"DBInstance": instance.describe()}


@op("rds", "DescribeDBInstanceAutomatedBackups")
def automated_backups(call: Call) -> dict[str, Any]:
    """The database's automated backups: in its region its own, elsewhere those replicated there."""
    instance, there = instance_of(call), call.component(RecoveryRegion)
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


@op("rds", "DescribeDBParameterGroups")
def parameter_groups(call: Call) -> dict[str, Any]:
    """The database's parameter group, which the other region has as well."""
    instance_of(call)
    name = call.params.get("DBParameterGroupName")
    if name not in (None, PARAMETER_GROUP) or not call.component(RecoveryRegion).has_groups(call.region):
        raise AwsErrorResponse("DBParameterGroupNotFound", f"DBParameterGroup not found: {name}", 404)
    group = {"DBParameterGroupName": PARAMETER_GROUP, "DBParameterGroupFamily": "postgres16"}
    return {"DBParameterGroups": [group | {"Description": names.DATABASE}]}


@op("rds", "DescribeDBSubnetGroups")
def subnet_groups(call: Call) -> dict[str, Any]:
    """The database's subnet group, which the other region has as well."""
    instance_of(call)
    if not call.component(RecoveryRegion).has_groups(call.region):
        return {"DBSubnetGroups": []}
    return {"DBSubnetGroups": [{"DBSubnetGroupName": SUBNET_GROUP, "SubnetGroupStatus": "Complete"}]}
