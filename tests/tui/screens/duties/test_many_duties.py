from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from services.duties.service import Duties
from services.models.runbook import Duty, Runbook
from services.runbook.loader import load_builtin
from tests.tools.console import console, screen_text, until
from widgets.duties import agenda, list, month
from widgets.duties.row_source import MEASURED

NINE = datetime(2026, 1, 14, 0, 2, tzinfo=UTC)
pytestmark = pytest.mark.scenario("ordinary-day", history=600.0, origin=NINE)
WINDOW = 40  # Rows of the screen


def book(more: int) -> Runbook:
    """The usual runbook with further daily, weekly and monthly duties."""
    rules = ("FREQ=DAILY", "FREQ=WEEKLY;BYDAY=MO,TH", "FREQ=MONTHLY;BYMONTHDAY=15")
    whole = load_builtin("facility-prod")
    duties = (
        Duty(id=f"more-{number}", title=f"追加の作業 {number}", rule=rules[number % 3], at=("10:00",))
        for number in range(more)
    )
    return whole.model_copy(update={"duties": (*whole.duties, *duties)})


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    counts: Counter[str] = Counter()

    def counted(owner: Any, name: str) -> None:
        work: Callable[..., object] = getattr(owner, name)
        what = f"{owner.__name__.rpartition('.')[2]}.{name}"

        def counting(*args: object, **more: object) -> object:
            counts[what] += 1
            return work(*args, **more)

        monkeypatch.setattr(owner, name, counting)

    for owner, name in (
        (agenda.AgendaView, "fill"), (agenda, "duty_row"), (month, "draw_month"), (list, "duty_row"),
        (list.DutyList, "fill"), (Duties, "month"),
    ):  # fmt: skip
        counted(owner, name)
    return counts


@pytest.mark.slow
@pytest.mark.parametrize("more", [0, 500])
async def test_a_month_key_makes_the_rows_once(embedded, calls, more):
    async with console(embedded.url, embedded.clock, mode="inspect", runbook=book(more)) as pilot:
        await until(pilot, lambda: pilot.app.duties and pilot.app.screen.list.selected)
        screen, duties = pilot.app.screen, pilot.app.ready.duties
        assert calls["list.duty_row"] <= calls["DutyList.fill"] * (MEASURED + WINDOW)
        await until(pilot, lambda: not duties.is_reading)
        # The first key lays the screen out for the month's list.
        await pilot.press("right_square_bracket")
        await pilot.pause()
        for _key in range(3):
            # The records of the next month are read ahead.
            await until(pilot, lambda: not duties.is_reading)
            calls.clear()
            await pilot.press("right_square_bracket")
            await pilot.pause()
            assert screen.grid.month == screen.agenda.month
            assert (calls["Agenda.fill"], calls["month.draw_month"]) == (1, 1)
            # Again where the journal had to be asked for the month's records.
            assert calls["Duties.month"] <= 2
            assert calls["agenda.duty_row"] <= MEASURED + 2 * WINDOW
            assert screen.agenda.table.row_count >= sum(len(day.occurrences) for day in screen.grid.month)
        calls.clear()
        await pilot.press("down")
        await pilot.pause()
        assert (calls["Agenda.fill"], calls["Duties.month"]) == (0, 0)


async def test_a_minute_renews_the_rows_on_screen(embedded, calls):
    async with console(embedded.url, embedded.clock, mode="inspect", runbook=book(900)) as pilot:
        await until(pilot, lambda: pilot.app.duties and pilot.app.screen.list.selected)
        duties = pilot.app.screen.list
        # Many more are due today than fit on the screen.
        assert duties.table.row_count > MEASURED + 2 * WINDOW
        calls.clear()
        duties.fill()
        await pilot.pause()
        assert calls["list.duty_row"] <= calls["DutyList.fill"] * (MEASURED + 2 * WINDOW)


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_the_cursor_stays_on_screen_in_a_long_list(embedded, size):
    async with console(embedded.url, embedded.clock, mode="inspect", runbook=book(300), size=size) as pilot:
        await until(pilot, lambda: pilot.app.duties and pilot.app.screen.list.selected)
        screen = pilot.app.screen
        table = screen.list.table
        for key in ("end", "home", "pagedown", "pagedown", "down"):
            await pilot.press(key)
            await pilot.pause()
            line = table._place + 1 - table.scroll_offset.y
            assert 0 < line < table.size.height, key
            assert table.region.bottom <= screen.detail.region.y, "the list ends above the detail"
            assert screen.list.selected.slot.title in screen_text(pilot)
