from collections.abc import Iterator
from datetime import UTC, date

import pytest
from textual.app import ComposeResult

from services import i18n
from services.models.duties import Month
from tests.widgets import duty_data
from tests.widgets.duty_data import JST, MONTH, TODAY, State
from tests.widgets.stage import Stage, at_rest, draw, press, running
from widgets.duties.agenda import AgendaView


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    i18n.use("en")
    yield
    i18n.use("en")


class AgendaApp(Stage):
    keeps = (AgendaView.Opened, AgendaView.Selected, AgendaView.Moved)

    def compose(self) -> ComposeResult:
        self.agenda = AgendaView(JST)
        yield self.agenda

    def on_mount(self) -> None:
        self.agenda.today, self.agenda.month, self.agenda.day = TODAY, MONTH, TODAY
        self.agenda.focus()


def lines(app: AgendaApp) -> list[str]:
    table = app.agenda.table
    return [table.render_line(y).text.rstrip() for y in range(table.size.height)]


def whole(app: AgendaApp) -> str:
    return "\n".join(
        "  ".join(text for cell in row.cells for text, _role in cell) for row in app.agenda.table.rows
    )


async def test_days_with_their_duties_and_where_those_come_from():
    async with running(AgendaApp(), (110, 20)) as (app, pilot):
        await pilot.pause()
        body = whole(app)
        for words in ("01-01(Thu)–01-03(Sat)", "元日, 年末年始の休日 (closed)", "01-04(Sun)", "from 01-12(Mon)", "from 01-01(Thu)", "by 01-30(Fri)", "skipped", "since 14:30"):  # fmt: skip
            assert words in body
        assert lines(app)[1].startswith("▸ 01-14(Wed) today◂  !1 ○1 ✓1")
        assert next(line for line in lines(app) if line.startswith("▌")).startswith("▌ !  14:00")
        late = app.agenda.selected
        assert (late.state, late.slot.day) == (State.LATE, TODAY)


async def test_setting_the_day_leads_there_and_a_day_without_duties_has_nothing_selected():
    async with running(AgendaApp(), (100, 14)) as (app, pilot):
        await pilot.pause()
        await draw(pilot, app.agenda, day=date(2026, 1, 29))
        assert app.agenda.selected == MONTH.days[28].occurrences[0]
        assert any(line.startswith("▸ 01-29(Thu)") for line in lines(app))
        app.seen.clear()
        await draw(pilot, app.agenda, day=date(2026, 1, 2))
        assert app.agenda.selected is None
        assert lines(app)[1].startswith("▸ 01-01(Thu)–01-03(Sat)")
        assert not any(line[:1] in ("▌", "▏") for line in lines(app))
        assert [type(each) for each in app.seen] == [AgendaView.Selected]
        await press(pilot, "enter")
        assert [type(each) for each in app.seen] == [AgendaView.Selected]


async def test_the_cursor_takes_the_day_along():
    async with running(AgendaApp(), (100, 20)) as (app, pilot):
        await pilot.pause()
        app.seen.clear()
        await press(pilot, "down", "down")
        assert app.agenda.day == date(2026, 1, 15)
        assert app.agenda.selected == MONTH.days[14].occurrences[0]
        assert [each.day for each in app.seen if isinstance(each, AgendaView.Moved)] == [date(2026, 1, 15)]
        app.agenda.day = date(2026, 1, 3)
        await press(pilot, "down")
        assert app.agenda.day == date(2026, 1, 4)
        await press(pilot, "enter")
        assert isinstance(app.seen[-1], AgendaView.Opened)
        assert app.seen[-1].occurrence == MONTH.days[3].occurrences[0]


async def test_another_state_keeps_cursor_and_place_another_month_begins_at_its_day():
    async with running(AgendaApp(), (100, 12)) as (app, pilot):
        await pilot.pause()
        late = app.agenda.selected
        top = app.agenda.table.scroll_offset.y
        done = duty_data.done(late.slot)
        days = list(MONTH.days)
        days[13] = days[13].model_copy(
            update={"occurrences": tuple(done if each == late else each for each in days[13].occurrences)}
        )
        await draw(pilot, app.agenda, month=MONTH.model_copy(update={"days": tuple(days)}))
        assert app.agenda.selected == done
        assert app.agenda.table.scroll_offset.y == top
        await draw(pilot, app.agenda, month=duty_data.empty_month(2026, 2), day=date(2026, 2, 20))
        assert app.agenda.selected is None
        assert app.agenda.day == date(2026, 2, 20)
        assert lines(app)[1].startswith("▸ 02-01(Sun)–02-28(Sat)")
        await draw(pilot, app.agenda, day=TODAY, month=MONTH)
        assert app.agenda.selected == late


async def test_an_unchanged_month_repaints_nothing():
    async with running(AgendaApp(), (100, 14)) as (app, pilot):
        await at_rest(pilot)
        regions: list[object] = []
        for widget in (app.agenda, app.agenda.table):
            widget.refresh = lambda *areas, **_more: regions.extend(areas or ["all"])  # type: ignore[method-assign,assignment,misc]  # a spy
        await draw(pilot, app.agenda, month=Month(year=2026, month=1, days=MONTH.days), day=TODAY)
        assert regions == []


@pytest.mark.parametrize("language", ["en", "ja"])
async def test_nothing_is_wider_than_the_agenda_and_hostile_text_stays_text(language):
    i18n.use(language)
    async with running(AgendaApp(), (38, 90)) as (app, pilot):
        for width in (38, 60, 120, 200):
            await pilot.resize_terminal(width, 90)
            await pilot.pause()
            await draw(pilot, app.agenda, day=date(2026, 1, 21))
            table = app.agenda.table
            strips = [table.render_line(y) for y in range(table.size.height)]
            assert {strip.cell_length for strip in strips} <= {width, width - 1}
            text = "".join(strip.text for strip in strips)
            assert not any(ord(character) < 32 or character in "\x7f\x9b\u202e" for character in text)
            assert "[/e" in text


async def test_times_in_another_zone_name_their_day():
    async with running(AgendaApp(), (100, 14)) as (app, pilot):
        await pilot.pause()
        await draw(pilot, app.agenda, zone=UTC)
        assert "UTC" in lines(app)[0]
        assert "01-17(Sat) 17:00" in whole(app)
