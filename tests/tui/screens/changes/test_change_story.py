from typing import Any

import pytest

from services.aws.autoscaling.reader import AutoScalingReader
from services.models.alarms import AlarmState
from services.models.change_runs import StepState
from services.models.changes import Danger, Plan
from tests.conftest import Embedded
from tests.services.changes.change_world import RESOURCE, service
from tests.tools.console import expect, flat_text, press, until
from tests.tui.change_steps import (
    RAISE,
    SCHEDULE,
    arm,
    arm_without_screen,
    armed_plan,
    change_mode,
    planned,
    sent,
    to_question,
)
from tests.tui.screens.changes.test_change_keys import burst
from tui.screens.common.type_ahead_guard import TypeAheadGuard
from widgets.changes.plan.form import ChoiceRow

pytestmark = [pytest.mark.usefixtures("at_once"), pytest.mark.scenario("ecs-cpu"), pytest.mark.slow]


async def test_the_limit_rises_the_alarm_clears_and_the_revert_is_dated(embedded):
    embedded.advance(420)
    async with change_mode(embedded) as pilot:
        app = pilot.app
        assert "at its maximum" in flat_text(pilot), "before anything is planned one sees why"
        alarm = lambda: next(a.state for a in app.alarms.value.alarms if a.name == "ecs-cpu-high")  # noqa: E731
        assert alarm() is AlarmState.ALARM
        await arm(pilot)
        await until(pilot, lambda: "ARMED" in flat_text(pilot))

        screen = await planned(pilot)
        assert screen.plan.wish["max"] == "10"
        assert sent(embedded) == 0
        await to_question(pilot, screen)
        await burst(pilot, *"staff-api")
        await press(pilot, "enter", then=lambda: app.runs and app.runs[0].state is StepState.DONE)
        await until(pilot, lambda: all(step.verified for step in app.runs[0].steps))
        await until(pilot, lambda: "✓ verified" in flat_text(pilot))
        assert (sent(embedded), sent(embedded, SCHEDULE)) == (1, 1)

        await press(pilot, "escape", at="ChangeScreen", shows=("✓ applied", "by AWS"))
        live = app.screen.live
        running = lambda: next(  # noqa: E731
            int(fact.value) for fact in live.state.value.facts if fact.name == "Running"
        )
        for _minute in range(20):
            before, state = app.alarms, live.state
            embedded.advance(66)
            await until(
                pilot, lambda before=before, state=state: app.alarms is not before and live.state is not state
            )
            if alarm() is AlarmState.OK:
                break
        assert alarm() is AlarmState.OK
        assert running() > 5

        reader = app.services.engine.changes["task-limit"].context.reader
        actions = await AutoScalingReader(reader).scheduled_actions("facility-prod-cluster", "staff-api")
        assert len(actions) == 1, "AWS has the revert"
        slot = app.services.engine.reverts()[0]
        assert slot.key == f"revert@{app.runs[0].id}"
        assert slot.due_at == app.runs[0].plan.revert.at
        month = slot.day.year, slot.day.month
        keys = [each.key for day in app.services.duties.month(*month) for each in day.occurrences]
        assert slot.key in keys, "and so has the calendar"


async def test_three_enters_send_one_request_and_closing_changes_nothing(embedded):
    async with change_mode(embedded) as pilot:
        await armed_plan(pilot)
        embedded.fault("application-autoscaling", "RegisterScalableTarget", delay=0.3)
        await burst(pilot, *"staff-api", "enter", "enter", "enter")
        await press(pilot, "escape", left="PlanScreen")
        await until(pilot, lambda: pilot.app.runs and pilot.app.runs[0].state is StepState.DONE)
        assert sent(embedded) == 1
        assert len(pilot.app.runs) == 1
        await until(pilot, lambda: "✓ applied" in flat_text(pilot))


async def test_a_state_that_changed_since_the_plan_is_reported_and_left_unchanged(embedded):
    async with change_mode(embedded) as pilot:
        screen = await armed_plan(pilot)
        move_limit(embedded, 7)
        await burst(pilot, *"staff-api")
        await pilot.press("enter")
        await until(pilot, lambda: pilot.app.runs and pilot.app.runs[0].state is StepState.REFUSED)
        await until(pilot, lambda: "nothing was sent" in flat_text(pilot))
        assert sent(embedded) == 0
        await press(pilot, "f5", then=lambda: screen.plan is not None)
        assert screen.plan.steps[0].rows[0].before == "7", "planned again from what is there now"


async def test_read_only_nothing_can_be_typed_and_nothing_is_sent(embedded):
    async with change_mode(embedded) as pilot:
        screen = await planned(pilot)
        assert "Read-only: nothing can be sent. F9" in flat_text(pilot)
        assert not screen.bar.asking
        await burst(pilot, "tab", "tab", "tab", "tab", *"staff-api", "enter", "enter")
        assert pilot.app.runs == ()
        assert sent(embedded) == 0


