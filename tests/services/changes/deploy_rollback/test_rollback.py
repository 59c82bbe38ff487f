import pytest

from services.demo import names
from services.demo.ecs.records import Fate
from services.models.change_runs import StepState
from services.models.changes import Danger
from services.models.journal import EntryKind as K
from services.models.watches import WatchState
from tests.services.changes.change_world import OVER, desk, service
from tests.services.changes.watched import (
    CONTINUE,
    STOP,
    UPDATE,
    ended,
    live,
    planned,
    release,
    texts,
    unread,
)
from tests.services.demo.system.test_world import alarms

BEFORE, BAD = names.DEPLOYED, names.RELEASE
QUIET = pytest.mark.scenario("bad-deploy", history=600)


@pytest.mark.scenario("bad-deploy", history=3600)
async def test_a_bad_release_is_rolled_back_and_the_alarm_clears(embedded, tmp_path):
    live(embedded, 480)
    assert (await alarms(embedded))["alb-5xx-error-rate"] == "ALARM"
    async with desk(embedded, tmp_path / "j.db") as one:
        plan = await planned(one, "deploy-rollback")
        assert plan.refusals == ()
        assert (plan.title, plan.wish) == (
            f"Roll back {BAD} → :{BEFORE.rpartition(':')[2]}",
            {"revision": BEFORE},
        )
        assert plan.steps[0].call.params == {
            "cluster": names.CLUSTER, "service": names.SERVICE, "taskDefinition": BEFORE,
        }  # fmt: skip
        rows = {row.name: (row.before, row.after) for row in plan.steps[0].rows}
        assert rows["Differing variables"] == (
            "DB_POOL_SIZE, DB_USER, FEATURE_CALENDAR",
            "DB_POOL_SIZE (another value)",
        )
        assert rows["Task size"] == ("0.5 vCPU, 1,024 MiB", "0.5 vCPU, 1,024 MiB")
        assert "staff-api:2.15.0, digest sha256:" in rows["Image of staff-api"][0]
        assert "staff-api:2.14.3, digest sha256:" in rows["Image of staff-api"][1]
        assert all("by ci-cd-user" in text for text in rows["Deployed"])
        assert "8" not in {value for pair in rows.values() for value in pair}, "no value of a variable"
        assert "Migrations of the database are not undone" in texts(plan, grave=True)
        assert "tag" not in texts(plan)
        assert plan.danger is Danger.CAREFUL
        await one.arm()
        run = await one.apply(plan)
        assert (run.state, run.watching) == (StepState.DONE, True), run
        end = await ended(one, run)
        assert end.progress.state is WatchState.DONE, end.progress
        assert "is completed" in end.progress.text
        (offer,) = one.engine.changes[plan.kind].follow_ups(plan)
        assert (offer.kind, offer.target) == ("cache-invalidation", "E1234567890ABC")
        assert await one.kinds() == [K.ARMED, K.PLAN, K.INTENT, K.OUTCOME, K.OUTCOME, K.WATCHED]
        live(embedded, 480)
        assert (await alarms(embedded))["alb-5xx-error-rate"] == "OK"
        again = await planned(one, "deploy-rollback")
        assert "There is no previous revision" in " ".join(again.refusals), (
            "pressed twice, the bad one stays away"
        )
        back = await planned(
            one, "deploy-rollback", **one.engine.changes["deploy-rollback"].revert_parameters(plan)
        )
        assert back.title == f"Go forward {BEFORE} → :{BAD.rpartition(':')[2]}"
        assert "goes back further" not in texts(back)
        assert f"{BAD} is the release that was rolled back (01-" in texts(back, grave=True)
        assert "deploys the newer revision again" not in texts(back)
        rows = {row.name: (row.before, row.after) for row in back.steps[0].rows}
        assert f"by {run.by}" in rows["Deployed"][0], "this console's journal tells who rolled it back"
        state = await one.engine.changes["deploy-rollback"].read_target(back.target)
        assert f"by {run.by}" in next(fact.note for fact in state.facts if fact.name == "Deployment")
        further = await planned(one, "deploy-rollback", revision="41")
        assert "goes back further, to facility-prod-staff-api:41" in texts(further, grave=True)
        assert (await ended(one, await one.apply(back))).has_ended_well
        assert service(embedded).definition == BAD
        assert embedded.counts()[UPDATE] == 2


