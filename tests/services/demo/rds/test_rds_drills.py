from datetime import UTC, datetime
from typing import Any

import pytest

from services.demo.errors import AwsErrorResponse
from services.demo.names import DATABASE
from services.demo.rds import change_handlers
from services.demo.rds.history import RestoredInstances
from services.demo.registry import HANDLERS, Call
from tests.services.demo.rds.test_rds_changes import Rds
from tests.services.demo.shapes import assert_output_shape

assert change_handlers
ELSEWHERE = "ap-northeast-3"
NEW = "facility-prod-db-drill-20260112-0abcdefg"


def newest(rds: Rds) -> str:
    snapshots = rds.ask("DescribeDBSnapshots", SnapshotType="automated")["DBSnapshots"]
    return str(snapshots[-1]["DBSnapshotIdentifier"])


def restore(rds: Rds, **more: Any) -> dict[str, Any]:
    params = {"DBInstanceIdentifier": NEW, "DBSnapshotIdentifier": newest(rds), **more}
    row: dict[str, Any] = rds.ask("RestoreDBInstanceFromDBSnapshot", **params)["DBInstance"]
    return row


def instance(rds: Rds, name: str = NEW) -> dict[str, Any]:
    (row,) = rds.ask("DescribeDBInstances", DBInstanceIdentifier=name)["DBInstances"]
    return row  # type: ignore[no-any-return]


def test_a_snapshot_becomes_an_instance_over_time_and_goes_again():
    rds = Rds()
    tags = [{"Key": "toban-drill", "Value": "x"}]
    row = restore(rds, VpcSecurityGroupIds=["sg-1"], DBInstanceClass="db.t4g.small", Tags=tags)
    assert (row["DBInstanceStatus"], row["TagList"]) == ("creating", tags)
    assert (row["DBInstanceClass"], row["MultiAZ"]) == ("db.t4g.small", False)
    assert [each["VpcSecurityGroupId"] for each in row["VpcSecurityGroups"]] == ["sg-1"]
    assert len(rds.ask("DescribeDBInstances")["DBInstances"]) == 2
    skip = {"DBInstanceIdentifier": NEW, "SkipFinalSnapshot": True}
    assert rds.error("DeleteDBInstance", **skip)[0] == "InvalidDBInstanceState"
    rds.clock.advance(9 * 60)
    assert instance(rds)["DBInstanceStatus"] == "backing-up"
    rds.clock.advance(3 * 60)
    assert instance(rds)["DBInstanceStatus"] == "available"
    events = rds.ask("DescribeEvents", SourceType="db-instance", SourceIdentifier=NEW, Duration=60)["Events"]
    assert [event["Message"].partition(" rds:")[0] for event in events] == [
        "DB instance created",
        "Restored from snapshot",
        "Backing up DB instance",
        "Finished DB Instance backup",
    ]
    assert rds.error("DeleteDBInstance", DBInstanceIdentifier=NEW)[0] == "InvalidParameterCombination"
    assert rds.ask("DeleteDBInstance", **skip)["DBInstance"]["DBInstanceStatus"] == "deleting"
    rds.clock.advance(5 * 60)
    assert rds.error("DescribeDBInstances", DBInstanceIdentifier=NEW)[0] == "DBInstanceNotFound"
    assert rds.error("DeleteDBInstance", **skip)[0] == "DBInstanceNotFound"


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"DBInstanceIdentifier": DATABASE}, "DBInstanceAlreadyExists"),
        ({"DBInstanceIdentifier": "two--hyphens"}, "InvalidParameterValue"),
        ({"DBSnapshotIdentifier": "rds:none"}, "DBSnapshotNotFound"),
        ({"DBInstanceClass": "db.none"}, "InvalidParameterValue"),
    ],
)
def test_what_is_not_restored(params, code):
    rds = Rds()
    every = {"DBInstanceIdentifier": NEW, "DBSnapshotIdentifier": newest(rds), **params}
    assert rds.error("RestoreDBInstanceFromDBSnapshot", **every)[0] == code
    assert rds.world.component(RestoredInstances).all == []


