import pytest

from services.models.incidents import StepMark
from tests.tools.console import console, press, screen_text, until


@pytest.mark.slow
@pytest.mark.scenario("rds-storage", history=4 * 3600.0)
@pytest.mark.usefixtures("at_once")
async def test_the_pm_is_asked_for_the_larger_storage(embedded):
    for _minute in range(9):
        embedded.advance(60)
    async with console(embedded.url, embedded.clock, size=(120, 40)) as pilot:
        app = pilot.app
        await until(pilot, lambda: any(each.target == "rds-storage-low" for each in app.incidents))
        (incident,) = (each for each in app.incidents if each.target == "rds-storage-low")
        for index in range(3):
            await app.ready.incidents.mark(incident, index, StepMark.DONE, "x")
        await press(pilot, "exclamation_mark", at="IncidentScreen", then=lambda: app.screen.is_mounted)
        await until(pilot, lambda: len(app.screen.view_at_hand().incident.steps) == 3)
        await press(pilot, "m", at="ToldScreen", then=lambda: app.screen.is_mounted)
        await until(pilot, lambda: "more a month" in screen_text(pilot))
        text = screen_text(pilot)
        assert "Do you approve it?" in text
        for part in ("full in", "from 100 GiB to 200 GiB", "¥4,140 → ¥8,280"):
            assert part in text, text