async def test_a_wrong_name_an_edit_and_an_expired_plan_send_nothing_and_say_so(embedded):
    async with change_mode(embedded) as pilot:
        screen = await armed_plan(pilot)
        await burst(pilot, *"staff-app")
        await press(pilot, "enter", shows="“staff-app” is not the target's name")
        assert screen.bar.question().value == ""
        assert (sent(embedded), pilot.app.runs, screen.applying) == (0, (), False)

        await burst(pilot, *"staff-a")
        field = screen.form.query_one("#ask-max")
        field.value = "8"
        await until(pilot, lambda: screen.plan is None)
        assert not screen.bar.asking
        await until(pilot, lambda: screen.plan is not None and screen.bar.asking)
        assert screen.plan.wish["max"] == "8"
        assert screen.bar.question().value == ""

        await to_question(pilot, screen)
        first = screen.plan
        embedded.advance(121)
        await burst(pilot, *"staff-api")
        await press(pilot, "enter", shows="the plan has expired")
        assert not screen.bar.asking
        assert (sent(embedded), pilot.app.runs) == (0, ())
        await press(pilot, "f5", then=lambda: screen.plan is not None and screen.plan.id != first.id)
        await until(pilot, lambda: screen.bar.asking)


async def test_a_plan_does_not_expire_while_its_form_is_answered(embedded):
    async with change_mode(embedded) as pilot:
        await arm_without_screen(pilot)
        pilot.app.way_back = ("change", "an incident")
        screen = await planned(pilot)
        first, today = screen.plan, embedded.clock.now().astimezone(pilot.app.zone).date()
        assert first.revert.at.astimezone(pilot.app.zone).date() == today, (
            "not the runbook's next date for it"
        )
        await to_question(pilot, screen)
        for word, seconds in (("staff", 70), ("-api", 109)):
            # A half-typed name postpones it until hardly any time is left.
            embedded.advance(seconds)
            before = screen.plan
            screen._tick()
            await burst(pilot, *word)
            await until(pilot, lambda before=before: screen.plan is not before)
            assert (screen.plan.id, screen.plan.digest) == (first.id, first.digest)
        assert screen.bar.question().value == "staff-api", "nothing that was typed is lost"
        assert screen.plan.made_at > first.expires_at

        service(embedded).desired = 4
        embedded.world.scaling.targets[RESOURCE].maximum = 6
        embedded.advance(109)
        await press(pilot, "down", shows="read anew: Title")
        assert screen.bar.question().value == ""
        await to_question(pilot, screen)
        await burst(pilot, *"staff-api")
        await press(pilot, "enter", then=lambda: pilot.app.runs and pilot.app.runs[0].state is StepState.DONE)
        assert pilot.app.runs[0].plan.steps[0].before == "6"
        assert sent(embedded) == 1


async def test_what_was_typed_ahead_confirms_nothing(embedded, monkeypatch):
    keys = [*"staff-api", "enter", "enter"]
    async with change_mode(embedded) as pilot:
        app = pilot.app
        await arm_without_screen(pilot)
        monkeypatch.setattr(TypeAheadGuard, "seconds", 3600.0)
        await burst(pilot, "enter", "tab", "tab", "tab", "tab", *keys)
        screen = await expect(pilot, at="PlanScreen", then=lambda: app.screen.bar.asking)
        await burst(pilot, "tab", *keys)
        assert (app.runs, screen.applying, screen.bar.question().value) == ((), False, "")
        assert screen.plan.wish["max"] == "10", "nor did it reach the questions"

        monkeypatch.setattr(TypeAheadGuard, "seconds", 0.01)
        screen.hold()
        await until(pilot, lambda: screen.guard.is_open and screen.focused is not None)
        monkeypatch.setattr(TypeAheadGuard, "seconds", 3600.0)
        screen.hold_keys()
        screen.set_focus(screen.bar.question())
        await burst(pilot, *keys)
        assert screen.bar.question().value == "", "typed before the question was seen for a moment"

        monkeypatch.setattr(TypeAheadGuard, "seconds", 0.01)
        screen.hold_keys()
        await until(pilot, lambda: screen._plan_guard.is_open)
        await burst(pilot, *keys)
        await until(pilot, lambda: app.runs and app.runs[0].state is StepState.DONE)
        assert sent(embedded, RAISE) == 1


async def test_the_revert_is_planned_with_one_key(embedded):
    async with change_mode(embedded) as pilot:
        app = pilot.app
        await armed_plan(pilot)
        await burst(pilot, *"staff-api")
        await press(pilot, "enter", then=lambda: app.runs and app.runs[0].state is StepState.DONE)
        await press(pilot, "escape", at="ChangeScreen")
        await press(pilot, "u", at="PlanScreen", then=lambda: app.screen.plan is not None)
        assert app.screen.plan.wish["max"] == "5"
        assert app.screen.plan.steps[0].rows[0].after == "5"


def move_limit(embedded: Embedded, maximum: int) -> None:
    with embedded.world.lock:
        now = embedded.clock.now().timestamp()
        embedded.world.scaling.register(
            "service/facility-prod-cluster/staff-api", now, {"MaxCapacity": maximum}
        )


async def test_a_routine_change_begins_at_no(embedded, monkeypatch):
    async with change_mode(embedded) as pilot:
        await arm_without_screen(pilot)
        change = pilot.app.services.engine.changes["task-limit"]
        plan = change.plan

        async def routine(*args: Any) -> Plan:
            return (await plan(*args)).model_copy(update={"danger": Danger.ROUTINE})

        monkeypatch.setattr(change, "plan", routine)
        screen = await planned(pilot)
        await to_question(pilot, screen)
        assert "Apply this?" in flat_text(pilot)
        await pilot.press("enter")
        await pilot.pause()
        assert sent(embedded) == 0
        await pilot.press("l")
        assert screen.bar.query_one(ChoiceRow).value == "no", "a letter answers nothing"
        await pilot.press("right", "enter", "enter", "enter")
        await until(pilot, lambda: pilot.app.runs and pilot.app.runs[0].state is StepState.DONE)
        assert sent(embedded) == 1
