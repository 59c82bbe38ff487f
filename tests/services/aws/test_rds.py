from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.aws.client.errors import Incomplete, NotFound
from services.aws.rds.reader import RdsReader
from services.models.problem import ProblemKind
from services.models.rds import DatabaseState, OptIn, SnapshotState
from tests.services.aws.canned import Canned, failure

ARN = "arn:aws:rds:ap-northeast-1:123456789012:db:facility-prod-db"
AT = datetime(2026, 1, 11, 18, 14, tzinfo=UTC)
ROW: dict[str, Any] = {
    "DBInstanceIdentifier": "facility-prod-db",
    "DBInstanceArn": ARN,
    "DBInstanceStatus": "available",
    "Engine": "postgres",
    "EngineVersion": "16.4",
    "DBInstanceClass": "db.t4g.medium",
    "AllocatedStorage": 100,
    "MultiAZ": True,
    "BackupRetentionPeriod": 7,
    "PreferredBackupWindow": "18:10-18:40",
    "PreferredMaintenanceWindow": "sat:17:00-sat:18:00",
    "LatestRestorableTime": AT,
    "InstanceCreateTime": AT,
    "EnabledCloudwatchLogsExports": ["postgresql"],
    "CertificateDetails": {"CAIdentifier": "rds-ca-rsa2048-g1", "ValidTill": AT},
    "PendingModifiedValues": {
        "DBInstanceClass": "db.t4g.large",
        "AllocatedStorage": 200,
        "MultiAZ": False,
        "MasterUserPassword": "****",
        "PendingCloudwatchLogsExports": {
            "LogTypesToEnable": ["upgrade"],
            "LogTypesToDisable": ["postgresql"],
        },
        "ProcessorFeatures": [],
    },
}


async def test_an_instance_and_what_waits_for_its_window():
    canned = Canned(DescribeDBInstances={"DBInstances": [ROW]})
    database = await RdsReader(canned).database("facility-prod-db")
    assert canned.asked("DescribeDBInstances") == [{"DBInstanceIdentifier": "facility-prod-db"}]
    assert (database.arn, database.status, database.state) == (ARN, "available", DatabaseState.AVAILABLE)
    assert (database.retention_days, database.multi_az, database.storage_gib) == (7, True, 100)
    assert (database.log_exports, database.certificate_until) == (("postgresql",), AT)
    assert [(each.id, each.value, each.outage) for each in database.pending] == [
        ("instance_class", "db.t4g.large", True),
        ("storage_gib", "200", False),
        ("multi_az", "off", False),
        ("password", "***", False),
        ("log_exports", "+upgrade -postgresql", False),
    ]


async def test_what_aws_does_not_say_is_none():
    bare = {key: ROW[key] for key in ("DBInstanceIdentifier", "DBInstanceArn", "DBInstanceStatus")}
    database = await RdsReader(Canned(DescribeDBInstances={"DBInstances": [bare]})).database("x")
    assert (database.retention_days, database.multi_az, database.certificate_until) == (None, None, None)
    assert (database.backup_window, database.log_exports, database.pending) == ("", (), ())


async def test_switching_backups_off_interrupts():
    row = ROW | {"PendingModifiedValues": {"BackupRetentionPeriod": 0}}
    database = await RdsReader(Canned(DescribeDBInstances={"DBInstances": [row]})).database("x")
    assert [(each.id, each.value, each.outage) for each in database.pending] == [
        ("retention_days", "0", True)
    ]


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("backing-up", DatabaseState.AVAILABLE),
        ("storage-optimization", DatabaseState.BUSY),
        ("storage-full", DatabaseState.BROKEN),
        ("incompatible-parameters", DatabaseState.BROKEN),
    ],
)
async def test_what_a_status_means(status, state):
    row = ROW | {"DBInstanceStatus": status}
    assert (await RdsReader(Canned(DescribeDBInstances={"DBInstances": [row]})).database("x")).state is state


@pytest.mark.parametrize("answer", [failure(ProblemKind.NOT_FOUND), {"DBInstances": []}])
async def test_a_missing_database_is_named(answer):
    with pytest.raises(NotFound) as caught:
        await RdsReader(Canned(DescribeDBInstances=answer)).database("no-such-db")
    assert "no-such-db" in caught.value.problem.summary


