import pytest

from services.models.base import RawId
from services.models.runbook import ExpectedAlarm
from services.runbook.loader import load_builtin
from tests.services.incidents.test_own_resource import cache_alarm
from tests.tools.console import console, screen_text, until
from tui.messages import OpenIncident

RUNBOOK = load_builtin("facility-prod")
CACHE = ExpectedAlarm(name=RawId("cache-high"), title="cache")

pytestmark = [pytest.mark.scenario("ordinary-day", history=300.0), pytest.mark.usefixtures("at_once")]


async def test_the_screen_shows_the_resource_and_no_cause_of_the_system(embedded):
    await cache_alarm(embedded)
    runbook = RUNBOOK.model_copy(update={"alarms": (*RUNBOOK.alarms, CACHE)})
    async with console(embedded.url, embedded.clock, size=(80, 24), runbook=runbook) as pilot:
        await until(pilot, lambda: any(each.target == CACHE.name for each in pilot.app.incidents))
        pilot.app.screen.post_message(OpenIncident(pilot.app.incidents[0].id))
        await until(pilot, lambda: "Evictions (Sum)" in screen_text(pilot))
        words = screen_text(pilot)
    assert "no causes are known for AWS/ElastiCache facility-cache-001" in words
    assert "EngineCPUUtilization (Maximum)  before T0 12%" in words
    assert "Roll" not in words
