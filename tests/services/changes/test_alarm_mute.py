from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from services.changes.reverts import reverts
from services.demo.cloudwatch.alarms.states import State
from services.models.change_runs import StepState
from services.models.changes import Danger
from services.models.watches import WatchState
from tests.services.changes.change_world import desk

pytestmark = pytest.mark.scenario("ordinary-day", history=600)
ALARM = "rds-cpu-high"
PUT, DELETE = "cloudwatch.PutAlarmMuteRule", "cloudwatch.DeleteAlarmMuteRule"
REGION = "ap-northeast-1"


async def planned(one, alarm=ALARM, **parameters):
    return await one.engine.plan("alarm-mute", alarm, {"reason": "maintenance", **parameters})


async def applied(one, plan):
    return await one.engine.apply(plan, plan.confirm)


def rules(embedded):
    return {name: rule for (_region, name), rule in embedded.world.alarms.mutes.rules.items()}


def fire(embedded, alarm=ALARM):
    world = embedded.world
    with world.lock:
        world.alarms.set_state(world.alarms.get(alarm), State.ALARM, "as the test wants it")


def actions(embedded, alarm=ALARM):
    history = embedded.world.alarms.history.items
    return sum(item.type == "Action" and item.name == alarm for item in history)


async def muted(one, embedded, **parameters):
    run = await applied(one, await planned(one, **parameters))
    assert run.state is StepState.DONE, run.steps
    return await one.ended()


async def test_a_mute_is_in_force_once_its_rule_is_active(one, embedded):
    await one.arm()
    plan = await planned(one)
    assert plan.danger is Danger.CAREFUL
    run = await applied(one, plan)
    assert run.state is StepState.DONE
    (rule,) = rules(embedded).values()
    assert rule.name == f"toban-{plan.id}"
    assert rule.settings["Description"] == "maintenance"
    assert rule.targets == [ALARM]
    assert rule.status(embedded.clock.now()) == "SCHEDULED"
    assert run.watching, "AWS has accepted it, but the alarm is not muted yet"
    run = await one.ended()
    assert run.progress.state is WatchState.DONE
    assert "is ACTIVE" in run.progress.text
    assert rule.status(embedded.clock.now()) == "ACTIVE"
    assert embedded.counts()[PUT] == 1
    before = actions(embedded)
    fire(embedded)
    assert actions(embedded) == before
    overview = await one.services.alarms.overview()
    assert next(alarm for alarm in overview.alarms if alarm.id == ALARM).muted_by == rule.name


async def test_the_way_back_is_a_plan_of_its_own_that_warns_of_what_fires(one, embedded):
    await one.arm()
    run = await muted(one, embedded)
    before = actions(embedded)
    fire(embedded)
    back = one.engine.changes["alarm-mute"].revert_parameters(run.plan)
    plan = await one.engine.plan("alarm-mute", ALARM, back)
    assert plan.title == "Unmute"
    assert plan.blast == f"In ALARM now: {ALARM}. Unmuting runs their actions at once."
    assert plan.danger is Danger.DANGEROUS
    assert plan.cautions[0].grave
    run = await applied(one, plan)
    assert run.state is StepState.DONE
    assert rules(embedded) == {}
    assert actions(embedded) == before + 1
    assert embedded.counts()[DELETE] == 1
    assert one.engine.reverts() == (), "the duty of its end is gone"
    assert (await one.engine.plan("alarm-mute", ALARM, back)).refusals == (
        f"Nothing to change: {ALARM} is not muted.",
    )


async def test_the_end_of_a_mute_is_a_dated_duty(one, embedded):
    await one.arm()
    run = await muted(one, embedded)
    (duty,) = reverts(one.engine.runs, one.services.calendar.zone)
    assert duty.due_at == run.plan.revert.at
    assert ALARM in duty.title
    assert "automatically" in duty.remark
    end = run.plan.revert.at - embedded.clock.now()
    fire(embedded)
    embedded.advance(end.total_seconds())
    (rule,) = rules(embedded).values()
    assert rule.status(embedded.clock.now()) == "EXPIRED"


