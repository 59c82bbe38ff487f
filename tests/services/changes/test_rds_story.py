import asyncio
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from functools import partial

import pytest

from services.demo.names import RDS_DIMENSIONS
from services.demo.rds.history import BackupHistory
from services.demo.scenario import Scenario
from services.models.change_runs import StepState
from services.models.journal import EntryKind
from services.models.watches import WatchState
from tests.faults.waiting import until
from tests.services.changes.change_world import APPROVED, desk, told

NAME = "facility-prod-db"
MODIFY, MAINTAIN, SNAPSHOT = (
    f"rds.{name}" for name in ("ModifyDBInstance", "ApplyPendingMaintenanceAction", "CreateDBSnapshot")
)
FRIDAY = datetime(2026, 1, 16, 1, 0, tzinfo=UTC)  # 10:00 JST; the window is in 40 hours
HOUR = 3600.0


def story(*facts):
    words = {"title": "t", "watch": "w"}
    return pytest.mark.scenario(
        Scenario(name="x", ja=words, en=words, facts=facts), history=HOUR, origin=FRIDAY
    )


@asynccontextmanager
async def followed(embedded, path):
    async with desk(embedded, path, runbook=APPROVED) as one:
        await one.arm()

        async def follow():
            async for _runs in one.engine.states():
                pass

        task = asyncio.create_task(follow())
        try:
            yield one
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


async def plan(one, kind, **parameters):
    return await one.engine.plan(kind, NAME, parameters)


async def apply(one, plan):
    assert not plan.refusals, plan.refusals
    if one.engine.permits.armed is None:
        await one.arm()
    await one.consent(plan)
    return await one.engine.apply(plan, typed=NAME)


async def ended(one, id, *, step, most=40, early=False):
    """The world moves on by `step` seconds until then; `early`: it is read before its window begins."""

    def run():
        return next(run for run in one.engine.runs if run.id == id)

    def has_seen(now):
        progress, watch = run().progress, run().plan.watch
        waits = not early and watch is not None and watch.begins_at is not None and watch.begins_at > now
        return waits or not run().watching or (progress is not None and progress.at == now)

    for _ in range(most):
        if not run().watching:
            return run()
        one.embedded.advance(step)
        now = one.embedded.clock.now()
        await until(partial(has_seen, now))
    raise AssertionError(run().progress)


def instance(embedded):
    return embedded.world.database


@story()
@pytest.mark.slow
async def test_storage_is_extended_optimized_and_cools_down(embedded, tmp_path):
    async with followed(embedded, tmp_path / "j.db") as one:
        extension = await plan(one, "rds-storage", size="200")
        run = await apply(one, extension)
        assert (run.state, run.steps[0].verified) == (StepState.DONE, True), run
        locked = await plan(one, "rds-storage", size="300")
        assert "wait until it is available" in " ".join(locked.refusals)
        run = await ended(one, run.id, step=1200)
        assert (run.progress.state, run.progress.text) == (
            WatchState.DONE, "The storage is 200 GiB and optimized.",
        )  # fmt: skip
        assert instance(embedded).settings["AllocatedStorage"] == 200
        again = await plan(one, "rds-storage", size="300")
        assert "less than six hours ago" in " ".join(again.refusals)
        embedded.advance(2 * HOUR)
        assert not (await plan(one, "rds-storage", size="300")).refusals
        assert one.engine.changes["rds-storage"].revert_parameters(extension) == {}
        assert embedded.counts()[MODIFY] == 1


@story()
@pytest.mark.slow
async def test_a_class_changes_now_and_back(embedded, tmp_path):
    async with followed(embedded, tmp_path / "j.db") as one:
        larger = await plan(one, "rds-class", **{"class": "db.t4g.large", "timing": "now"})
        assert "AWS price list of 01-05(Mon)" in larger.cost
        run = await apply(one, larger)
        assert run.state is StepState.DONE, run
        busy = await plan(one, "rds-snapshot")
        assert "database is modifying" in " ".join(busy.refusals)
        run = await ended(one, run.id, step=60)
        assert run.has_ended_well
        assert instance(embedded).settings["DBInstanceClass"] == "db.t4g.large"
        back = await plan(one, "rds-class", **one.engine.changes["rds-class"].revert_parameters(larger))
        assert (await ended(one, (await apply(one, back)).id, step=60)).has_ended_well
        assert instance(embedded).settings["DBInstanceClass"] == "db.t4g.medium"
        kinds = await one.kinds()
        assert kinds.count(EntryKind.WATCHED) == 2


