import asyncio

import pytest
from textual.widgets import Input

from services.changes import entries as change_entries
from services.models.change_runs import StepState
from services.models.journal import Entry, EntryKind, NewEntry
from tests.services.changes.change_world import OVER
from tests.tools.console import expect, flat_text, press, until
from tests.tui.change_steps import RAISE, arm, armed_plan, change_mode, planned, sent
from tests.tui.screens.changes.test_change_keys import burst
from tui.screens.changes.change_screen import ChangeScreen
from tui.screens.changes.plan import PlanScreen
from tui.screens.common.type_ahead_guard import TypeAheadGuard
from widgets.changes.list import ChangeList

pytestmark = [pytest.mark.usefixtures("at_once"), pytest.mark.scenario("ordinary-day", history=600.0)]

RESOURCE = "service/facility-prod-cluster/staff-api"


async def test_a_failed_read_keeps_the_last_state_and_says_why(embedded):
    async with change_mode(embedded) as pilot:
        live = pilot.app.screen.live
        assert "Maximum" in flat_text(pilot)
        embedded.fault("application-autoscaling", preset="denied")
        embedded.advance(31)
        await until(pilot, lambda: live.state.problem is not None)
        await until(pilot, lambda: "stale" in flat_text(pilot))
        assert live.state.value is not None
        assert "application-autoscaling:Describe" in flat_text(pilot)
        embedded.clear_faults()
        embedded.advance(31)
        await until(pilot, lambda: live.state.problem is None)


@pytest.mark.slow
async def test_nothing_is_read_while_the_screen_is_hidden(embedded):
    async with change_mode(embedded) as pilot:
        await press(pilot, "1", left="ChangeScreen")
        before = embedded.counts().get("application-autoscaling.DescribeScalableTargets", 0)
        embedded.advance(70)
        await until(pilot, lambda: pilot.app.alarms.fetched_at == embedded.clock.now())
        assert embedded.counts().get("application-autoscaling.DescribeScalableTargets", 0) == before


@pytest.mark.slow
async def test_an_unknown_outcome_is_asked_when_aws_cannot_decide(embedded):
    async with change_mode(embedded) as pilot:
        app = pilot.app
        await armed_plan(pilot)
        embedded.fault("application-autoscaling", "RegisterScalableTarget", mode="reset-before", times=1)
        await burst(pilot, *"staff-api")
        await press(pilot, "enter", then=lambda: app.runs and app.runs[0].state is StepState.UNKNOWN)
        await until(pilot, lambda: "resends nothing" in flat_text(pilot))
        await press(pilot, "escape", shows=("OUTCOME UNKNOWN: staff-api", "? locked"))
        assert "!1" in flat_text(pilot), "the header counts it"

        await press(pilot, "r", then=lambda: "state before the change" in notices(pilot))
        assert isinstance(app.screen, ChangeScreen), "too early to ask a person"

        embedded.advance(1)
        with embedded.world.lock:
            now = embedded.clock.now().timestamp()
            embedded.world.scaling.register(RESOURCE, now, {"MaxCapacity": 7})
        settle = await press(pilot, "r", at="ManualResolutionScreen", shows="neither as before nor as after")
        await until(pilot, lambda: settle.focused is settle.choice)
        note = settle.query_one("#note", Input)
        await press(pilot, "tab", "enter", shows="choose whether it was done")
        await press(pilot, "right", "right", "tab", "enter", shows="Write how you know")
        assert settle.choice.value == "failed"
        note.value = "CloudTrail にない"
        await press(pilot, "enter", shows="AWS may still accept the request")
        assert app.screen is settle, "what was typed stays"
        embedded.advance(OVER)
        await press(pilot, "enter", then=lambda: app.runs[0].state is StepState.FAILED)
        await expect(pilot, at="ChangeScreen", then=lambda: "UNKNOWN" not in flat_text(pilot))
        assert "? locked" not in flat_text(pilot)
        assert sent(embedded, RAISE) == 1
        entries = await app.services.journal.entries()
        resolved = [entry for entry in entries if entry.kind is EntryKind.RESOLVED]
        assert [entry.data["how"] for entry in resolved] == ["said"]


