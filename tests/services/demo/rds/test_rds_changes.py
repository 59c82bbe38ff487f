from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.clock import ManualClock
from services.demo.cloudwatch.store import Bucket, MetricStore, metric_key
from services.demo.errors import AwsErrorResponse
from services.demo.names import ALB_DIMENSIONS, DATABASE, RDS_DIMENSIONS
from services.demo.rds import change_handlers, handlers
from services.demo.registry import HANDLERS, Call
from services.demo.scenario import Scenario
from services.demo.world import World
from tests.services.demo.client import ask, refused
from tests.services.demo.shapes import assert_output_shape

assert change_handlers
assert handlers
MONDAY = datetime(2026, 1, 12, 0, 0, tzinfo=UTC)
WINDOW = datetime(2026, 1, 17, 17, 0, tzinfo=UTC)
ARN = f"arn:aws:rds:ap-northeast-1:123456789012:db:{DATABASE}"
LARGE = {"DBInstanceClass": "db.t4g.large"}


class Rds:
    def __init__(self, *facts: dict[str, Any], at: datetime = MONDAY) -> None:
        words = {"title": "t", "watch": "w"}
        story = Scenario(name="x", ja=words, en=words, facts=facts)
        self.clock = ManualClock(at)
        self.world = World(story, self.clock, history=timedelta(0))

    def advance(self, **time: float) -> dict[str, Any]:
        self.clock.advance(timedelta(**time).total_seconds())
        return self.row

    def ask(self, operation: str, **params: Any) -> dict[str, Any]:
        self.world.tick()
        call = Call("rds", operation, params, self.world.region, self.world.account, self.world)
        return assert_output_shape("rds", operation, HANDLERS["rds", operation](call))

    def modify(self, **params: Any) -> dict[str, Any]:
        answer = self.ask("ModifyDBInstance", DBInstanceIdentifier=DATABASE, **params)
        row: dict[str, Any] = answer["DBInstance"]
        return row

    def error(self, operation: str, **params: Any) -> tuple[str, str]:
        with pytest.raises(AwsErrorResponse) as caught:
            self.ask(operation, **params)
        return caught.value.code, caught.value.message

    def refusal(self, **params: Any) -> tuple[str, str]:
        return self.error("ModifyDBInstance", DBInstanceIdentifier=DATABASE, **params)

    def choose(self, opt_in: str, action: str = "system-update") -> dict[str, Any]:
        answer = self.ask(
            "ApplyPendingMaintenanceAction", ResourceIdentifier=ARN, ApplyAction=action, OptInType=opt_in
        )
        details: list[dict[str, Any]] = answer["ResourcePendingMaintenanceActions"][
            "PendingMaintenanceActionDetails"
        ]
        return next((each for each in details if each["Action"] == action), {})

    @property
    def row(self) -> dict[str, Any]:
        (row,) = self.ask("DescribeDBInstances")["DBInstances"]
        return row  # type: ignore[no-any-return]

    @property
    def messages(self) -> list[str]:
        events = self.ask(
            "DescribeEvents", SourceType="db-instance", Duration=20160, EventCategories=_CATEGORIES
        )
        return [event["Message"] for event in events["Events"]]

    def buckets(self, *key: Any) -> list[Bucket]:
        now = int(self.clock.now().timestamp())
        return self.world.component(MetricStore).buckets(metric_key(*key), int(MONDAY.timestamp()), now)

    def newest(self, metric: str) -> float:
        return self.buckets("AWS/RDS", metric, RDS_DIMENSIONS)[-1].max


_CATEGORIES = ["configuration change", "maintenance", "failover"]


def test_a_class_changes_at_once_with_a_failover():
    rds = Rds()
    row = rds.modify(**LARGE, ApplyImmediately=True)
    assert (row["DBInstanceStatus"], row["DBInstanceClass"]) == ("modifying", "db.t4g.medium")
    assert row["PendingModifiedValues"] == LARGE
    code, message = rds.refusal(DBInstanceClass="db.t4g.xlarge", ApplyImmediately=True)
    assert (code, "not in available state" in message) == ("InvalidDBInstanceState", True)
    assert rds.error("DescribeValidDBInstanceModifications", DBInstanceIdentifier=DATABASE)[0] == code
    assert rds.advance(minutes=5)["DBInstanceStatus"] == "modifying"
    row = rds.advance(minutes=5)
    assert (row["DBInstanceStatus"], row["DBInstanceClass"]) == ("available", "db.t4g.large")
    assert row["PendingModifiedValues"] == {}
    assert rds.messages == [
        "Applying modification to database instance class",
        "Multi-AZ instance failover completed",
        "Finished applying modification to DB instance class",
    ]