@story()
@pytest.mark.slow
async def test_a_queued_class_waits_for_the_window_or_is_withdrawn(embedded, tmp_path):
    async with followed(embedded, tmp_path / "j.db") as one:
        change = one.engine.changes["rds-class"]
        queued = await plan(one, "rds-class")
        assert queued.wish == {"class": "db.t4g.large", "timing": "window"}
        first = await apply(one, queued)
        assert instance(embedded).pending == {"DBInstanceClass": "db.t4g.large"}
        withdrawal = await plan(one, "rds-class", **change.revert_parameters(queued))
        assert "Withdraw" in withdrawal.title
        assert (await apply(one, withdrawal)).has_ended_well
        assert (instance(embedded).pending, instance(embedded).status) == ({}, "available")
        second = await apply(one, await plan(one, "rds-class", **change.revert_parameters(withdrawal)))
        assert second.watching
        run = await ended(one, second.id, step=2 * HOUR)
        assert run.has_ended_well
        assert run.progress.text == "The class is db.t4g.large, the database is available."
        assert instance(embedded).settings["DBInstanceClass"] == "db.t4g.large"
        # The first request was withdrawn, but the class has changed after all.
        assert (await ended(one, first.id, step=60)).progress is not None


@story({"kind": "pending-change", "instance_class": "db.r6g.large", "other": {"EngineVersion": "16.6"}})
@pytest.mark.slow
async def test_what_is_dragged_along_is_shown_and_happens(embedded, tmp_path):
    async with followed(embedded, tmp_path / "j.db") as one:
        refused = await plan(one, "rds-storage", size="200")
        assert "Instance class → db.r6g.large" in " ".join(refused.refusals)
        along = await plan(one, "rds-storage", size="200", pending="apply")
        grave = " ".join(caution.text for caution in along.cautions if caution.grave)
        assert "Engine version → 16.6" in grave
        assert (await ended(one, (await apply(one, along)).id, step=1200)).has_ended_well
        settings = instance(embedded).settings
        assert (settings["DBInstanceClass"], settings["EngineVersion"], settings["AllocatedStorage"]) == (
            "db.r6g.large", "16.6", 200,
        )  # fmt: skip


@story({"kind": "patch", "auto_after_days": 30})
@pytest.mark.slow
async def test_maintenance_is_requested_withdrawn_and_applied_in_the_window(embedded, tmp_path):
    async with followed(embedded, tmp_path / "j.db") as one:
        change = one.engine.changes["rds-maintenance"]
        requested = await plan(one, "rds-maintenance")
        assert requested.wish == {"action": "system-update", "timing": "window"}
        run = await apply(one, requested)
        assert run.steps[0].answer == {
            "opt_in": "next-maintenance", "applied_at": "2026-01-17T17:00:00+00:00",
        }  # fmt: skip
        assert "requested for the next window, 01-18(Sun) 02:00 JST" in run.steps[0].text
        withdrawal = await plan(one, "rds-maintenance", **change.revert_parameters(requested))
        assert (await apply(one, withdrawal)).has_ended_well
        assert instance(embedded).maintenance[0].opt_in == ""
        # The withdrawn request is not followed until its window.
        withdrawn = (await ended(one, run.id, step=1200, early=True)).progress
        assert run.plan.watch.begins_at is not None
        assert embedded.clock.now() < run.plan.watch.begins_at
        assert (withdrawn.state, withdrawn.text) == (
            WatchState.WITHDRAWN, "system-update is no longer requested: it was withdrawn.",
        )  # fmt: skip
        again = await apply(one, await plan(one, "rds-maintenance"))
        assert (await ended(one, again.id, step=2 * HOUR)).has_ended_well
        assert instance(embedded).maintenance == []
        nothing = await plan(one, "rds-maintenance")
        assert "No maintenance is pending" in " ".join(nothing.refusals)
        assert embedded.counts()[MAINTAIN] == 3


@story({"kind": "patch", "action": "db-upgrade"})
async def test_maintenance_now_is_irreversible(embedded, tmp_path):
    async with followed(embedded, tmp_path / "j.db") as one:
        now = await plan(one, "rds-maintenance", timing="now")
        assert ("irreversible" in now.title, "both instances" in now.blast) == (True, True)
        assert one.engine.changes["rds-maintenance"].revert_parameters(now) == {}
        run = await apply(one, now)
        assert run.steps[0].verified, run
        assert (await ended(one, run.id, step=60)).has_ended_well


