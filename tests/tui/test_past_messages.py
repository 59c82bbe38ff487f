from pathlib import Path

import pytest

from services.host.state_files import state_folder
from tests.tools.console import console, expect, screen_text, until
from tui import messages

pytestmark = [pytest.mark.usefixtures("at_once"), pytest.mark.scenario("ordinary-day", history=600.0)]


async def test_finding_6c_inspecting_is_said_only_while_it_is_true(embedded):
    async with console(embedded.url, embedded.clock) as pilot:
        app = pilot.app
        with embedded.held("cloudwatch", "DescribeAlarms"):
            app.post_message(messages.RunInspection("alarms"))
            await until(pilot, lambda: "▶ Alarms: inspecting…" in screen_text(pilot))
        await expect(pilot, at="FindingScreen", then=lambda: "inspecting…" not in screen_text(pilot))
        assert app.board.current is None


async def test_a_saved_file_is_copied_by_its_whole_path(embedded):
    async with console(embedded.url, embedded.clock) as pilot:
        app = pilot.app
        path = Path.home() / ".local" / "state" / "toban" / "reports" / "facility-prod-2026-01-14.html"
        app.inform(f"Saved to {path}")
        app.inform("No change has an unknown outcome.")
        app.action_show_messages()
        await expect(pilot, at="PastMessagesScreen")
        shown = screen_text(pilot)
        assert "~/.local/state/toban/reports/facility-prod-2026-01-14.html" in shown
        assert shown.index("No change has") < shown.index("Saved to"), "newest first"
        await pilot.press("y", "down", "y")
        copied = state_folder("clipboard.txt")
        await until(pilot, lambda: copied.exists() and copied.read_text() == str(path))