async def test_keys_that_come_faster_than_the_dialog_open_one(embedded):
    async with change_mode(embedded) as pilot:
        app = pilot.app
        screen = app.screen
        offer = screen.changes.offer_at_cursor()
        for _ in range(3):
            screen.changes.post_message(ChangeList.Opened(offer))
        await expect(pilot, at="PlanScreen")
        await pilot.pause()
        screen.action_revert()
        screen.action_resolve()
        assert [type(each) for each in app.screen_stack[-2:]] == [ChangeScreen, PlanScreen]
        assert "no change to revert" not in notices(pilot)


async def test_an_unknown_outcome_of_an_unsupported_kind_is_asked(embedded):
    async with change_mode(embedded) as pilot:
        app = pilot.app
        first_plan = await app.services.engine.plan("task-limit", "staff-api", {"max": "10"})
        plan = first_plan.model_copy(update={"kind": "another-versions"})
        for draft in (
            change_entries.confirmed(plan),
            change_entries.intent(plan, plan.steps[0]),
            change_entries.outcome(plan, plan.steps[0], StepState.UNKNOWN, "no answer"),
        ):
            await app.services.journal.append(draft)
        await until(pilot, lambda: "OUTCOME UNKNOWN: staff-api" in flat_text(pilot))
        await press(pilot, "tab", "u", then=lambda: "No revert can be planned" in notices(pilot))
        await press(pilot, "r", at="ManualResolutionScreen", shows="does not support this kind of change")
        settle = app.screen
        await until(pilot, lambda: settle.focused is settle.choice)
        settle.query_one("#note", Input).value = "looked in the AWS console"
        await press(pilot, "right", "tab", "enter", then=lambda: app.runs[0].steps[0].state is StepState.DONE)


@pytest.mark.slow
async def test_an_applied_change_is_shown_in_full(embedded):
    async with change_mode(embedded) as pilot:
        app = pilot.app
        await armed_plan(pilot)
        await burst(pilot, *"staff-api")
        await press(pilot, "enter", then=lambda: app.runs and app.runs[0].state is StepState.DONE)
        await press(pilot, "escape", at="ChangeScreen")
        await press(pilot, "tab", then=lambda: app.focused is app.screen.runs.table)
        await press(pilot, "enter", at="RunScreen", shows=("RegisterScalableTarget", "✓ recorded"))


async def test_a_plan_that_cannot_be_read_says_why_is_tried_again_and_answered(embedded):
    async with change_mode(embedded) as pilot:
        embedded.fault("application-autoscaling", preset="denied")
        await press(pilot, "enter", at="PlanScreen", shows="application-autoscaling:Describe")
        assert "F5 plan again" in flat_text(pilot)
        assert not pilot.app.screen.bar.asking
        embedded.clear_faults()
        await press(pilot, "f5", then=lambda: pilot.app.screen.plan is not None)

        screen = pilot.app.screen
        screen.form.query_one("#ask-max", Input).value = "１０"
        await until(pilot, lambda: screen.plan is None)
        await until(pilot, lambda: screen.plan is not None and screen.plan.wish["max"] == "10")
        screen.form.query_one("#ask-revert").focus()
        await pilot.press("right")
        await until(pilot, lambda: screen.plan is not None and screen.plan.wish["revert"] == "duty")
        assert screen.view.plan is screen.plan
        assert screen.plan.revert.way == "duty"


async def test_after_a_resize_no_key_confirms_yet(embedded, monkeypatch):
    async with change_mode(embedded) as pilot:
        screen = await armed_plan(pilot)
        await burst(pilot, *"staff")
        monkeypatch.setattr(TypeAheadGuard, "seconds", 3600.0)
        await pilot.resize_terminal(100, 30)
        await until(pilot, lambda: not screen.guard.is_open)
        await burst(pilot, *"-api")
        await pilot.press("enter")
        assert screen.bar.question().value == ""
        assert (sent(embedded), pilot.app.runs) == (0, ())


# -- arming


