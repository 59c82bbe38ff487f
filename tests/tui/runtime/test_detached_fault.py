import pytest

from services.background.detached import detached
from tests.tools.console import console, screen_text, until

pytestmark = pytest.mark.scenario("ordinary-day", history=600.0)


async def test_a_fault_outside_of_every_screen_is_reported(embedded):
    async with console(embedded.url, embedded.clock, notifications=True) as pilot:

        async def fail() -> None:
            pilot.app.report_bug(ValueError("unforeseen"))

        await detached(fail())
        assert len(pilot.app.bugs) == 1
        await until(pilot, lambda: "unforeseen" in screen_text(pilot))
