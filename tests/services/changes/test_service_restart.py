import pytest

from services.demo import names
from services.demo.ecs.records import Fate
from services.models.change_runs import StepState
from services.models.watches import WatchState
from tests.services.changes.change_world import OVER, desk, service
from tests.services.changes.watched import UPDATE, ended, live, planned, release, texts

KIND = "service-restart"
pytestmark = pytest.mark.scenario("ordinary-day", history=600)


async def test_the_tasks_are_replaced_and_nothing_else_is_sent(embedded, tmp_path):
    old = {task.id for task in service(embedded).tasks}
    async with desk(embedded, tmp_path / "j.db") as one:
        change = one.engine.changes[KIND]
        (target,) = change.targets()
        assert await change.parameters(target) == ()
        assert ("Running", "2") in [
            (fact.name, fact.value) for fact in (await change.read_target(target)).facts
        ]
        plan = await planned(one, KIND)
        assert plan.steps[0].call.params == {
            "cluster": names.CLUSTER, "service": names.SERVICE, "forceNewDeployment": True,
        }  # fmt: skip
        assert "ECS resolves the tag again (staff-api:2.14.3)" in texts(plan, grave=True)
        assert [row.name for row in plan.steps[0].rows if row.changes] == ["Running"]
        assert any(
            "force-new-deployment" in word for each in change.cli_commands(plan) for word in each.arguments
        )
        assert change.revert_parameters(plan) == {}
        await one.arm()
        run = await one.apply(plan)
        assert run.answers["restart"] == {"deployment": service(embedded).primary.id}
        end = await ended(one, run)
        assert end.has_ended_well, end.progress
        assert not old & {task.id for task in service(embedded).alive(embedded.clock.now().timestamp())}
        assert service(embedded).definition == names.DEPLOYED
        assert embedded.counts()[UPDATE] == 1


@pytest.mark.parametrize("fault", ["reset-after", "empty"])
async def test_a_lost_answer_is_found_in_the_trail_and_the_pipeline_s_deployment_is_not_taken_for_it(
    one, embedded, fault
):
    await one.arm()
    embedded.fault("ecs", "UpdateService", mode=fault, times=1)
    run = await one.apply(await planned(one, KIND))
    assert run.state is StepState.UNKNOWN, run
    embedded.advance(OVER)
    run = await one.engine.resolve(run.id)
    assert run.state is StepState.DONE, run
    assert run.answers["restart"]["deployment"]
    assert (await ended(one, run)).has_ended_well
    assert embedded.counts()[UPDATE] == 1


async def test_it_is_refused_while_a_deployment_is_in_progress_and_for_other_controllers(one, embedded):
    service(embedded).controller = "CODE_DEPLOY"
    assert "CODE_DEPLOY deploys this service" in " ".join((await planned(one, KIND)).refusals)
    service(embedded).controller = "ECS"
    plan = await planned(one, KIND)
    release(embedded, 41)
    assert "A deployment is in progress" in " ".join((await planned(one, KIND)).refusals)
    await one.arm()
    assert (await one.apply(plan)).state is StepState.REFUSED
    assert embedded.counts().get(UPDATE) is None
    assert "no parameter x" in " ".join((await planned(one, KIND, x="1")).refusals)


async def test_a_restart_whose_tasks_fail_is_told(one, embedded):
    await one.arm()
    plan = await planned(one, KIND)
    service(embedded).fates.append(Fate.crash(names.DEPLOYED, embedded.clock.now().timestamp()))
    end = await ended(one, await one.apply(plan))
    assert end.progress.state is WatchState.FAILED
    live(embedded, 60)
