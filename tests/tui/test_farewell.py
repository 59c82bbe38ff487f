from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from textual.pilot import Pilot

from services import i18n
from tests.tools.console import console, press, until
from tests.tools.demo import demo_command
from tests.tui.change_steps import RAISE, armed_plan, change_mode, sent
from tests.tui.pty_console import PtyConsole

MONDAY = datetime(2026, 1, 19, 8, 50, tzinfo=ZoneInfo("Asia/Tokyo"))


async def confirm(pilot: Pilot[Any]) -> None:
    screen = await armed_plan(pilot)
    await press(pilot, *"staff-api", "enter", then=lambda: screen.view.run is not None)


async def ended(pilot: Pilot[Any]) -> list[str]:
    await pilot.press("ctrl+q")
    return await told(pilot)


async def told(pilot: Pilot[Any]) -> list[str]:
    app = pilot.app
    await until(pilot, lambda: app._exit)
    return app.farewell.lines()


@pytest.mark.slow
@pytest.mark.usefixtures("at_once")
@pytest.mark.scenario("ordinary-day", history=600.0)
async def test_a_change_that_was_being_sent_is_done_and_verified(embedded):
    async with change_mode(embedded) as pilot:
        with embedded.held("application-autoscaling", "RegisterScalableTarget"):
            await confirm(pilot)
            await pilot.press("ctrl+q")
        lines = await told(pilot)
        assert sent(embedded, RAISE) == 1
        assert lines[0].startswith("Change done and verified: ")
        assert lines[-1].startswith("Writing was allowed")
        assert not any("journal list" in line for line in lines)


@pytest.mark.usefixtures("at_once")
@pytest.mark.scenario("ordinary-day", history=600.0)
async def test_a_change_that_aws_refuses_has_failed_and_names_its_record(embedded):
    async with change_mode(embedded) as pilot:
        with embedded.held(
            "application-autoscaling", "RegisterScalableTarget", status=400, code="ValidationException"
        ):
            await confirm(pilot)
            await pilot.press("ctrl+q")
        first, second, *_others = await told(pilot)
        assert first.startswith("Change failed: ")
        assert "toban journal list" in second


@pytest.mark.scenario("ordinary-day", history=600.0)
@pytest.mark.slow
async def test_without_a_response_the_outcome_is_unknown(embedded):
    async with change_mode(embedded) as pilot:
        embedded.fault("application-autoscaling", "RegisterScalableTarget", delay=60.0)
        await confirm(pilot)
        first, second, *_others = await ended(pilot)
        assert first.startswith("Change with an unknown outcome: ")
        assert "toban journal list" in second


@pytest.mark.slow
@pytest.mark.scenario("ordinary-day", history=600.0, origin=MONDAY)
@pytest.mark.parametrize("language", ["en", "ja"])
async def test_late_and_waiting_duties_are_named(embedded, language):
    i18n.use(language)
    async with console(embedded.url, embedded.clock) as pilot:
        app = pilot.app
        await until(pilot, lambda: app.duties is not None and app.duties.open)
        embedded.advance(3000)
        await until(pilot, lambda: app.duties is not None and app.duties.today.occurrences[0].state == "late")
        lines = await ended(pilot)
        assert not any("staff-api" in line for line in lines)
        late, waiting = lines
        assert late.startswith("4 duties are late: " if language == "en" else "遅延している定例作業 4 件: ")
        assert waiting.startswith("1 duty waits" if language == "en" else "確認待ちの定例作業 1 件: ")


@pytest.mark.pty
@pytest.mark.slow
def test_the_shell_reads_it_once_the_terminal_is_restored():
    command = demo_command("--speed", "300", at="2026-01-19 08:58")
    with PtyConsole(command, size=(40, 120)) as terminal:
        terminal.wait_text("late: ")
        terminal.end(0, keys="\x11")
        # The emulator has no second screen, and wraps the lines where the cursor happens to be.
        output = bytes(terminal.raw).decode("utf-8", "replace")
        assert "are late: " in output
        assert "waits for a sign-off" in output
