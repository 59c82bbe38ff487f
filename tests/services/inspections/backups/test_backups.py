from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.aws.client.errors import AwsError
from services.calendar.maintenance_windows import daily
from services.inspections.backups.windows import BackupOutcome, expected, nights
from services.models.base import RawId
from services.models.problem import ProblemKind
from services.models.rds import Snapshot, SnapshotState
from services.models.verdict import Verdict
from tests.services.aws.canned import failure
from tests.services.inspections.database_answers import (
    BOOK,
    LAST,
    MONDAY,
    by_kind,
    instance,
    judged,
    snapshots,
)
from tests.services.inspections.running_world import missing_setting, run_inspection

NO_EVENTS: dict[str, Any] = {"Events": []}
NEWEST, WINDOWS, STATUS, RETENTION, RESTORABLE, INSTANCE = range(6)


@pytest.mark.scenario("ordinary-day", origin=MONDAY, history=60)
async def test_an_ordinary_day_is_normal(embedded):
    finding = await run_inspection(embedded, "backups")
    assert finding.verdict is Verdict.NORMAL
    assert "last 7 backup windows" in finding.summary
    assert finding.measures[WINDOWS].shown == "7 of 7"
    assert finding.advice == ()


@pytest.mark.scenario("ordinary-day", origin=MONDAY + timedelta(hours=18, minutes=25), history=60)
async def test_a_snapshot_being_created_within_its_window_is_normal(embedded):
    finding = await run_inspection(embedded, "backups")
    assert finding.verdict is Verdict.NORMAL
    assert finding.evidence[0].rows[0].cells[3].startswith("creating ")


@pytest.mark.scenario("missing-snapshot", origin=MONDAY, history=60)
async def test_trap_15_a_gap_on_thursday_is_found_on_monday_with_its_reason(embedded):
    finding = await run_inspection(embedded, "backups")
    assert finding.verdict is Verdict.ABNORMAL
    # Thursday 18:10 UTC.
    assert "01-09(Fri) 03:10 JST (RDS: The DB instance could not be backed up" in finding.summary
    assert finding.measures[WINDOWS].shown == "6 of 7"
    assert finding.measures[NEWEST].verdict is Verdict.NORMAL
    assert finding.evidence[0].rows[0].verdict is Verdict.ABNORMAL
    assert finding.evidence[1].title == "RDS events"
    assert finding.advice[0].startswith("Check the RDS events")
    assert finding.advice[1].startswith("Take a manual snapshot in its place")
    assert finding.advice[2:] == (
        "If a snapshot was not created, contact AWS Support",
        "AWS Support: AWS console",
    )
    assert (await run_inspection(embedded, "maintenance")).verdict is Verdict.NORMAL
    embedded.fault("rds", "DescribeEvents", preset="denied")
    finding = await run_inspection(embedded, "backups")
    assert finding.verdict is Verdict.ABNORMAL
    assert "rds:DescribeEvents" in finding.remarks[0]
    embedded.fault("rds", "DescribeDBSnapshots", preset="denied")
    with pytest.raises(AwsError):
        await run_inspection(embedded, "backups")


@pytest.mark.scenario("retention", origin=MONDAY, history=60)
async def test_trap_16_the_retention_is_asked_of_the_instance(embedded):
    finding = await run_inspection(embedded, "backups")
    assert finding.verdict is Verdict.ABNORMAL
    assert finding.summary == "Backups are kept for 1 day; the runbook says 7 days."
    assert finding.measures[WINDOWS].verdict is Verdict.NORMAL
    assert len(finding.advice) == 1


async def backups(automatic, *, others=(), events=NO_EVENTS, **more):
    at = more.pop("now", MONDAY)
    about = {key: more.pop(key) for key in ("runbook", "since") if key in more}
    return await judged(
        "backups",
        now=at,
        **about,
        DescribeDBInstances=instance(at, **more),
        DescribeDBSnapshots=by_kind(automatic, others),
        DescribeEvents=events,
    )


@pytest.mark.parametrize(
    ("now", "waiting", "verdict"),
    [
        (7, 1, Verdict.ABNORMAL),
        (7, 0, Verdict.ABNORMAL),
        (7, 14, Verdict.ATTENTION),
        (1, 7, Verdict.ABNORMAL),
        (7, "soon", Verdict.UNKNOWN),
    ],
)
async def test_a_retention_that_waits_to_be_applied_is_judged(now, waiting, verdict):
    pending = {"BackupRetentionPeriod": waiting}
    finding = await backups(snapshots(*range(7)), BackupRetentionPeriod=now, PendingModifiedValues=pending)
    assert (finding.verdict, finding.measures[RETENTION].verdict) == (verdict, verdict)
    assert f"Waiting to be applied: backup retention {waiting}" in finding.summary


