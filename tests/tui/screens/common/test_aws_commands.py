import shlex
from datetime import UTC, datetime
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Input, TextArea

from tests.conftest import assert_in
from tests.tools.console import console, expect, press, screen_text, until
from tests.tui.change_steps import armed_plan, change_mode
from tui.messages import RunInspection

pytestmark = [pytest.mark.usefixtures("at_once"), pytest.mark.scenario("ordinary-day", history=600.0)]


async def opened(pilot: Pilot[Any]) -> list[str]:
    await press(pilot, "dollar_sign", at="AwsCommandsScreen")
    await until(pilot, lambda: pilot.app.focused is pilot.app.screen.view.blocks[0])
    return [block.line.text for block in pilot.app.screen.view.blocks]


async def copied(pilot: Pilot[Any], monkeypatch: pytest.MonkeyPatch) -> list[str]:
    texts: list[str] = []
    monkeypatch.setattr(pilot.app, "copy_to_clipboard", texts.append)
    return texts


async def test_where_no_alarm_is_chosen_the_commands_are_about_all(embedded):
    async with console(embedded.url, embedded.clock) as pilot:
        await until(pilot, lambda: "all 8 alarms are ok" in screen_text(pilot))
        lines = await opened(pilot)
        assert_in(lines[0], "describe-alarms --alarm-types", f"--endpoint-url {embedded.url}")


async def test_an_alarm_and_its_row_match(embedded, monkeypatch):
    async with console(embedded.url, embedded.clock) as pilot:
        await pilot.press("a", "home")
        name = pilot.app.screen.alarms.chosen.id
        from_row = await opened(pilot)
        assert_in(from_row[0], f"describe-alarms --alarm-names {name}", f"--endpoint-url {embedded.url}")
        texts = await copied(pilot, monkeypatch)
        await press(pilot, "down", "y", then=lambda: texts)
        assert texts == [from_row[1]]
        assert "\n" not in texts[0]
        assert shlex.split(texts[0])[:3] == ["aws", "cloudwatch", "describe-alarm-history"]
        await press(pilot, "escape", "enter", at="AlarmScreen")
        assert [line.split(" --")[0] for line in await opened(pilot)] == [
            line.split(" --")[0] for line in from_row
        ]
        await press(pilot, "dollar_sign", at="AlarmScreen")


async def test_all_alarms_where_none_is_listed_because_all_are_normal(embedded):
    async with console(embedded.url, embedded.clock) as pilot:
        assert pilot.app.screen.alarms.chosen is None
        lines = await opened(pilot)
        assert lines[0].startswith("aws cloudwatch describe-alarms")
        assert all(embedded.url in line for line in lines)


async def test_a_finding_shows_what_it_read_and_where_it_is_written_wrong(embedded):
    async with console(embedded.url, embedded.clock, size=(80, 24)) as pilot:
        pilot.app.screen.post_message(RunInspection("maintenance"))
        await expect(pilot, at="FindingScreen")
        lines = await opened(pilot)
        assert "describe-pending-maintenance-actions" in lines[0]
        text = screen_text(pilot)
        assert_in(text, "Normal: no row", "▲ PendingMaintenanceActions[*].[Action,…] always prints None")
        await press(pilot, "end", then=lambda: pilot.app.screen.view.chosen == len(lines) - 1)
        assert "sat:17:00" in screen_text(pilot)


@pytest.mark.scenario("ordinary-day", history=600.0, origin=datetime(2026, 1, 13, 0, 7, tzinfo=UTC))
async def test_a_duty_shows_the_commands_of_all_its_inspections(embedded):
    async with console(embedded.url, embedded.clock, mode="inspect") as pilot:
        screen = pilot.app.screen
        await until(pilot, lambda: screen.chosen is not None and screen.chosen.slot.duty == "daily-morning")
        lines = "\n".join(await opened(pilot))
        assert_in(lines, "describe-alarms", "get-dashboard", "start-query")


async def test_a_log_pane_is_followed_by_hand_and_a_search_is_quoted(embedded):
    async with console(embedded.url, embedded.clock, mode="logs") as pilot:
        pane = next(iter(pilot.app.screen.tails))
        await until(pilot, lambda: len(pane.store))
        lines = await opened(pilot)
        assert lines[0].startswith("aws logs tail /ecs/staff-api --follow --since 10m")
        first, last = (int(lines[1].split(flag)[1].split()[0]) for flag in ("--start-time ", "--end-time "))
        start, end = pane.lines.times_on_screen
        assert (first, last) == (int(start.timestamp() * 1000), int(end.timestamp() * 1000))
        await pilot.press("escape", "slash", *"GET", "enter", "up")
        await until(pilot, lambda: pane.view.query is not None and not pane.lines.scroller.follow)
        lines = await opened(pilot)
        assert lines[0].startswith("aws logs filter-log-events")
        assert "--filter-pattern '\"GET\"'" in lines[-1]


async def test_a_dollar_typed_into_a_filter_pattern_or_a_note_is_text(embedded):
    async with console(embedded.url, embedded.clock, mode="logs") as pilot:
        pane = next(iter(pilot.app.screen.tails))
        await until(pilot, lambda: len(pane.store))
        await pilot.press("f", "{", "dollar_sign", "full_stop", "x")
        await until(pilot, lambda: isinstance(pilot.app.focused, Input) and pilot.app.focused.value)
        assert pilot.app.focused.value == "{$.x"
        await press(pilot, "escape", "f8", then=lambda: isinstance(pilot.app.focused, TextArea))
        await press(pilot, "dollar_sign", "1", then=lambda: pilot.app.focused.text == "$1")


async def test_the_focused_widget_or_the_whole_dashboard(embedded):
    async with console(embedded.url, embedded.clock) as pilot:
        dashboard = pilot.app.screen.dashboard
        pilot.app.screen.action_focus_panel("dashboard")
        tile = next(tile for tile in dashboard.grid.tiles if getattr(tile.widget, "traces", ()))
        tile.focus()
        await until(pilot, lambda: tile.has_focus)
        assert "get-metric-data" in (await opened(pilot))[0]
        await pilot.press("escape")
        text = next(tile for tile in dashboard.grid.tiles if hasattr(tile.widget, "markdown"))
        text.focus()
        await until(pilot, lambda: text.has_focus)
        assert "get-dashboard --dashboard-name facility-prod-main" in (await opened(pilot))[0]


async def test_a_plan_by_hand_warns_and_sends_nothing(embedded):
    async with change_mode(embedded) as pilot:
        screen = await armed_plan(pilot)
        before = embedded.counts()
        lines = await opened(pilot)
        assert_in(lines[0], "register-scalable-target", "--max-capacity 10")
        assert "describe-scalable-targets" in " ".join(lines)
        assert "bypasses the plan" in " ".join(screen_text(pilot).split())
        await press(pilot, "escape", at="PlanScreen")
        assert all(field.value.count("$") == 0 for field in screen.query(Input))
        assert embedded.counts().get("application-autoscaling.RegisterScalableTarget", 0) == 0
        assert embedded.counts().keys() >= before.keys()


async def test_where_nothing_is_read_it_says_so(embedded):
    async with console(embedded.url, embedded.clock, mode="journal", notifications=True) as pilot:
        await press(pilot, "dollar_sign", shows="There are no AWS commands for this.")