async def test_a_rule_of_somebody_else_is_neither_overwritten_nor_deleted(one, embedded):
    await one.arm()
    plan = await planned(one)
    schedule = {"Expression": "cron(0 2 * * *)", "Duration": "PT23H", "Timezone": "UTC"}
    await put_rule(embedded, f"toban-{plan.id}", schedule)
    run = await applied(one, plan)
    assert run.state is StepState.REFUSED
    assert PUT not in embedded.counts()
    assert next(iter(rules(embedded).values())).settings["Rule"]["Schedule"] == schedule


async def put_rule(embedded, name, schedule):
    settings = {"Name": name, "Rule": {"Schedule": schedule}, "MuteTargets": {"AlarmNames": [ALARM]}}
    embedded.world.alarms.mutes.put(REGION, settings, embedded.clock.now())


async def test_the_form_offers_only_what_is_possible(one, embedded):
    await one.arm()
    change, target = one.engine.changes["alarm-mute"], one.engine.target("alarm-mute", ALARM)
    assert [id for id, _title in (await change.parameters(target))[0].choices] == ["mute"]
    await muted(one, embedded)
    action = (await change.parameters(target))[0]
    assert ([id for id, _title in action.choices], action.default) == (["mute", "unmute"], "unmute")


async def test_a_mute_says_when_it_begins(one):
    plan = await planned(one)
    assert plan.watch.begins_at is not None
    assert plan.watch.begins_at >= plan.expires_at
    begins = next(row.after for row in plan.steps[0].rows if row.name == "Begins")
    text = f"The mute begins at {begins}, once this plan has expired; until then the alarm notifies."
    assert text in [each.text for each in plan.cautions]


async def test_a_foreign_mute_is_named_and_left_alone(embedded, tmp_path):
    await put_rule(
        embedded, "night", {"Expression": "cron(0 0 * * *)", "Duration": "P1D", "Timezone": "Asia/Tokyo"}
    )
    async with desk(embedded, tmp_path / "j.db") as one:
        plan = await planned(one)
        assert "The rule night mutes it already" in " ".join(each.text for each in plan.cautions)
        (refusal,) = (await planned(one, action="unmute")).refusals
        assert "ask whoever did" in refusal
        target = one.engine.target("alarm-mute", ALARM)
        state = await one.engine.changes["alarm-mute"].read_target(target)
        assert ("Mute rule", "night (ACTIVE)") in [(fact.name, fact.value) for fact in state.facts]
        assert state.remarks == ("It is muted: nobody is told when it fires.",)


async def test_an_alarm_whose_actions_scale_is_not_muted(embedded, tmp_path):
    policy = (
        f"arn:aws:autoscaling:{REGION}:123456789012:scalingPolicy:1:resource/ecs/service/c/s:policyName/out"
    )
    alarm = embedded.world.alarms.get(ALARM)
    alarm.configure({**alarm.settings, "OKActions": [policy]}, embedded.clock.now())
    async with desk(embedded, tmp_path / "j.db") as one:
        (refusal,) = (await planned(one)).refusals
        assert "drives Auto Scaling (out), which a mute would stop too" in refusal
        (refusal,) = (await planned(one, "ecs-cpu-high", also=ALARM)).refusals
        assert ALARM in refusal


async def test_an_alarm_that_aws_does_not_have(embedded, tmp_path):
    embedded.world.alarms.delete(embedded.world.alarms.get(ALARM))
    async with desk(embedded, tmp_path / "j.db") as one:
        (refusal,) = (await planned(one)).refusals
        assert "CloudWatch has no alarm" in refusal
        state = await one.engine.changes["alarm-mute"].read_target(one.engine.target("alarm-mute", ALARM))
        assert state.remarks == (refusal,)