@story({"kind": "no-snapshot", "days_ago": 0})
async def test_a_snapshot_is_taken_under_the_plan_s_name(embedded, tmp_path):
    async with followed(embedded, tmp_path / "j.db") as one:
        taking = await plan(one, "rds-snapshot")
        run = await apply(one, taking)
        assert run.steps[0].answer["arn"].endswith(f"snapshot:{NAME}-toban-{taking.id}")
        run = await ended(one, run.id, step=60)
        assert run.has_ended_well
        (snapshot,) = embedded.world.component(BackupHistory).manual
        assert snapshot.name == f"{NAME}-toban-{taking.id}"
        target = one.engine.changes["rds-snapshot"].targets()[0]
        live = await one.engine.changes["rds-snapshot"].read_target(target)
        assert ("Newest manual snapshot", snapshot.name) in [(fact.name, fact.note) for fact in live.facts]


@pytest.mark.scenario("rds-storage", history=HOUR, origin=FRIDAY)
async def test_more_storage_ends_the_alarm(embedded, tmp_path):
    async with followed(embedded, tmp_path / "j.db") as one:
        embedded.advance(900)
        alarm = embedded.world.alarms.get("rds-storage-low")
        assert alarm.state == "ALARM"
        extension = await plan(one, "rds-storage")
        before, after = next(
            (row.before, row.after) for row in extension.steps[0].rows if row.name.startswith("Full in")
        )
        assert (before, after) == ("13m", "4h 22m")
        await apply(one, extension)
        embedded.advance(1200)
        assert alarm.state == "OK"


@story()
async def test_a_larger_class_is_proposed_after_busy_days(embedded, tmp_path):
    async with desk(embedded, tmp_path / "j.db") as one:
        change = one.engine.changes["rds-class"]
        (target,) = change.targets()
        assert (await change.read_target(target)).remarks == ()
    for day in (9, 13, 15):
        for minute in range(60):
            at = datetime(2026, 1, day, 2, minute, tzinfo=UTC).timestamp()
            embedded.world.metrics.put("AWS/RDS", "CPUUtilization", RDS_DIMENSIONS, at, value=85.0)
    async with desk(embedded, tmp_path / "j.db") as one:
        change = one.engine.changes["rds-class"]
        (remark,) = (await change.read_target(target)).remarks
        assert remark.startswith(
            "CPU was at 70% or more for an hour on 3 of the last 5 open days (01-09(Fri),"
        )
        first, _timing = await change.parameters(target)
        assert (first.default, first.why) == ("db.t4g.large", remark)
        requests = embedded.counts()["cloudwatch.GetMetricData"]
        await change.read_target(target)
        assert embedded.counts()["cloudwatch.GetMetricData"] == requests


LOST = [
    ("rds-storage", {"size": "200"}, MODIFY),
    ("rds-class", {"timing": "now"}, MODIFY),
    ("rds-class", {"timing": "window"}, MODIFY),
    ("rds-maintenance", {"timing": "window"}, MAINTAIN),
    ("rds-maintenance", {"timing": "now"}, MAINTAIN),
    ("rds-snapshot", {}, SNAPSHOT),
]


@story({"kind": "patch"})
@pytest.mark.parametrize(("kind", "parameters", "operation"), LOST)
@pytest.mark.parametrize("fault", ["reset-after", "reset-before", "html"])
async def test_a_lost_answer_is_settled_by_reading_and_never_sent_twice(
    one, kind, parameters, operation, fault, embedded
):
    await one.arm()
    intended = await plan(one, kind, **parameters)
    embedded.fault("rds", operation.partition(".")[2], mode=fault, times=1)
    run = await apply(one, intended)
    if run.state is StepState.UNKNOWN:
        run = await told(one, run.id)
    arrived = fault == "reset-after"
    assert run.state is (StepState.DONE if arrived else StepState.FAILED), run
    assert embedded.counts()[operation] == 1


@story({"kind": "patch"})
@pytest.mark.parametrize(("kind", "parameters", "operation"), LOST)
async def test_a_database_that_changed_since_the_plan_is_left_alone(
    one, kind, parameters, operation, embedded
):
    await one.arm()
    intended = await plan(one, kind, **parameters)
    with embedded.world.lock:
        database = instance(embedded)
        database.queue({"DBInstanceClass": "db.r6g.large"}, immediately=True)
        database.maintenance[0].opt_in = "immediate"
    run = await apply(one, intended)
    assert run.state is StepState.REFUSED, run
    assert embedded.counts().get(operation, 0) == 0