@pytest.mark.parametrize(("protected", "is_said"), [(False, True), (True, False), (None, False)])
async def test_a_database_that_one_request_deletes_is_remarked(protected, is_said):
    finding = await backups(snapshots(*range(7)), DeletionProtection=protected)
    assert finding.verdict is Verdict.NORMAL
    assert any("Deletion protection" in remark for remark in finding.remarks) is is_said


@pytest.mark.parametrize("id", ["backups", "maintenance", "dr-region"])
async def test_a_member_of_a_cluster_is_not_judged_in_words(id):
    answers = {"DescribeDBInstances": instance(DBClusterIdentifier="facility-cluster")}
    finding = await judged(id, now=MONDAY, **answers)
    assert finding.verdict is Verdict.UNKNOWN
    assert finding.summary == "The database is a member of the cluster facility-cluster: not judged here."


async def test_trap_15_a_snapshot_of_sunday_utc_read_on_monday_morning_is_fresh():
    finding = await backups(snapshots(*range(7)))
    assert finding.verdict is Verdict.NORMAL
    assert finding.measures[NEWEST].shown == "5h 46m"
    assert finding.measures[NEWEST].note == "01-12(Mon) 03:14 JST"


async def test_trap_16_snapshots_of_aws_backup_count():
    finding = await backups([], others=snapshots(*range(7), kind="awsbackup"))
    assert finding.verdict is Verdict.NORMAL
    assert "AWS Backup" in finding.remarks[-1]
    finding = await backups(snapshots(0, 1, 2, 4, 5, 6), others=snapshots(3, kind="awsbackup"))
    assert finding.verdict is Verdict.ATTENTION
    assert finding.summary == "Only AWS Backup made a snapshot after the backup window 01-09(Fri) 03:10 JST."
    finding = await backups(snapshots(0, 1, 2, 4, 5, 6), others=failure(ProblemKind.ACCESS_DENIED))
    assert (finding.verdict, finding.problem is not None) == (Verdict.ABNORMAL, True)
    assert finding.remarks[0].startswith("The snapshots of AWS Backup cannot be read.")


async def test_an_old_newest_snapshot_and_several_gaps():
    finding = await backups(snapshots(5, 6))
    assert finding.verdict is Verdict.ABNORMAL
    assert "2 more" in finding.summary
    assert "5d 5h old (at most 26 h)" in finding.summary
    assert "no event about the missing backups" in finding.remarks[0]
    finding = await backups([])
    assert "There is no usable snapshot at all." in finding.summary
    assert finding.measures[STATUS].verdict is None


async def test_a_status_other_than_available():
    failed = snapshots(2)[0] | {"Status": "failed"}
    finding = await backups([*snapshots(0, 1, 3, 4, 5, 6), failed])
    assert finding.verdict is Verdict.ABNORMAL
    assert (finding.measures[STATUS].shown, finding.measures[STATUS].verdict) == (
        "6 available, 1 failed",
        Verdict.ABNORMAL,
    )
    again = failed | {"DBSnapshotIdentifier": "first-try"}
    assert (await backups([*snapshots(*range(7)), again])).verdict is Verdict.ATTENTION
    # One that has lived its days is being deleted, as it should.
    old = snapshots(7)[0] | {"Status": "deleting"}
    assert (await backups([*snapshots(*range(7)), old])).verdict is Verdict.NORMAL


async def test_a_snapshot_being_created_for_hours_needs_attention():
    making = snapshots(0)[0] | {"Status": "creating", "PercentProgress": 30}
    rest = snapshots(1, 2, 3, 4, 5, 6)
    soon = await backups([*rest, making], now=LAST + timedelta(minutes=50))
    assert soon.verdict is Verdict.NORMAL
    finding = await backups([*rest, making], now=LAST + timedelta(hours=2) - timedelta(minutes=10))
    assert finding.verdict is Verdict.ATTENTION
    assert "taking long to complete" in finding.summary