async def test_keys_say_what_they_miss_and_arming_needs_reason_and_time(embedded):
    async with change_mode(embedded) as pilot:
        app = pilot.app
        await press(pilot, "r", then=lambda: "No change has an unknown outcome" in notices(pilot))
        await press(pilot, "u", then=lambda: "no change to revert" in notices(pilot))

        await press(pilot, "f9", at="ArmScreen")
        await press(pilot, "escape", at="ChangeScreen")
        assert pilot.app.ready.engine.permits.armed is None

        screen = await press(pilot, "f9", at="ArmScreen", then=lambda: app.screen.focused is not None)
        assert "PRODUCTION" in flat_text(pilot)
        await press(pilot, "enter", shows="A reason is required")
        screen.query_one("#reason", Input).value = "why"
        for minutes in ("0", "61", ""):
            screen.query_one("#minutes", Input).value = minutes
            await press(pilot, "enter", shows="from 1 to 60 minutes")
        assert app.ready.engine.permits.armed is None
        screen.query_one("#minutes", Input).value = "5"
        await press(pilot, "enter", then=lambda: app.ready.engine.permits.armed is not None)
        await until(pilot, lambda: "ARMED" in flat_text(pilot))
        await press(pilot, "f9", then=lambda: app.ready.engine.permits.armed is None)
        await until(pilot, lambda: "read-only" in flat_text(pilot))
        kinds = [entry.kind for entry in await app.services.journal.entries()]
        assert kinds[-2:] == [EntryKind.ARMED, EntryKind.DISARMED]


@pytest.mark.slow
async def test_what_the_journal_says_of_arming_is_true(embedded, monkeypatch):
    # Closed while it is being recorded, the dialog would leave an entry of something that never was.
    async with change_mode(embedded) as pilot:
        app, slow, started = pilot.app, asyncio.Event(), asyncio.Event()
        append = app.services.journal.append

        async def later(draft: NewEntry) -> Entry:
            started.set()
            await slow.wait()
            return await append(draft)

        await press(pilot, "f9", at="ArmScreen", then=lambda: app.screen.focused is not None)
        app.screen.query_one("#reason", Input).value = "why"
        monkeypatch.setattr(app.services.journal, "append", later)
        await press(pilot, "enter", then=started.is_set)
        await pilot.press("escape")
        slow.set()
        await expect(pilot, left="ArmScreen")
        assert app.services.engine.permits.armed is not None
        kinds = [entry.kind for entry in await app.services.journal.entries()]
        assert EntryKind.ARMED in kinds


async def test_a_console_configured_read_only_says_so_plainly(embedded):
    async with change_mode(embedded, read_only=True) as pilot:
        screen = await planned(pilot)
        assert "configured read-only" in flat_text(pilot)
        assert not screen.bar.asking
        await press(pilot, "f9", at="ArmScreen", shows="read_only = true")
        assert not pilot.app.screen.query(Input)


async def test_without_a_journal_nothing_can_be_armed_or_planned(embedded, tmp_path):
    (tmp_path / "file").write_text("not a folder")
    async with change_mode(embedded, journal=tmp_path / "file" / "journal.db") as pilot:
        await press(pilot, "f9", at="ArmScreen", shows="Without a journal there are no changes")
        await press(pilot, "escape", at="ChangeScreen")
        await planned(pilot)
        await until(pilot, lambda: "Without the journal nothing can be changed" in flat_text(pilot))


async def test_arming_from_the_dialog_goes_on_to_the_name(embedded):
    async with change_mode(embedded) as pilot:
        screen = await planned(pilot)
        assert not screen.bar.asking
        await arm(pilot)
        await until(pilot, lambda: pilot.app.screen is screen and screen.bar.asking)
        assert screen.focused is screen.bar.question()
        await pilot.press("enter")
        assert not screen.applying, "an empty field confirms nothing"


def notices(pilot) -> str:
    return " ".join(notice.text for notice in pilot.app.board.past)


@pytest.mark.parametrize("theme", ["ansi-dark", "ansi-light"])
async def test_no_word_has_the_colour_of_its_ground_in_16_colours(embedded, theme):
    async with change_mode(embedded) as pilot:
        pilot.app.theme = theme
        await press(pilot, "f9", at="ArmScreen", shows="PRODUCTION")
        await pilot.pause()
        strips = pilot.app.screen._compositor.render_strips()
        hidden = [
            part.text
            for strip in strips
            for part in strip
            if part.text.strip() and (style := part.style) and style.color and not style.color.is_default
            if style.color == style.bgcolor
        ]
        assert not [text for text in hidden if not set(text) <= set("▔▁▂▃▄▅▆▇█ ")]
        place = pilot.app.screen.query_one("#place").render_line(0)
        assert len({part.style for part in place if part.text.strip()}) == 2, (
            "the environment differs from the rest"
        )