@pytest.mark.slow
def test_a_queued_class_changes_in_the_window_and_is_withdrawn_only_immediately():
    rds = Rds()
    assert rds.modify(**LARGE, ApplyImmediately=False)["PendingModifiedValues"] == LARGE
    assert rds.modify(DBInstanceClass="db.t4g.medium")["PendingModifiedValues"] == LARGE
    row = rds.modify(DBInstanceClass="db.t4g.medium", ApplyImmediately=True)
    assert (row["DBInstanceStatus"], row["PendingModifiedValues"]) == ("available", {})
    rds.modify(**LARGE)
    assert rds.advance(days=5, hours=16, minutes=59)["DBInstanceStatus"] == "available"
    assert rds.advance(minutes=2)["DBInstanceStatus"] == "modifying"
    assert rds.advance(minutes=10)["DBInstanceClass"] == "db.t4g.large"


def test_immediately_applies_everything_that_is_queued():
    rds = Rds(
        {"kind": "pending-change", "instance_class": "db.r6g.large", "other": {"EngineVersion": "16.6"}}
    )
    row = rds.modify(AllocatedStorage=200, ApplyImmediately=True)
    assert (row["DBInstanceStatus"], len(row["PendingModifiedValues"])) == ("modifying", 3)
    row = rds.advance(minutes=10)
    assert (row["DBInstanceClass"], row["EngineVersion"], row["AllocatedStorage"]) == (
        "db.r6g.large",
        "16.6",
        200,
    )


def test_storage_grows_at_once_and_is_optimized_for_hours():
    rds = Rds()
    rds.advance(minutes=3)
    free = rds.newest("FreeStorageSpace")
    rds.modify(AllocatedStorage=200, ApplyImmediately=True)
    row = rds.advance(minutes=4)
    assert rds.newest("FreeStorageSpace") == pytest.approx(free + 100 * 2**30, abs=2**26)
    assert (row["AllocatedStorage"], row["DBInstanceStatus"]) == (200, "storage-optimization")
    assert (row["StorageOperationStatus"], 0 <= row["StorageOperationPercentProgress"] < 5) == (
        "Optimizing",
        True,
    )
    # A class may be changed meanwhile, the storage may not.
    code, message = rds.refusal(AllocatedStorage=300)
    assert (code, "previous storage change" in message) == ("InvalidParameterCombination", True)
    row = rds.advance(hours=5)
    assert (row["DBInstanceStatus"], "StorageOperationStatus" in row) == ("available", False)
    assert rds.refusal(AllocatedStorage=300)[1] == message  # six hours are not over
    rds.advance(hours=1)
    assert rds.modify(AllocatedStorage=300)["PendingModifiedValues"] == {"AllocatedStorage": 300}
    assert "Finished applying modification to allocated storage" in rds.messages


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"AllocatedStorage": 90}, "less than the current storage size"),
        ({"AllocatedStorage": 109}, "at least 10 percent"),
        ({"AllocatedStorage": 70000}, "Invalid storage size"),
        ({"AllocatedStorage": 200, "Iops": 3000}, "storage size less than 400"),
        ({"AllocatedStorage": 400}, "must specify both"),
        ({"AllocatedStorage": 400, "Iops": 3000}, "Invalid iops value"),
        ({"AllocatedStorage": 200, "MaxAllocatedStorage": 200}, "Max storage size"),
        ({"DBInstanceClass": "db.x9.huge"}, "does not support"),
        ({"MultiAZ": False}, "does not modify MultiAZ"),
    ],
)
def test_what_rds_refuses(params, message):
    assert message in Rds().refusal(**params, ApplyImmediately=True)[1]


def test_large_storage_needs_its_iops():
    rds = Rds()
    rds.modify(AllocatedStorage=400, Iops=12000, MaxAllocatedStorage=1000, ApplyImmediately=True)
    row = rds.advance(minutes=2)
    assert (row["AllocatedStorage"], row["Iops"], row["MaxAllocatedStorage"]) == (400, 12000, 1000)


@pytest.mark.slow
def test_maintenance_is_applied_in_the_window_that_was_chosen():
    rds = Rds({"kind": "patch"})
    chosen = rds.choose("next-maintenance")
    assert (chosen["OptInStatus"], chosen["CurrentApplyDate"]) == ("next-maintenance", WINDOW)
    assert set(rds.choose("undo-opt-in")) == {"Action", "Description"}
    rds.choose("next-maintenance")
    assert rds.advance(days=5, hours=17, minutes=1)["DBInstanceStatus"] == "maintenance"
    assert rds.advance(minutes=10)["DBInstanceStatus"] == "available"
    assert rds.ask("DescribePendingMaintenanceActions")["PendingMaintenanceActions"] == []