async def test_fewer_are_fine_in_the_first_week():
    finding = await backups(snapshots(0, 1), InstanceCreateTime=LAST - timedelta(days=1, hours=3))
    assert finding.verdict is Verdict.NORMAL
    assert finding.measures[WINDOWS].shown == "2 of 2"
    assert "created" in finding.measures[WINDOWS].note
    new = await backups([], InstanceCreateTime=MONDAY - timedelta(hours=1))
    assert new.verdict is Verdict.ATTENTION


async def test_after_closed_days_every_window_since_the_last_run_is_inspected():
    since = MONDAY - timedelta(days=12)
    finding = await backups(snapshots(*range(11)), since=since, BackupRetentionPeriod=14)
    assert finding.measures[WINDOWS].shown == "11 of 12"
    # What is older than the retention is gone.
    assert (await backups(snapshots(*range(7)), since=since)).measures[WINDOWS].shown == "7 of 7"


@pytest.mark.parametrize(
    ("changed", "verdict", "text"),
    [
        ({"BackupRetentionPeriod": 0, "LatestRestorableTime": None}, Verdict.ABNORMAL, "backups are off"),
        ({"BackupRetentionPeriod": 14}, Verdict.ATTENTION, "kept for 14 days; the runbook says 7 days"),
        ({"BackupRetentionPeriod": None}, Verdict.UNKNOWN, "did not return the backup retention period"),
        ({"PreferredBackupWindow": None}, Verdict.UNKNOWN, "gaps cannot be detected"),
        ({"LatestRestorableTime": None}, Verdict.UNKNOWN, "did not return the latest restorable time"),
        ({"LatestRestorableTime": MONDAY - timedelta(minutes=40)}, Verdict.ATTENTION, "40m ago"),
        ({"DBInstanceStatus": "modifying"}, Verdict.ATTENTION, "is modifying"),
        ({"DBInstanceStatus": "storage-full"}, Verdict.ABNORMAL, "is storage-full"),
    ],
)
async def test_what_else_is_not_normal(changed, verdict, text):
    finding = await backups(snapshots(*range(7)), **changed)
    assert finding.verdict is verdict
    assert text in finding.summary


async def test_another_systems_limits():
    assert BOOK.rds
    rds = BOOK.rds.model_copy(update={"snapshot_max_age_hours": 5, "retention_days": 3})
    other = BOOK.model_copy(update={"rds": rds, "duties": (), "contacts": ()})
    finding = await backups(snapshots(0, 1, 2), runbook=other, BackupRetentionPeriod=3)
    assert finding.measures[NEWEST].verdict is Verdict.ABNORMAL
    assert [finding.measures[each].verdict for each in (WINDOWS, RETENTION, RESTORABLE, INSTANCE)] == [
        Verdict.NORMAL
    ] * 4
    rds = BOOK.rds.model_copy(update={"retention_days": 0})
    undecided = BOOK.model_copy(update={"rds": rds})
    for days, verdict in ((7, Verdict.UNKNOWN), (0, Verdict.ABNORMAL)):
        finding = await backups(snapshots(*range(7)), runbook=undecided, BackupRetentionPeriod=days)
        assert (finding.measures[RETENTION].verdict, finding.complete) == (verdict, False)
        assert "rds.retention_days" in finding.measures[RETENTION].note
        assert any("rds.retention_days" in each for each in finding.advice)
    assert missing_setting("backups", BOOK) == ""
    assert missing_setting("backups", BOOK.model_copy(update={"rds": None})) == "rds"


WINDOW = daily("18:10-18:40")


@given(st.integers(0, 7 * 1440), st.sets(st.integers(0, 6)), st.integers(0, 29))
def test_a_gap_is_found_at_whatever_time_the_inspection_runs(minutes, missing, late):
    assert WINDOW
    now = datetime(2026, 1, 12, 0, 0, tzinfo=UTC) + timedelta(minutes=minutes)
    starts = expected(WINDOW, now, 7, None)
    automatic = [
        Snapshot(
            id=RawId(str(count)),
            name="",
            kind="automated",
            status="available",
            state=SnapshotState.AVAILABLE,
            at=start + timedelta(minutes=late),
        )
        for count, start in enumerate(starts)
        if count not in missing and start + timedelta(minutes=late) <= now
    ]
    results = nights(WINDOW, starts, automatic, now)
    gaps = {count for count, night in enumerate(results) if night.outcome is BackupOutcome.MISSING}
    hardly_over = now < WINDOW.end(starts[0]) + timedelta(hours=1)
    assert gaps == missing - ({0} if hardly_over else set())
