import pytest

from services.models.intervals import Intervals
from tests.conftest import Embedded
from tests.tools.console import console, screen_text, settled, until
from tests.tools.painting import Asked, painting
from tests.tui.change_steps import change_mode, planned
from widgets.drawing.format import AGE_STEP
from widgets.drawing.ticker import ticker_of

pytestmark = pytest.mark.slow

AT_REST = Intervals.model_construct(alarms=36_000, metrics=36_000, logs=36_000)
"""Longer than the configuration allows."""
AGES = {"Clock", "PanelHead", "AlarmStrip", "KeyedTable", "Block"}
"""What may move with time alone; a table's and a block's durations do so once a minute."""
COUNTS = {"HeaderLine", "LogBar"}  # Rows that say how often AWS was asked: whole when that changed


@pytest.fixture(autouse=True)
def no_ticks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("widgets.drawing.ticker.Ticker._wait", lambda _beat: None)


async def minute(pilot, embedded: Embedded) -> list[Asked]:  # type: ignore[no-untyped-def]  # a pilot of any app
    """What is asked to be painted while the clock goes from one full minute to the next."""
    with painting() as asked:
        for second in range(1, 61):
            embedded.clock.advance(1)
            ticker_of(pilot.app).now(second)
            await pilot.pause()
    return asked


@pytest.mark.slow
async def test_an_idle_minute_paints_the_clock_and_ages_alone(embedded):
    async with console(embedded.url, embedded.clock, size=(160, 48), intervals=AT_REST) as pilot:
        for key in "12346":
            await pilot.press(key)
            await settled(pilot)
            asked = await minute(pilot, embedded)
            assert {each.kind for each in asked} <= AGES | COUNTS, key
            assert all(each.regions or each.kind in COUNTS for each in asked), f"{key}: a whole widget"
            clock = [each.cells for each in asked if each.kind == "Clock"]
            assert len(clock) == 60
            assert sum(clock) < 70, "one digit a second, two every tenth, some more on the minute"
            assert sum(each.cells for each in asked) < 1500
        await pilot.press("1")
        # It was covered for four minutes after one of its own, and catches up without a beat.
        await until(pilot, lambda: "5m ago" in screen_text(pilot))


@pytest.mark.slow
async def test_the_ages_of_all_panels_are_painted_in_the_same_seconds(embedded):
    # Each jump between the clock and another row costs the line some forty bytes; every tenth second suffices.
    async with console(embedded.url, embedded.clock, size=(160, 48), intervals=AT_REST) as pilot:
        await settled(pilot)
        heads: list[int] = []
        for second in range(1, 31):
            embedded.clock.advance(1)
            with painting() as asked:
                ticker_of(pilot.app).now(second)
                await pilot.pause()
            heads += [second for each in asked if each.kind == "PanelHead"]
        assert heads == [second for second in range(AGE_STEP, 31, AGE_STEP) for _panel in range(2)]


async def test_a_read_that_brings_nothing_new_paints_no_panel(embedded):
    async with console(embedded.url, embedded.clock, size=(160, 48), intervals=AT_REST) as pilot:
        await settled(pilot)
        alarms, view = pilot.app.alarms, pilot.app.view
        with painting() as asked:
            pilot.app.action_refresh_feeds()
            await until(pilot, lambda: pilot.app.alarms is not alarms and pilot.app.view is not view)
            await pilot.pause()
        assert {each.kind for each in asked} <= {"Clock", "PanelHead"} | COUNTS


@pytest.mark.usefixtures("at_once")
async def test_a_plan_that_stays_as_it_is_paints_nothing_but_ages(embedded, monkeypatch):
    # It is made again only while somebody types.
    monkeypatch.setattr("tui.screens.changes.plan.is_due", lambda *_plan, **_how: False)
    async with change_mode(embedded, size=(160, 48), intervals=AT_REST) as pilot:
        await planned(pilot)
        await settled(pilot)
        asked = await minute(pilot, embedded)
        # The dialog's own screen paints what moves beneath it: the clock and the ages.
        assert {each.kind for each in asked} <= {"Block", "_Status", "PlanScreen"}
        assert all(each.regions for each in asked)
