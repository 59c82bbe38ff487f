"""Every way AWS can fail, for every panel: nothing false is green, nothing is lost, and reading resumes."""

from typing import Any

import pytest

from services.models.alarms import AlarmState
from tests.services.changes.change_world import OVER
from tests.tools.console import console, screen_text, settled, until

pytestmark = pytest.mark.slow
FAULTS: dict[str, dict[str, Any]] = {
    "throttled": {"preset": "throttled"},
    "denied": {"preset": "denied"},
    "expired": {"preset": "expired"},
    "500": {"code": "InternalFailure", "status": 500},
    "503": {"code": "ServiceUnavailable", "status": 503},
    "reset-before": {"mode": "reset-before"},
    "reset-after": {"mode": "reset-after"},
    "html": {"mode": "html"},
    "empty": {"mode": "empty"},
    "truncated": {"mode": "truncated"},
    "hang": {"mode": "hang"},
}
PARTS = ("cloudwatch", "logs", "")  # One service, another, all of AWS


@pytest.mark.parametrize("service", PARTS, ids=lambda part: part or "everything")
@pytest.mark.parametrize("fault", FAULTS)
async def test_a_fault_is_reported_the_last_values_stay_and_reading_resumes(embedded, fault, service):
    async with console(embedded.url, embedded.clock, size=(160, 48)) as pilot:
        app, tail = pilot.app, pilot.app.screen.tail
        await until(pilot, lambda: len(tail.store) > 50)
        alarms, lines = app.alarms.value, len(tail.store)
        embedded.fault(service, "", **FAULTS[fault])
        embedded.advance(OVER + 6)
        await until(pilot, lambda: reported(app, tail, service), limit=90)
        await settled(pilot)
        assert app.alarms.value == alarms, "the last good alarms stay"
        assert len(tail.store) >= lines
        if service != "logs":
            assert app.alarms.value.count(AlarmState.OK) == 0 or app.alarms.problem
            assert "stale" in screen_text(pilot).splitlines()[1], "the strip is not shown as fine"
        embedded.clear_faults()
        await until(pilot, lambda: embedded.advance(20) or recovered(app, tail), limit=90)
        assert not app.bugs
        assert app.filter_hits == 0


def reported(app, tail, service):
    problems = {
        "cloudwatch": [app.alarms.problem],
        "logs": [tail.problem],
        "": [app.alarms.problem, tail.problem],
    }
    return all(problems[service])


def recovered(app, tail):
    return app.alarms.problem is None and app.view.problem is None and tail.problem is None
