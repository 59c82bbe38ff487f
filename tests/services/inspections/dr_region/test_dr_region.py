"""The inspection of the region of recovery, on the embedded AWS: what is there, what is not, and what cannot be read."""

import pytest

from services.demo.scenario import Scenario, Words
from services.models.runbook import Runbook
from services.models.verdict import Verdict
from services.runbook.loader import load_builtin
from tests.services.inspections.database_answers import MONDAY, by_kind, instance, judged
from tests.services.inspections.running_world import run_inspection

BOOK = load_builtin("facility-prod")


def world(**fact):
    words = Words(title="", watch="")
    return Scenario(name="recovery", ja=words, en=words, facts=({"kind": "recovery", **fact},))


@pytest.mark.scenario("ordinary-day", history=60, origin=MONDAY)
async def test_what_another_region_has_with_ages(embedded):
    finding = await run_inspection(embedded, "dr-region")
    assert finding.verdict is Verdict.NORMAL, finding
    assert finding.summary.startswith("ap-northeast-3 has a state of the database that is 1")
    assert [(each.item, each.verdict) for each in finding.measures] == [
        ("recoverable", Verdict.NORMAL),
        ("replicated", Verdict.NORMAL),
        ("copies", None),
        ("groups", Verdict.NORMAL),
        ("groups", Verdict.NORMAL),
    ]
    replicated, copies = finding.evidence
    assert replicated.rows[0].cells[1] == "active"
    assert len(copies.rows) == 3
    assert copies.rows[0].cells[0].startswith("copy-facility-prod-db-2026-01-11-18-")


@pytest.mark.scenario(world(copies=0, replicated=False), history=60, origin=MONDAY)
async def test_nothing_there_is_abnormal_and_says_what_to_do(embedded):
    finding = await run_inspection(embedded, "dr-region")
    assert finding.verdict is Verdict.ABNORMAL
    assert finding.summary == "ap-northeast-3 has nothing from which the database could be recovered."
    assert "start-db-instance-automated-backups-replication" in finding.advice[0]
    assert finding.evidence == ()


@pytest.mark.scenario(world(replicated=False), history=60, origin=MONDAY)
async def test_copies_alone_are_as_old_as_they_are(embedded):
    finding = await run_inspection(embedded, "dr-region")
    assert finding.verdict is Verdict.NORMAL
    embedded.clock.advance(12 * 3600)
    spec = BOOK.disaster
    strict = BOOK.model_copy(update={"disaster": spec.model_copy(update={"max_age_hours": 1})})
    finding = await run_inspection(embedded, "dr-region", runbook=strict)
    assert finding.verdict is Verdict.ABNORMAL
    assert "at most 1 h" in finding.summary


@pytest.mark.scenario(world(groups=False), history=60, origin=MONDAY)
async def test_missing_groups_need_attention(embedded):
    finding = await run_inspection(embedded, "dr-region")
    assert finding.verdict is Verdict.ATTENTION
    assert "no parameter group facility-prod-postgres16" in finding.summary
    assert "no subnet group" in finding.summary


@pytest.mark.scenario("ordinary-day", history=60, origin=MONDAY)
async def test_what_cannot_be_read_is_not_judged(embedded):
    embedded.fault("rds", "DescribeDBParameterGroups", preset="denied")
    finding = await run_inspection(embedded, "dr-region")
    assert finding.verdict is Verdict.UNKNOWN
    assert "rds:DescribeDBParameterGroups" in finding.remarks[0]


@pytest.mark.scenario("ordinary-day", history=60, origin=MONDAY)
async def test_a_runbook_without_a_region_is_not_judged(embedded):
    unset: Runbook = BOOK.model_copy(update={"disaster": None})
    finding = await run_inspection(embedded, "dr-region", runbook=unset)
    assert finding.verdict is Verdict.UNKNOWN
    assert "names no region" in finding.summary
    assert "disaster.region" in finding.advice[0]


async def test_a_stopped_replication_and_a_failed_copy_need_attention():
    copy = {"DBSnapshotIdentifier": "copy", "SnapshotType": "manual", "SnapshotCreateTime": MONDAY}
    retained = {"DBInstanceIdentifier": "facility-prod-db", "Status": "retained"}
    group = {"DBParameterGroupName": "facility-prod-postgres16"}
    finding = await judged(
        "dr-region",
        DescribeDBInstances=instance(DBParameterGroups=[group]),
        DescribeDBSnapshots=by_kind([], [copy | {"Status": "available"}, copy | {"Status": "failed"}]),
        DescribeDBInstanceAutomatedBackups={"DBInstanceAutomatedBackups": [retained]},
        DescribeDBParameterGroups={"DBParameterGroups": [group]},
        DescribeDBSubnetGroups={"DBSubnetGroups": [{"DBSubnetGroupName": "facility-prod-db"}]},
    )
    assert finding.verdict is Verdict.ATTENTION
    assert "are retained, so that no newer ones arrive" in finding.summary
    assert "copy is failed" in finding.summary
    assert finding.advice[:2] == (
        "Start the replication again, or check why it does not run.",
        "Delete the copy that failed, and copy it again.",
    )