@pytest.mark.parametrize("lacking", ["DBInstanceIdentifier", "DBInstanceArn", "DBInstanceStatus"])
async def test_half_an_instance_is_incomplete(lacking):
    row = {key: value for key, value in ROW.items() if key != lacking}
    with pytest.raises(Incomplete):
        await RdsReader(Canned(DescribeDBInstances={"DBInstances": [row]})).database("x")


def snapshot(name, status="available", at=AT):
    row = {"DBSnapshotIdentifier": name, "Status": status, "SnapshotType": "automated", "PercentProgress": 40}
    return row | ({"SnapshotCreateTime": at} if at else {})


async def test_snapshots_of_every_page_newest_first():
    pages = [
        {"DBSnapshots": [snapshot("a", at=AT - timedelta(days=1)), snapshot("b", "failed")], "Marker": "m"},
        {"DBSnapshots": [snapshot("c", "creating", None)]},
    ]
    canned = Canned(DescribeDBSnapshots=pages)
    making, failed, old = await RdsReader(canned).snapshots("db", "awsbackup")
    assert canned.asked("DescribeDBSnapshots")[0]["SnapshotType"] == "awsbackup"
    assert (making.id, making.state, making.at, making.percent) == ("c", SnapshotState.CREATING, None, 40)
    assert (failed.state, old.state) == (SnapshotState.UNUSABLE, SnapshotState.AVAILABLE)


async def test_a_snapshot_that_cannot_be_placed_is_not_left_out():
    canned = Canned(DescribeDBSnapshots={"DBSnapshots": [snapshot("a", at=None)]})
    with pytest.raises(Incomplete):
        await RdsReader(canned).snapshots("db")


async def test_events_are_asked_for_more_than_the_last_hour_and_no_more_than_14_days():
    rows = [
        {"Date": AT, "Message": "second", "EventCategories": ["backup"]},
        {"Date": AT - timedelta(hours=1), "Message": "first"},
    ]
    canned = Canned(DescribeEvents={"Events": rows})
    first, second = await RdsReader(canned).events("db", over=timedelta(days=40), categories=["backup"])
    assert canned.asked("DescribeEvents") == [
        {
            "SourceType": "db-instance",
            "SourceIdentifier": "db",
            "Duration": 20160,
            "EventCategories": ["backup"],
        }
    ]
    assert (first.message, second.message, second.categories) == ("first", "second", ("backup",))
    with pytest.raises(Incomplete):
        await RdsReader(Canned(DescribeEvents={"Events": [{"Message": "when?"}]})).events("db")


async def pending(answer):
    canned = Canned(DescribeDBInstances={"DBInstances": [ROW]}, DescribePendingMaintenanceActions=answer)
    reader = RdsReader(canned)
    actions = await reader.pending_actions(await reader.database("facility-prod-db"))
    assert canned.asked("DescribePendingMaintenanceActions") == [{"ResourceIdentifier": ARN}]
    return actions


async def test_trap_4_actions_are_inside_the_details():
    details = [
        {"Action": "system-update", "AutoAppliedAfterDate": AT, "Description": "OS"},
        {
            "Action": "db-upgrade",
            "ForcedApplyDate": AT,
            "CurrentApplyDate": AT,
            "OptInStatus": "next-maintenance",
        },
    ]
    resource = {"ResourceIdentifier": ARN, "PendingMaintenanceActionDetails": details}
    update, upgrade = await pending({"PendingMaintenanceActions": [resource]})
    assert (update.action, update.auto_after, update.forced, update.opt_in) == (
        "system-update",
        AT,
        None,
        OptIn.NONE,
    )
    assert (upgrade.forced, upgrade.current, upgrade.opt_in) == (AT, AT, OptIn.NEXT_WINDOW)
    assert await pending({"PendingMaintenanceActions": []}) == ()


@pytest.mark.parametrize("details", [[], [{"Description": "which?"}]])
async def test_an_action_that_is_not_named_is_incomplete(details):
    resource = {"ResourceIdentifier": ARN, "PendingMaintenanceActionDetails": details}
    with pytest.raises(Incomplete):
        await pending({"PendingMaintenanceActions": [resource]})