@QUIET
@pytest.mark.slow
async def test_a_deployment_in_progress_is_stopped(embedded, tmp_path):
    live(embedded, 90)
    async with desk(embedded, tmp_path / "j.db") as one:
        change = one.engine.changes["deploy-rollback"]
        (target,) = change.targets()
        state = await change.read_target(target)
        assert "A deployment is in progress; a rollback stops it." in state.remarks
        (parameter,) = await change.parameters(target)
        assert (parameter.default, parameter.choices) == (BEFORE, ((BEFORE, BEFORE),))
        wrong = await planned(one, "deploy-rollback", revision="40")
        assert f"can only return to {BEFORE}" in " ".join(wrong.refusals)
        plan = await planned(one, "deploy-rollback")
        assert plan.title == f"Stop the deployment of {BAD} and return to {BEFORE}"
        assert plan.steps[0].call.operation == "StopServiceDeployment"
        assert plan.steps[0].call.params["stopType"] == "ROLLBACK"
        await one.arm()
        end = await ended(one, await one.apply(plan))
        assert end.has_ended_well
        assert "is rolled back" in end.progress.text
        assert (embedded.counts()[STOP], embedded.counts().get(UPDATE)) == (1, None)
        assert service(embedded).definition == BEFORE


@pytest.mark.scenario("ordinary-day", history=600)
async def test_a_deployment_that_waits_at_a_hook_is_answered_with_rollback(embedded, tmp_path):
    release(embedded, 41, hook="pause-1")
    live(embedded, 120)
    async with desk(embedded, tmp_path / "j.db") as one:
        plan = await planned(one, "deploy-rollback")
        params = plan.steps[0].call.params
        assert (params["hookId"], params["action"]) == ("pause-1", "ROLLBACK")
        assert any(
            "--action ROLLBACK" in trap
            for each in one.engine.changes[plan.kind].cli_commands(plan)
            for trap in each.traps
        )
        await one.arm()
        end = await ended(one, await one.apply(plan))
        assert end.has_ended_well
        assert embedded.counts()[CONTINUE] == 1
        assert service(embedded).definition == BEFORE


@QUIET
@pytest.mark.parametrize(
    ("revision", "text"),
    [
        (BAD, "deployed already"),
        ("30", "INACTIVE or does not exist"),
        ("facility-prod-staff-api:99", "INACTIVE or does not exist"),
        ("４２", ""),
        ("41", ""),
    ],
)
async def test_only_an_active_revision_is_deployed_again(embedded, tmp_path, revision, text):
    live(embedded, 240)
    async with desk(embedded, tmp_path / "j.db") as one:
        plan = await planned(one, "deploy-rollback", revision=revision)
        assert text in " ".join(plan.refusals)
        assert bool(plan.steps) is not bool(text)
        if revision == "41":
            assert f"The revision before the newest release is {BEFORE}" in texts(plan)
        unknown = await planned(one, "deploy-rollback", version="1")
        assert "no parameter version" in " ".join(unknown.refusals)


@QUIET
@pytest.mark.parametrize(
    ("controller", "tool"), [("CODE_DEPLOY", "CodeDeploy"), ("EXTERNAL", "external tool")]
)
async def test_other_controllers_are_refused_with_the_tool_that_does_it(embedded, tmp_path, controller, tool):
    live(embedded, 240)
    service(embedded).controller = controller
    async with desk(embedded, tmp_path / "j.db") as one:
        plan = await planned(one, "deploy-rollback")
        assert tool in " ".join(plan.refusals)


