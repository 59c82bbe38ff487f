from typing import Any

import pytest
from textual import events
from textual.keys import _character_to_key
from textual.pilot import Pilot
from textual.widgets import Input

from services.changes import entries as change_entries
from services.models.change_runs import StepState
from tests.tools.console import flat_text, press, until
from tests.tui.change_steps import arm, armed_plan, change_mode, planned, sent
from tui.screens.changes.plan import PlanScreen

pytestmark = [pytest.mark.usefixtures("at_once"), pytest.mark.scenario("ordinary-day", history=600.0)]

NAME = "staff-api"


@pytest.fixture
def quick_plans(monkeypatch: pytest.MonkeyPatch) -> None:
    """An answer is planned as soon as it stands there, not when the typing pauses."""
    monkeypatch.setattr("tui.screens.changes.plan.DEBOUNCE", 0.05)


async def burst(pilot: Pilot[Any], *keys: str) -> None:
    """Keys as fast as a terminal hands them over; `Pilot.press` waits after each."""
    for key in keys:
        character = key if len(key) == 1 else None
        event = events.Key(_character_to_key(key) if character else key, character)
        event.set_sender(pilot.app)
        pilot.app._driver.send_message(event)
    await pilot.pause()


async def name_asked(pilot: Pilot[Any], screen: PlanScreen) -> Input:
    """The field for the name, once it has the keys and they count, without anybody having gone there."""
    field = screen.bar.question()
    await until(pilot, lambda: screen.bar.asking and screen.focused is field and screen._plan_guard.is_open)
    assert isinstance(field, Input)
    return field


def number(screen: PlanScreen) -> Input:
    return screen.form.query_one("#ask-max", Input)


@pytest.mark.slow
async def test_armed_the_name_is_typed_at_once_and_changes_no_number(embedded):
    async with change_mode(embedded) as pilot:
        await arm(pilot)
        screen = await planned(pilot)
        field = await name_asked(pilot, screen)
        await burst(pilot, *NAME)
        assert (field.value, number(screen).value) == (NAME, "10")

        first = screen.plan
        await press(pilot, "f5", then=lambda: screen.plan is not None and screen.plan is not first)
        assert await name_asked(pilot, screen) is field
        await burst(pilot, *NAME)
        assert (field.value, number(screen).value) == (NAME, "10")
        await press(pilot, "enter", then=lambda: pilot.app.runs and pilot.app.runs[0].state is StepState.DONE)
        await press(pilot, "escape", at="ChangeScreen")

        back = await press(pilot, "u", at="PlanScreen")
        await until(pilot, lambda: back.plan is not None and back.guard.is_open)
        await name_asked(pilot, back)
        assert number(back).value == "5"


@pytest.mark.usefixtures("quick_plans")
@pytest.mark.slow
async def test_focus_moved_before_the_plan_arrives_stays_where_it_is(embedded):
    async with change_mode(embedded) as pilot:
        screen = await armed_plan(pilot, asked=False)
        await name_asked(pilot, screen)
        with embedded.held("application-autoscaling"):
            await pilot.press("f5", "tab", "tab")
            went_to = screen.focused
            assert went_to is screen.form.query_one("#ask-revert")
        await until(pilot, lambda: screen.bar.asking)
        assert screen.focused is went_to
        await pilot.press("right")
        await until(pilot, lambda: screen.plan is not None and screen.plan.wish["revert"] == "duty")
        assert screen.focused is went_to, "an edit goes on where it is"


@pytest.mark.slow
async def test_a_key_that_the_number_does_not_take_is_refused_with_a_reason(embedded):
    async with change_mode(embedded) as pilot:
        screen = await planned(pilot)
        await until(pilot, lambda: screen.focused is number(screen))
        for key in ("s", "-"):
            await press(pilot, key, shows="Only digits are accepted here")
            assert number(screen).value == "10"
        await press(pilot, "8", then=lambda: "Only digits" not in flat_text(pilot))
        assert number(screen).value == "8"


@pytest.mark.usefixtures("quick_plans")
@pytest.mark.slow
async def test_arming_over_a_refused_plan_gives_the_keys_back_to_the_question(embedded):
    async with change_mode(embedded) as pilot:
        screen = await planned(pilot)
        number(screen).value = "5"
        await until(pilot, lambda: screen.plan is not None and screen.plan.refusals)
        await arm(pilot)
        await until(pilot, lambda: pilot.app.screen is screen and screen.focused is number(screen))
        await press(pilot, "8", then=lambda: screen.plan is not None and screen.plan.wish["max"] == "8")
        await until(pilot, lambda: "Approval" in flat_text(pilot))