def test_maintenance_at_once_cannot_be_undone():
    rds = Rds({"kind": "patch", "action": "db-upgrade", "current_days": 30})
    now = rds.choose("immediate", "db-upgrade")
    assert (now["OptInStatus"], "CurrentApplyDate" in now) == ("immediate", False)
    assert rds.row["DBInstanceStatus"] == "upgrading"
    error = rds.error(
        "ApplyPendingMaintenanceAction",
        ResourceIdentifier=ARN,
        ApplyAction="db-upgrade",
        OptInType="undo-opt-in",
    )
    assert error[0] == "InvalidParameterCombination"
    rds.advance(minutes=10)
    assert rds.ask("DescribePendingMaintenanceActions")["PendingMaintenanceActions"] == []


@pytest.mark.slow
def test_a_forced_date_needs_nobody():
    rds = Rds({"kind": "patch", "auto_after_days": 30, "forced_days": 2})
    rds.advance(days=2, minutes=1)
    assert rds.row["DBInstanceStatus"] == "maintenance"


def test_a_snapshot_made_by_hand():
    rds = Rds()
    asked = {"DBInstanceIdentifier": DATABASE, "DBSnapshotIdentifier": "toban-1"}
    snapshot = rds.ask("CreateDBSnapshot", **asked)["DBSnapshot"]
    assert (snapshot["Status"], snapshot["SnapshotType"], "SnapshotCreateTime" in snapshot) == (
        "creating",
        "manual",
        False,
    )
    assert rds.error("CreateDBSnapshot", **asked)[0] == "DBSnapshotAlreadyExists"
    assert (
        rds.error("CreateDBSnapshot", **(asked | {"DBSnapshotIdentifier": "1-a"}))[0]
        == "InvalidParameterValue"
    )
    rds.advance(minutes=10)
    (row,) = rds.ask("DescribeDBSnapshots", DBSnapshotIdentifier="toban-1")["DBSnapshots"]
    assert (row["Status"], row["PercentProgress"], row["SnapshotCreateTime"]) == ("available", 100, MONDAY)
    automated = rds.ask("DescribeDBSnapshots", SnapshotType="automated")["DBSnapshots"]
    assert all(each["SnapshotType"] == "automated" for each in automated)
    events = rds.ask("DescribeEvents", SourceType="db-snapshot", SourceIdentifier="toban-1")["Events"]
    assert [each["Message"] for each in events] == ["Creating manual snapshot", "Manual snapshot created"]


def test_while_the_database_fails_over_requests_fail():
    rds = Rds()
    rds.modify(**LARGE, ApplyImmediately=True)
    rds.advance(minutes=12)
    failed = rds.buckets("AWS/ApplicationELB", "HTTPCode_Target_5XX_Count", ALB_DIMENSIONS)
    assert 1 <= len(failed) <= 3  # minutes


@pytest.mark.scenario("ordinary-day", origin=MONDAY, history=60)
async def test_options_and_prices_over_http(embedded):
    url = embedded.url
    sizes = await ask(url, "rds", "DescribeValidDBInstanceModifications", DBInstanceIdentifier=DATABASE)
    (storage,) = sizes["ValidDBInstanceModificationsMessage"]["Storage"]
    assert (storage["StorageType"], storage["StorageSize"][0]["From"]) == ("gp3", 20)
    options = await ask(
        url, "rds", "DescribeOrderableDBInstanceOptions", Engine="postgres", EngineVersion="16.4"
    )
    classes = [each["DBInstanceClass"] for each in options["OrderableDBInstanceOptions"]]
    assert {"db.t4g.large", "db.m6g.large", "db.r6g.large"} <= set(classes)
    other = await ask(
        url, "rds", "DescribeOrderableDBInstanceOptions", Engine="postgres", EngineVersion="11.1"
    )
    assert other["OrderableDBInstanceOptions"] == []
    filters = [{"Type": "TERM_MATCH", "Field": "instanceType", "Value": "db.t4g.large"}]
    prices = await ask(url, "pricing", "GetProducts", ServiceCode="AmazonRDS", Filters=filters)
    assert len(prices["PriceList"]) == 2  # Single-AZ and Multi-AZ
    code, _status, _message = await refused(
        url, "rds", "ModifyDBInstance", DBInstanceIdentifier="no-such-db", AllocatedStorage=200
    )
    assert code == "DBInstanceNotFound"
