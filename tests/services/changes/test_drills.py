from datetime import UTC, datetime, timedelta

import pytest

from services.aws.rds import reader
from services.changes.drill_delete.drill_delete_change import DrillState, refusal
from services.changes.drills.instances import TAG, Restored
from services.changes.drills.timing import requested_at
from services.demo.rds.history import RestoredInstances
from services.models.base import RawId
from services.models.change_runs import StepState
from services.models.changes import Danger
from services.models.rds import Database, DatabaseState
from services.models.watches import WatchState
from tests.services.changes.change_world import APPROVED, OVER, desk
from tests.widgets import plan_data as data

DATABASE = "facility-prod-db"
WEDNESDAY = datetime(2026, 1, 28, 1, 0, tzinfo=UTC)  # 10:00 JST in the month of a restore drill
APRIL = datetime(2026, 4, 8, 1, 0, tzinfo=UTC)


@pytest.fixture
async def one(embedded, tmp_path):
    async with desk(embedded, tmp_path / "j.db", runbook=APPROVED) as console:
        await console.arm()
        yield console


def restored(one):
    store: RestoredInstances = one.embedded.world.component(RestoredInstances)
    return store.present()


async def planned(one, kind, target=DATABASE, **parameters):
    return await one.engine.plan(kind, target, parameters)


async def confirmed(one, plan):
    assert plan.refusals == (), plan.refusals
    await one.consent(plan)
    run = await one.engine.apply(plan, plan.confirm)
    assert run.state is StepState.DONE, run
    return run


async def drilled(one):
    await confirmed(one, await planned(one, "drill-restore"))
    return await one.ended()


async def occurrence(one, duty):
    states = one.services.duties.states()
    try:
        await anext(states)
        await one.services.measured_evidence.check()
    finally:
        await states.aclose()
    newest = await one.services.duties.latest(duty, one.services.calendar.day_of(one.embedded.clock.now()))
    assert newest is not None
    return newest


@pytest.mark.scenario("ordinary-day", history=60, origin=WEDNESDAY)
async def test_a_restore_is_private_measured_and_deleted_by_its_dated_duty(one):
    plan = await planned(one, "drill-restore")
    (step,) = plan.steps
    params = step.call.params
    name = params.pop("DBInstanceIdentifier")
    assert name == f"facility-prod-db-drill-20260128-{plan.id[-8:]}"
    assert params.pop("DBSnapshotIdentifier").startswith("rds:facility-prod-db-2026-01-27")
    assert params == {
        "DBInstanceClass": "db.t4g.medium",
        "DBSubnetGroupName": "facility-prod-db",
        "VpcSecurityGroupIds": ["sg-0d5e6f7a8b9c0d1e2"],
        "DBParameterGroupName": "facility-prod-postgres16",
        "MultiAZ": False,
        "PubliclyAccessible": False,
        "DeletionProtection": False,
        "CopyTagsToSnapshot": False,
        "AutoMinorVersionUpgrade": False,
        "Tags": [{"Key": "toban-drill", "Value": plan.id}],
    }
    # (0.101 × 730 + 0.138 × 100) × 24 ÷ 730 dollars.
    assert plan.cost.startswith("Per day ¥4"), plan.cost
    assert plan.approval == ""
    assert plan.revert.kind == "drill-delete"
    again = await one.engine.plan("drill-restore", DATABASE, plan.wish, plan.id)
    assert again.digest == plan.digest

    run = await confirmed(one, plan)
    assert run.answers["restore"]["arn"].endswith(name)
    assert run.answers["restore"]["resource"].startswith("db-")
    (duty,) = one.engine.reverts()
    assert (duty.title, duty.due_at) == (plan.revert.title, plan.revert.at)
    refused = await planned(one, "drill-restore")
    assert "still exists" in refused.refusals[0]

    run = await one.ended()
    assert run.progress.state is WatchState.DONE, run.progress
    minutes = float(run.progress.measured["minutes"])
    assert 11 <= minutes < 11.5, "eight of creating and three of the first backup, whenever it was read"
    drill = await occurrence(one, "dr-drill")
    snapshot = step.call.params["DBSnapshotIdentifier"]
    assert drill.progress.evidence == {"snapshot": snapshot, "minutes": run.progress.measured["minutes"]}

    deletion = await planned(one, plan.revert.kind, str(plan.revert.target))
    assert deletion.danger is Danger.DANGEROUS
    assert deletion.confirm == name
    assert deletion.steps[0].call.params == {
        "DBInstanceIdentifier": name,
        "SkipFinalSnapshot": True,
        "DeleteAutomatedBackups": True,
    }
    wrong = await one.engine.apply(deletion, "facility-prod-db")
    assert wrong.state is StepState.REFUSED
    await confirmed(one, deletion)
    run = await one.ended()
    assert run.has_ended_well
    assert restored(one) == []
    assert one.engine.reverts() == ()
    assert one.engine.changes["drill-delete"].targets() == ()