@QUIET
async def test_a_plan_is_refused_once_another_deployment_began(embedded, tmp_path):
    live(embedded, 240)
    async with desk(embedded, tmp_path / "j.db") as one:
        await one.arm()
        plan = await planned(one, "deploy-rollback")
        release(embedded, 40)
        run = await one.apply(plan)
        assert run.state is StepState.REFUSED
        assert "changed since the plan was made" in run.steps[0].text
        assert embedded.counts().get(UPDATE) is None


@QUIET
@pytest.mark.parametrize("fault", ["reset-after", "html"])
async def test_a_lost_answer_is_settled_by_reading_and_watched(embedded, tmp_path, fault):
    live(embedded, 240)
    async with desk(embedded, tmp_path / "j.db") as one:
        await one.arm()
        plan = await planned(one, "deploy-rollback")
        embedded.fault("ecs", "UpdateService", mode=fault, times=1)
        run = await one.apply(plan)
        if fault == "reset-after":
            assert run.state is StepState.UNKNOWN, "the pipeline may have deployed it"
            embedded.advance(OVER)
            run = await one.engine.resolve(run.id)
            assert run.state is StepState.DONE, run
            assert (await ended(one, run)).has_ended_well
            assert embedded.counts()[UPDATE] == 1
        else:
            assert run.state is StepState.UNKNOWN


@pytest.mark.slow
@pytest.mark.scenario("rollout-failed")
async def test_a_rollback_whose_tasks_fail_ends_as_failed(embedded, tmp_path):
    live(embedded, 1200)
    async with desk(embedded, tmp_path / "j.db") as one:
        await one.arm()
        plan = await planned(one, "deploy-rollback", revision="43")
        assert "43 is the release that was rolled back" in texts(plan, grave=True)
        end = await ended(one, await one.apply(plan))
        assert end.progress.state is WatchState.FAILED
        assert "circuit breaker" in end.progress.text


@QUIET
@pytest.mark.slow
async def test_it_gives_up_after_an_hour(embedded, tmp_path):
    live(embedded, 240)
    service(embedded).fates.append(Fate.crash(BEFORE, 0.0))
    async with desk(embedded, tmp_path / "j.db") as one:
        await one.arm()
        plan = await planned(one, "deploy-rollback")
        assert (plan.watch.gives_up_at - plan.made_at).total_seconds() == 3600
        run = await one.apply(plan)
        embedded.fault("ecs", "DescribeServices", preset="throttled")
        end = await ended(one, run, 600)
        assert end.progress.state is WatchState.GAVE_UP


@QUIET
async def test_one_that_ecs_has_undone_since_was_done(embedded, tmp_path, monkeypatch):
    # The service deploys what it did before, as if nothing had arrived; its newest deployment tells.
    live(embedded, 240)
    service(embedded).fates.append(Fate.crash(BEFORE, 0.0))
    async with desk(embedded, tmp_path / "j.db") as one:
        await one.arm()
        plan = await planned(one, "deploy-rollback")
        run = await unread(one, plan, monkeypatch, "reset-after")
        live(embedded, 1800)
        assert service(embedded).definition == BAD
        run = await one.engine.resolve(run.id)
        assert run.state is StepState.DONE
        assert "ECS rolled it back" in run.steps[0].text
        end = await ended(one, run)
        assert end.progress.state is WatchState.FAILED


@pytest.mark.scenario("ordinary-day", history=600)
async def test_a_deployment_that_ended_well_was_not_told_to_roll_back(embedded, tmp_path, monkeypatch):
    release(embedded, 41)
    live(embedded, 30)
    async with desk(embedded, tmp_path / "j.db") as one:
        await one.arm()
        plan = await planned(one, "deploy-rollback")
        run = await unread(one, plan, monkeypatch, "reset-before")
        live(embedded, OVER + 300)
        run = await one.engine.resolve(run.id)
        assert run.state is StepState.FAILED, run
        assert embedded.counts()[STOP] == 1