@pytest.mark.slow
async def test_arming_after_enter_in_a_wrong_date_leaves_the_keys_in_it(embedded):
    async with change_mode(embedded) as pilot:
        screen = await planned(pilot)
        at = screen.form.query_one("#ask-revert_at", Input)
        at.focus()
        await until(pilot, lambda: screen.focused is at)
        await press(pilot, "end", "x", "enter", then=lambda: screen.plan is not None and screen.plan.refusals)
        await arm(pilot)
        await until(pilot, lambda: pilot.app.screen is screen)
        assert screen.focused is at
        await pilot.press("backspace", "enter")
        await name_asked(pilot, screen)


@pytest.mark.slow
async def test_a_plan_that_expires_under_a_half_typed_name_keeps_its_keys(embedded):
    async with change_mode(embedded) as pilot:
        screen = await armed_plan(pilot, asked=False)
        field = await name_asked(pilot, screen)
        await burst(pilot, *"staff")
        embedded.advance(121)
        await until(pilot, lambda: "the plan has expired" in flat_text(pilot))
        await burst(pilot, *"-api9")
        await pilot.press("enter")
        assert (field.value, number(screen).value) == ("", "10"), "nothing lands in another field"
        assert screen.focused is field
        await pilot.press("f5")
        await name_asked(pilot, screen)
        await burst(pilot, *NAME)
        await press(pilot, "enter", then=lambda: pilot.app.runs and pilot.app.runs[0].state is StepState.DONE)


@pytest.mark.slow
async def test_disarming_and_arming_again_comes_back_to_the_name(embedded):
    async with change_mode(embedded) as pilot:
        screen = await armed_plan(pilot, asked=False)
        await name_asked(pilot, screen)
        await press(pilot, "f9", then=lambda: not screen.bar.asking)
        assert number(screen).value == "10"
        await arm(pilot)
        await name_asked(pilot, screen)


@pytest.mark.slow
async def test_enter_leads_from_any_question_to_the_name(embedded):
    async with change_mode(embedded) as pilot:
        screen = await armed_plan(pilot, asked=False)
        field = await name_asked(pilot, screen)
        await pilot.press("tab")
        assert screen.focused is number(screen)
        await pilot.press("enter")
        assert screen.focused is field

        number(screen).focus()
        await until(pilot, lambda: screen.focused is number(screen))
        await pilot.press("9", "enter")
        await name_asked(pilot, screen)
        assert screen.plan.wish["max"] == "9"

        at = screen.form.query_one("#ask-revert_at", Input)
        at.focus()
        await until(pilot, lambda: screen.focused is at)
        await pilot.press("end", "backspace", "5", "enter")
        await name_asked(pilot, screen)
        assert screen.plan.wish["revert_at"].endswith("17:05")
        await burst(pilot, *NAME)
        assert field.value == NAME


@pytest.mark.slow
async def test_read_only_enter_cycles_through_the_questions(embedded):
    async with change_mode(embedded) as pilot:
        screen = await planned(pilot)
        await until(pilot, lambda: screen.focused is number(screen))
        await pilot.press("enter", "enter", "enter", "enter")
        assert screen.focused is number(screen)
        top = screen.view.scroll_offset.y
        await pilot.resize_terminal(80, 24)
        await until(pilot, lambda: screen.guard.is_open and screen.focused is number(screen))
        await press(pilot, "down", "down", then=lambda: screen.view.scroll_offset.y == top + 2)


async def test_a_plan_that_becomes_refused_takes_the_keys_to_the_first_question(embedded):
    async with change_mode(embedded) as pilot:
        screen = await armed_plan(pilot, asked=False)
        await name_asked(pilot, screen)
        with embedded.world.lock:
            now = embedded.clock.now().timestamp()
            embedded.world.scaling.register(f"service/facility-prod-cluster/{NAME}", now, {"MaxCapacity": 10})
        await press(pilot, "f5", then=lambda: screen.plan is not None and screen.plan.refusals)
        await until(pilot, lambda: screen.focused is number(screen))
        output = flat_text(pilot)
        assert "Refused" in output
        assert "none: not reverted" not in output
        assert "not required" not in output


# -- what is offered