def untagged(instance):
    instance.tags.clear()


def of_another(instance):
    instance.tags[0]["Value"] = "another"


def recreated(instance):
    instance.began -= timedelta(minutes=1)


def protected(instance):
    instance.row["DeletionProtection"] = True


@pytest.mark.slow
@pytest.mark.scenario("ordinary-day", history=60, origin=WEDNESDAY)
@pytest.mark.parametrize(
    ("move", "why"),
    [
        (untagged, "does not bear the tag"),
        (of_another, "is not that of the drill"),
        (recreated, "Another instance bears the name"),
        (protected, "deletion protection"),
    ],
)
async def test_only_what_still_bears_our_tag_is_deleted(one, move, why):
    run = await drilled(one)
    (instance,) = restored(one)
    deletion = await planned(one, "drill-delete", instance.name)
    assert deletion.refusals == ()
    move(instance)
    late = await one.engine.apply(deletion, deletion.confirm)
    assert late.steps[0].state is StepState.REFUSED, "it is read again right before it is sent"
    refused = await planned(one, "drill-delete", instance.name)
    assert why in refused.refusals[0]
    assert restored(one) == [instance]
    assert run.has_ended_well


@pytest.mark.scenario("ordinary-day", history=60, origin=WEDNESDAY)
async def test_an_instance_of_another_journal_is_no_target(one, tmp_path):
    await confirmed(one, await planned(one, "drill-restore"))
    (instance,) = restored(one)
    async with desk(one.embedded, tmp_path / "other.db") as other:
        with pytest.raises(KeyError):
            await planned(other, "drill-delete", instance.name)
        with pytest.raises(KeyError):
            await planned(other, "drill-delete", DATABASE)
        assert "still exists" in (await planned(other, "drill-restore")).refusals[0]


@pytest.mark.slow
@pytest.mark.scenario("ordinary-day", history=60, origin=WEDNESDAY)
async def test_a_lost_answer_is_settled_by_the_instance_and_its_tag(one):
    plan = await planned(one, "drill-restore")
    one.embedded.fault("rds", "RestoreDBInstanceFromDBSnapshot", times=1, mode="reset-after")
    run = await one.engine.apply(plan, plan.confirm)
    assert run.state is StepState.DONE
    assert len(restored(one)) == 1
    one.embedded.advance(OVER)
    assert "still exists" in (await planned(one, "drill-restore")).refusals[0]


@pytest.mark.scenario("ordinary-day", history=60, origin=WEDNESDAY)
@pytest.mark.parametrize(
    ("parameters", "refusal"),
    [
        ({"snapshot": "rds:none"}, "has no snapshot rds:none"),
        ({"class": "db.t4g.large"}, "db.t4g.medium"),
        ({"revert_at": "2026-01-28 09:00"}, "minutes from now"),
        ({"public": "yes"}, "no parameter public"),
    ],
)
async def test_refusals_of_a_restore(one, parameters, refusal):
    assert refusal in " ".join((await planned(one, "drill-restore", **parameters)).refusals)


@pytest.mark.scenario("ordinary-day", history=60, origin=WEDNESDAY)
async def test_a_smaller_class_costs_less_and_larger_ones_are_not_offered(one):
    change = one.engine.changes["drill-restore"]
    _snapshot, size, until = await change.parameters(change.targets()[0])
    assert [id for id, _title in size.choices] == ["db.t4g.micro", "db.t4g.small", "db.t4g.medium"]
    assert until.default == "2026-01-28 17:15"
    plan = await planned(one, "drill-restore", **{"class": "db.t4g.micro"})
    assert plan.steps[0].call.params["DBInstanceClass"] == "db.t4g.micro"
    assert plan.cost.startswith("Per day ¥1"), plan.cost


@pytest.mark.scenario("ordinary-day", history=60, origin=APRIL)
async def test_a_failover_moves_the_zone_and_its_minutes_are_evidence(one):
    plan = await planned(one, "drill-failover")
    assert plan.approval == "PM (project manager)"
    assert plan.approval_scope == "drill-failover:failover"
    assert plan.downtime
    assert plan.danger is Danger.DANGEROUS
    assert plan.steps[0].call.params == {"DBInstanceIdentifier": DATABASE, "ForceFailover": True}
    await confirmed(one, plan)
    run = await one.ended(seconds=20)
    assert run.progress.state is WatchState.DONE, run.progress
    assert one.embedded.world.database.zones == ("c", "a")
    assert run.progress.measured == {"minutes": "1.7"}
    drill = await occurrence(one, "failover-drill")
    assert drill.progress.evidence == {"minutes": "1.7"}


def single_zone(one):
    one.embedded.world.database.settings["MultiAZ"] = False


def pending_class(one):
    one.embedded.world.database.queue({"DBInstanceClass": "db.r6g.large"}, immediately=False)