def test_the_database_itself_is_protected():
    code, message = Rds().error("DeleteDBInstance", DBInstanceIdentifier=DATABASE, SkipFinalSnapshot=True)
    assert (code, "protected" in message) == ("InvalidParameterCombination", True)


def test_a_failover_swaps_the_zones_and_a_restart_does_not():
    rds = Rds()
    reboot = {"DBInstanceIdentifier": DATABASE}
    row = rds.ask("RebootDBInstance", **reboot, ForceFailover=True)["DBInstance"]
    assert (row["DBInstanceStatus"], row["AvailabilityZone"][-1]) == ("rebooting", "a")
    assert rds.error("RebootDBInstance", **reboot)[0] == "InvalidDBInstanceState"
    row = rds.advance(minutes=2)
    assert (row["DBInstanceStatus"], row["AvailabilityZone"][-1]) == ("available", "c")
    assert rds.messages == ["Multi-AZ instance failover started.", "Multi-AZ instance failover completed"]
    rds.ask("RebootDBInstance", **reboot)
    assert rds.advance(minutes=1)["AvailabilityZone"][-1] == "c"
    rds.world.database.settings["MultiAZ"] = False
    refusal = rds.error("RebootDBInstance", **reboot, ForceFailover=True)
    assert refusal[0] == "InvalidParameterCombination"
    assert "SecondaryAvailabilityZone" not in rds.row


def elsewhere(rds: Rds, operation: str, **params: Any) -> dict[str, Any]:
    call = Call("rds", operation, params, ELSEWHERE, rds.world.account, rds.world)
    return assert_output_shape("rds", operation, HANDLERS["rds", operation](call))


def test_another_region_has_copies_and_replicated_backups():
    rds = Rds()
    copies = elsewhere(rds, "DescribeDBSnapshots", SnapshotType="manual")["DBSnapshots"]
    assert {(each["SnapshotType"], each["SourceRegion"]) for each in copies} == {("manual", "ap-northeast-1")}
    assert all(f":{ELSEWHERE}:" in each["DBSnapshotArn"] for each in copies)
    (backups,) = elsewhere(rds, "DescribeDBInstanceAutomatedBackups")["DBInstanceAutomatedBackups"]
    (own,) = rds.ask("DescribeDBInstanceAutomatedBackups")["DBInstanceAutomatedBackups"]
    assert backups["RestoreWindow"]["LatestTime"] < own["RestoreWindow"]["LatestTime"]
    group = elsewhere(rds, "DescribeDBParameterGroups", DBParameterGroupName="facility-prod-postgres16")
    assert len(group["DBParameterGroups"]) == 1
    with pytest.raises(AwsErrorResponse):
        elsewhere(rds, "DescribeDBParameterGroups", DBParameterGroupName="other")
    assert len(elsewhere(rds, "DescribeDBSubnetGroups")["DBSubnetGroups"]) == 1
    bare = Rds({"kind": "recovery", "copies": 0, "replicated": False, "groups": False})
    assert elsewhere(bare, "DescribeDBSnapshots", SnapshotType="manual")["DBSnapshots"] == []
    assert elsewhere(bare, "DescribeDBInstanceAutomatedBackups")["DBInstanceAutomatedBackups"] == []
    assert elsewhere(bare, "DescribeDBSubnetGroups")["DBSubnetGroups"] == []


def test_events_are_kept_in_order():
    rds = Rds(at=datetime(2026, 1, 12, 3, 0, tzinfo=UTC))
    restore(rds)
    rds.clock.advance(3600)
    events = rds.ask("DescribeEvents", Duration=1440)["Events"]
    assert [event["Date"] for event in events] == sorted(event["Date"] for event in events)