@pytest.mark.parametrize(
    ("parameters", "reason"),
    [
        ({"reason": " "}, "Next, enter the reason"),
        ({"reason": "x" * 501}, "at most 500"),
        ({"until": "soon"}, "must look like"),
        ({"until": "2020-01-01 10:00"}, "choose an end after"),
        ({"until": "2030-01-01 10:00"}, "at most 15 days"),
        ({"also": "no-such-alarm"}, "The runbook names no alarm no-such-alarm"),
        ({"also": " ".join(f"a{number}" for number in range(100))}, "at most 100 alarms"),
        ({"action": "disable"}, "must be one of mute, unmute"),
        ({"rule": "night"}, "no parameter rule"),
    ],
)
async def test_refusals_say_what_to_do(one, parameters, reason):
    plan = await planned(one, **parameters)
    assert plan.steps == ()
    assert reason in " ".join(plan.refusals)


async def test_several_alarms_are_muted_by_one_rule_and_unmuted_together(one, embedded):
    await one.arm()
    await muted(one, embedded, also="ecs-cpu-high alb-latency-high")
    (rule,) = rules(embedded).values()
    assert rule.targets == ["alb-latency-high", "ecs-cpu-high", ALARM]
    plan = await planned(one, "ecs-cpu-high", action="unmute")
    assert f"also mutes alb-latency-high, {ALARM}" in " ".join(each.text for each in plan.cautions)
    assert not plan.blast, "none of them is in ALARM"


async def test_a_plan_whose_beginning_has_passed_is_not_sent(one, embedded):
    await one.arm()
    plan = await planned(one)
    now = embedded.clock.now()
    assert timedelta(seconds=75) <= plan.expires_at - now <= timedelta(seconds=135)
    change = one.engine.changes["alarm-mute"]
    embedded.advance((plan.expires_at - now).total_seconds())
    observation = await change.observe(plan.steps[0])
    assert "plan it again" in observation.text
    assert observation.digest != plan.steps[0].expects
    run = await applied(one, plan)
    assert run.refusal == "The plan has expired; plan it again."
    assert PUT not in embedded.counts()


async def test_a_lost_answer_is_settled_by_reading_the_rule(one, embedded):
    await one.arm()
    plan = await planned(one)
    embedded.fault("cloudwatch", "PutAlarmMuteRule", mode="reset-after", times=1)
    run = await applied(one, plan)
    assert run.state is StepState.DONE
    assert run.steps[0].observed
    assert list(rules(embedded)) == [f"toban-{plan.id}"]
    assert embedded.counts()[PUT] == 1


async def test_a_rule_that_is_deleted_meanwhile_is_no_mute(one, embedded):
    await one.arm()
    run = await applied(one, await planned(one))
    assert run.watching
    embedded.world.alarms.mutes.rules.clear()
    run = await one.ended()
    assert run.progress.state is WatchState.FAILED


async def test_the_commands_by_hand(one):
    change = one.engine.changes["alarm-mute"]
    first, second = change.cli_commands(await planned(one))
    assert (first.verb, first.writes) == ("put-alarm-mute-rule", True)
    assert (second.verb, second.writes) == ("get-alarm-mute-rule", False)
    assert any("overwritten" in trap for trap in first.traps)


@pytest.mark.parametrize("ahead", [-300, 0, 300])
async def test_a_mute_begins_by_aws_s_clock(one, embedded, ahead):
    # A machine whose clock is wrong by minutes plans no mute that begins late, or that has begun already.
    change = one.engine.changes["alarm-mute"]
    change.context = replace(change.context, skew=lambda: -float(ahead))
    plan = await planned(one)
    aws_now = embedded.clock.now() - timedelta(seconds=ahead)
    begins = datetime.fromtimestamp(float(plan.steps[0].before), UTC)
    assert timedelta(seconds=75) <= begins - aws_now <= timedelta(seconds=135)
    left = plan.expires_at - embedded.clock.now()
    assert timedelta(seconds=75) <= left <= timedelta(seconds=121), "valid by this machine's clock"
    assert plan.watch.begins_at == begins + timedelta(seconds=ahead)