def modifying(one):
    one.embedded.world.database.queue({"DBInstanceClass": "db.r6g.large"}, immediately=True)


@pytest.mark.scenario("ordinary-day", history=60, origin=APRIL)
@pytest.mark.parametrize(
    ("state", "why"),
    [(single_zone, "not Multi-AZ"), (pending_class, "is pending"), (modifying, "is modifying")],
)
async def test_no_failover_without_a_standby_or_while_something_is_pending(one, state, why):
    state(one)
    refused = await planned(one, "drill-failover")
    assert refused.steps == ()
    assert why in " ".join(refused.refusals)


def test_the_database_of_the_runbook_is_never_deleted():
    # After a disaster the restored instance may be the production database, named so by the runbook.
    plan, name = "p-1", "facility-prod-db-drill-20260128-12345678"
    instance = Database(
        id=RawId(name),
        name=name,
        arn=RawId(f"arn:aws:rds:ap-northeast-1:123456789012:db:{name}"),
        status="available",
        state=DatabaseState.AVAILABLE,
        tags={TAG: plan},
    )
    origin = Restored(name, plan, WEDNESDAY, "tanaka")
    state = DrillState(WEDNESDAY, name, instance)
    assert refusal(state, origin, DATABASE) == ""
    assert "never deleted" in refusal(state, origin, name)
    # The tag of a drill on the production database makes it no instance of a drill.
    copied = DrillState(WEDNESDAY, DATABASE, instance.model_copy(update={"id": RawId(DATABASE)}))
    assert refusal(copied, None, DATABASE)
    assert refusal(copied, Restored(DATABASE, plan, WEDNESDAY, "tanaka"), DATABASE)


@pytest.mark.scenario("ordinary-day", history=60, origin=WEDNESDAY)
async def test_a_deletion_that_rds_does_not_carry_out_leaves_the_duty(one):
    await drilled(one)
    (instance,) = restored(one)
    (duty,) = one.engine.reverts()
    deletion = await planned(one, "drill-delete", instance.name)
    await confirmed(one, deletion)
    assert one.engine.reverts() == ()
    instance.deleted = None
    assert not (await one.ended()).has_ended_well
    assert one.engine.reverts() == (duty,)
    assert "still exists" in (await planned(one, "drill-restore")).refusals[0]
    await confirmed(one, await planned(one, "drill-delete", instance.name))
    assert (await one.ended()).has_ended_well
    assert one.engine.reverts() == ()


@pytest.mark.scenario("ordinary-day", history=60, origin=WEDNESDAY)
async def test_while_it_is_restored_it_is_neither_deleted_nor_restored_again(one):
    plans = [await planned(one, "drill-restore") for _console in range(2)]
    await confirmed(one, plans[0])
    await one.consent(plans[1])
    second = await one.engine.apply(plans[1], plans[1].confirm)
    assert second.state is StepState.REFUSED
    (instance,) = restored(one)
    assert "being created" in (await planned(one, "drill-delete", instance.name)).refusals[0]


@pytest.mark.scenario("ordinary-day", history=60, origin=WEDNESDAY)
async def test_an_instance_that_was_deleted_by_hand_leaves_a_duty_that_a_person_ends(one):
    await drilled(one)
    (instance,) = restored(one)
    instance.deleted = one.embedded.clock.now()
    one.embedded.advance(600)
    (duty,) = one.engine.reverts()
    assert "deleted already" in (await planned(one, "drill-delete", instance.name)).refusals[0]
    states = one.services.duties.states()
    await anext(states)
    await states.aclose()
    signed = await one.services.duties.sign(one.services.duties.now(duty), "deleted in the console of AWS")
    assert signed.signed is not None


@pytest.mark.scenario("forced-patch", history=60, origin=WEDNESDAY)
@pytest.mark.parametrize(
    "kind", ["rds-class", "rds-storage", "rds-maintenance", "rds-snapshot", "drill-restore", "drill-failover"]
)
async def test_a_member_of_a_cluster_is_not_changed(one, kind, monkeypatch):
    parse = reader.database_of
    monkeypatch.setattr(
        reader, "database_of", lambda row: parse({**row, "DBClusterIdentifier": "facility-cluster"})
    )
    refused = await planned(one, kind)
    assert refused.steps == ()
    why = f"{DATABASE} is a member of the cluster facility-cluster, which is not changed here yet."
    assert why in refused.refusals


def test_a_drill_is_timed_from_its_own_confirmation():
    own, other = (data.plan().model_copy(update={"id": id}) for id in ("own", "other"))
    runs = [
        data.run(plan_made=each).model_copy(update={"at": at})
        for each, at in ((other, WEDNESDAY), (own, APRIL))
    ]
    assert requested_at(runs, own) == APRIL
    assert requested_at(runs[:1], own) == own.made_at
