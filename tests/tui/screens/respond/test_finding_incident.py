from datetime import UTC, datetime, timedelta

import pytest

from tests.tools.console import console, press, screen_text, until
from tui.screens.duties.finding import FindingScreen

MONDAY = datetime(2026, 1, 19, 0, 0, tzinfo=UTC)
pytestmark = [
    pytest.mark.usefixtures("at_once"),
    pytest.mark.scenario("missing-snapshot", history=3600.0, origin=MONDAY - timedelta(minutes=10)),
]


@pytest.mark.slow
async def test_a_missing_snapshot_is_reported_to_aws_support(embedded):
    async with console(embedded.url, embedded.clock, mode="inspect", size=(80, 24)) as pilot:
        app = pilot.app
        await until(pilot, lambda: app.duties)
        recorded = await app.ready.scheduler.runs.run_on_demand("backups")
        screen = FindingScreen(recorded.subject, recorded)
        await app.push_screen(screen)
        await until(pilot, lambda: screen.guard.is_open)
        await press(pilot, "c", at="IncidentScreen", then=lambda: app.screen.is_mounted)
        (incident,) = app.incidents
        assert incident.holder == app.ready.journal.person.name, "who begins it responds"
        assert incident.playbook == "snapshot-missing"
        assert incident.reason == recorded.finding.summary
        await until(pilot, lambda: incident.facts[0][:20] in screen_text(pilot))
        await press(pilot, "m", at="ToldScreen", then=lambda: app.screen.guard.is_open)
        assert app.screen.whom.value == "AWS Support"
        text = screen_text(pilot).replace("\n", "")
        assert "was not normal" in text
        await press(pilot, "enter", then=lambda: app.incidents[0].contacted)
        assert app.incidents[0].contacted[0].role == "AWS Support"
