from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.clock import ManualClock
from services.demo.names import DATABASE
from services.demo.rds import handlers as rds_handlers
from services.demo.registry import HANDLERS, Call
from services.demo.scenario import Scenario
from services.demo.world import World
from tests.services.demo.client import ask, refused
from tests.services.demo.shapes import assert_output_shape

assert rds_handlers
MONDAY = datetime(2026, 1, 12, 0, 0, tzinfo=UTC)
ARN = f"arn:aws:rds:ap-northeast-1:123456789012:db:{DATABASE}"


def world(*facts: dict[str, Any], at: datetime = MONDAY) -> World:
    words = {"title": "t", "watch": "w"}
    story = Scenario(name="x", ja=words, en=words, facts=facts)
    return World(story, ManualClock(at), history=timedelta(0))


def answer(world: World, operation: str, **params: Any) -> dict[str, Any]:
    call = Call("rds", operation, params, world.region, world.account, world)
    return assert_output_shape("rds", operation, HANDLERS["rds", operation](call))


@pytest.mark.scenario("missing-snapshot", origin=MONDAY, history=60)
async def test_over_http(embedded):
    url = embedded.url
    (row,) = (await ask(url, "rds", "DescribeDBInstances", DBInstanceIdentifier=DATABASE))["DBInstances"]
    assert (row["EnabledCloudwatchLogsExports"], row["DBInstanceArn"]) == (["postgresql"], ARN)
    assert timedelta(0) <= MONDAY - row["LatestRestorableTime"] <= timedelta(minutes=5)
    code, status, _message = await refused(
        url, "rds", "DescribeDBInstances", DBInstanceIdentifier="no-such-db"
    )
    assert (code, status) == ("DBInstanceNotFound", 404)
    response = await ask(
        url, "rds", "DescribeDBSnapshots", DBInstanceIdentifier=DATABASE, SnapshotType="automated"
    )
    days = [each["SnapshotCreateTime"].day for each in response["DBSnapshots"]]
    assert days == [4, 5, 6, 7, 9, 10, 11]  # the 8th, three windows before the beginning, is missing
    assert response["DBSnapshots"][-1]["DBSnapshotIdentifier"].startswith(f"rds:{DATABASE}-2026-01-11-18-")
    assert (await ask(url, "rds", "DescribeDBSnapshots", SnapshotType="awsbackup"))["DBSnapshots"] == []
    filtered = [{"Name": "snapshot-type", "Values": ["awsbackup"]}]
    assert (await ask(url, "rds", "DescribeDBSnapshots", Filters=filtered))["DBSnapshots"] == []
    asked = {"SourceType": "db-instance", "SourceIdentifier": DATABASE}
    assert (await ask(url, "rds", "DescribeEvents", **asked))["Events"] == []
    events = await ask(url, "rds", "DescribeEvents", Duration=20160, EventCategories=["backup"], **asked)
    assert "heavy load" in next(each["Message"] for each in events["Events"] if each["Date"].day == 8)
    assert (await refused(url, "rds", "DescribeEvents", Duration=20161, **asked))[
        0
    ] == "InvalidParameterValue"
    assert (await ask(url, "rds", "DescribePendingMaintenanceActions", ResourceIdentifier=ARN)) == {
        "PendingMaintenanceActions": []
    }


def test_a_snapshot_is_created_in_its_window_and_old_ones_are_deleted():
    demo_world = world(at=datetime(2026, 1, 11, 18, 0, tzinfo=UTC))
    clock = demo_world.clock
    assert isinstance(clock, ManualClock)
    before = answer(demo_world, "DescribeDBSnapshots")["DBSnapshots"]
    clock.advance(1000)  # 18:16:40
    newest = answer(demo_world, "DescribeDBSnapshots")["DBSnapshots"][-1]
    assert (newest["Status"], 0 <= newest["PercentProgress"] < 100) == ("creating", True)
    clock.advance(1700)
    now = answer(demo_world, "DescribeDBSnapshots")["DBSnapshots"]
    assert (now[-1]["Status"], now[-1]["PercentProgress"]) == ("available", 100)
    clock.advance(86400)
    later = answer(demo_world, "DescribeDBSnapshots")["DBSnapshots"]
    assert [len(each) for each in (before, now, later)] == [7, 8, 8]
    assert later[0]["DBSnapshotIdentifier"] == now[1]["DBSnapshotIdentifier"]


def test_a_page_follows_its_marker():
    demo_world = world()
    asked = {"SourceType": "db-instance", "Duration": 20160, "MaxRecords": 20}
    first = answer(demo_world, "DescribeEvents", **asked)
    second = answer(demo_world, "DescribeEvents", Marker=first["Marker"], **asked)
    assert (len(first["Events"]), len(second["Events"])) == (20, 8)
    assert "Marker" not in second


def test_what_a_scenario_says_of_the_database():
    demo_world = world(
        {"kind": "retention", "days": 0},
        {"kind": "window", "utc": "sun:02:00-sun:03:00"},
        {"kind": "certificate", "days": 20},
        {"kind": "pending-change", "instance_class": "db.t4g.large", "storage_gib": 200},
        {"kind": "patch", "auto_after_days": 10, "forced_days": 40},
        {"kind": "patch", "action": "db-upgrade"},
    )
    (row,) = answer(demo_world, "DescribeDBInstances")["DBInstances"]
    assert (row["BackupRetentionPeriod"], "LatestRestorableTime" in row) == (0, False)
    assert row["PreferredMaintenanceWindow"] == "sun:02:00-sun:03:00"
    assert row["CertificateDetails"]["ValidTill"] == MONDAY + timedelta(days=20)
    assert row["PendingModifiedValues"] == {"DBInstanceClass": "db.t4g.large", "AllocatedStorage": 200}
    assert answer(demo_world, "DescribeDBSnapshots")["DBSnapshots"] == []
    for asked in ({}, {"Filters": [{"Name": "db-instance-id", "Values": [DATABASE]}]}):
        (resource,) = answer(demo_world, "DescribePendingMaintenanceActions", **asked)[
            "PendingMaintenanceActions"
        ]
        update, upgrade = resource["PendingMaintenanceActionDetails"]
        assert (update["AutoAppliedAfterDate"] - MONDAY).days == 10
        assert set(upgrade) == {"Action", "Description"}
    other = {"Filters": [{"Name": "db-instance-id", "Values": ["another"]}]}
    assert answer(demo_world, "DescribePendingMaintenanceActions", **other)["PendingMaintenanceActions"] == []