@pytest.mark.slow
async def test_the_keys_that_are_offered_follow_the_state(embedded):
    async with change_mode(embedded) as pilot:
        screen = await planned(pilot)
        await until(pilot, lambda: "F9 arm" in hints(screen))
        await arm(pilot)
        await until(pilot, lambda: "F9 read-only" in hints(screen))
        await name_asked(pilot, screen)
        with embedded.held("application-autoscaling", "RegisterScalableTarget"):
            await burst(pilot, *NAME)
            await press(pilot, "enter", then=lambda: screen.applying)
            assert "F5" not in hints(screen)
            assert "F9 read-only" in hints(screen), "it stops the steps that are still to come"
        await until(pilot, lambda: screen.view.run and screen.view.run.state is StepState.DONE)
        await until(pilot, lambda: "F9" not in hints(screen))
        assert "F5" not in hints(screen)
        assert "Esc close" in hints(screen)


async def test_a_console_configured_read_only_offers_no_arming(embedded):
    async with change_mode(embedded, read_only=True) as pilot:
        screen = await planned(pilot)
        await until(pilot, lambda: "F5 plan again" in hints(screen))
        assert "F9" not in flat_text(pilot)


def hints(screen: PlanScreen) -> str:
    return str(screen.window.border_subtitle)


# -- leaving


@pytest.mark.parametrize("state", ["under way", "done", "unknown"])
@pytest.mark.slow
async def test_escape_and_quit_work_whatever_becomes_of_the_change(embedded, state):
    async with change_mode(embedded) as pilot:
        app = pilot.app
        screen = await armed_plan(pilot, asked=False)
        await name_asked(pilot, screen)
        rules: dict[str, dict[str, Any]] = {
            "under way": {"delay": 0.5},
            "unknown": {"mode": "reset-before", "times": 1},
        }
        if state in rules:
            embedded.fault("application-autoscaling", "RegisterScalableTarget", **rules[state])
        await burst(pilot, *NAME)
        await pilot.press("enter")
        expected_state = {
            "under way": StepState.SENDING,
            "done": StepState.DONE,
            "unknown": StepState.UNKNOWN,
        }[state]
        await until(pilot, lambda: screen.view.run is not None and screen.view.run.state is expected_state)
        await press(pilot, "escape", at="ChangeScreen")

        await press(pilot, "tab", then=lambda: app.focused is app.screen.runs.table)
        await press(pilot, "enter", then=lambda: type(app.screen).__name__ == "RunScreen")
        await press(pilot, "ctrl+q", then=lambda: app._exit)
    assert sent(embedded) == 1


@pytest.mark.slow
async def test_quit_works_over_the_dialog_that_sends(embedded):
    async with change_mode(embedded) as pilot:
        screen = await armed_plan(pilot)
        with embedded.held("application-autoscaling", "RegisterScalableTarget"):
            await burst(pilot, *NAME)
            await press(pilot, "enter", then=lambda: screen.applying and screen.view.run is not None)
            await pilot.press("ctrl+q")
        await until(pilot, lambda: pilot.app._exit)


# -- another console's


async def test_a_change_interrupted_between_steps_is_not_called_sending(embedded):
    async with change_mode(embedded) as pilot:
        app = pilot.app
        plan = await app.services.engine.plan("task-limit", NAME, {"max": "10"})
        first, second = plan.steps
        for draft in (
            change_entries.confirmed(plan),
            change_entries.intent(plan, first),
            change_entries.outcome(plan, first, StepState.DONE, "", True),
            change_entries.intent(plan, second),
        ):
            await app.services.journal.append(draft)
        await until(pilot, lambda: "? elsewhere or cut off: recheck 10:01" in flat_text(pilot))
        output = flat_text(pilot)
        assert "being sent" not in output
        assert "verified ✓" not in output.replace("✓ verified", "verified ✓")
        assert "▶ locked" in output
        await press(pilot, "r", then=lambda: "checks again at 10:01 JST" in notices(pilot))
        assert "No change has an unknown outcome" not in notices(pilot)
        embedded.advance(61)
        await until(pilot, lambda: app.runs[0].state is not StepState.SENDING)
        await until(pilot, lambda: "elsewhere or cut off" not in flat_text(pilot))


async def test_while_this_console_sends_c_says_so(embedded):
    async with change_mode(embedded) as pilot:
        screen = await armed_plan(pilot, asked=False)
        await name_asked(pilot, screen)
        with embedded.held("application-autoscaling", "RegisterScalableTarget"):
            await burst(pilot, *NAME)
            await press(pilot, "enter", then=lambda: screen.view.run is not None)
            await press(pilot, "escape", "r", then=lambda: "carrying it out now" in notices(pilot))


def notices(pilot: Pilot[Any]) -> str:
    return " ".join(notice.text for notice in pilot.app.board.past)
