from collections.abc import Iterator
from datetime import UTC, timedelta

import pytest
from textual.app import ComposeResult
from textual.geometry import Region

from services import i18n
from services.models.duties import DutyView
from tests.widgets import duty_data
from tests.widgets.duty_data import JST, NOW, State
from tests.widgets.stage import Stage, at_rest, draw, running
from widgets.duties.list import DutyList


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    i18n.use("en")
    yield
    i18n.use("en")


class ListApp(Stage):
    keeps = (DutyList.Opened, DutyList.Selected)

    def __init__(self, view: DutyView | None = duty_data.VIEW) -> None:
        super().__init__()
        self.now, self.view = NOW, view

    def compose(self) -> ComposeResult:
        self.duties = DutyList(lambda: self.now, JST)
        yield self.duties

    def on_mount(self) -> None:
        self.duties.view = self.view
        self.duties.focus()


def lines(app: ListApp) -> list[str]:
    table = app.duties.table
    return [table.render_line(y).text.rstrip() for y in range(table.size.height)]


def spied(app: ListApp) -> list[Region]:
    regions: list[Region] = []
    for widget in (app.duties, app.duties.table):
        widget.refresh = lambda *areas, **_more: regions.extend(areas or [Region()])  # type: ignore[method-assign,assignment,misc]  # a spy
    return regions


async def test_sections_and_every_state():
    async with running(ListApp(), (120, 20)) as (app, pilot):
        await pilot.pause()
        rows = lines(app)
        headings = [line for line in rows if line.startswith("╌╌")]
        assert headings == ["╌╌ Left over from earlier days", "╌╌ Today 01-14(Wed)", "╌╌ Within the month"]
        body = "\n".join(rows)
        assert "JST" in rows[0]
        for words in ("late      1d 5h over", "missed    since 01-13(Tue) 20:00", "due       late in 18m", "done      09:04", "upcoming  in 2h 18m", "from 01-12(Mon)", "by 01-30(Fri)"):  # fmt: skip
            assert words in body
        assert [each.slot.key for each in [app.duties.selected] if each] == [duty_data.VIEW.carried[0].key]


async def test_the_next_one_has_a_section_where_it_is_not_today_s():
    async with running(ListApp(duty_data.QUIET), (100, 12)) as (app, pilot):
        await pilot.pause()
        body = "\n".join(lines(app))
        assert "╌╌ Today 01-18(Sun)  日曜日 (closed)" in body
        assert "╌╌ Next duty" in body
        await draw(pilot, app.duties, view=None)
        assert "Reading…" in lines(app)[1]
        assert app.duties.selected is None


async def test_the_cursor_stays_on_its_occurrence_and_its_new_state_is_told():
    async with running(ListApp(), (100, 20)) as (app, pilot):
        await pilot.pause()
        due = next(each for each in duty_data.VIEW.today.occurrences if each.state is State.DUE)
        assert app.duties.select(due.key)
        await pilot.pause()
        app.seen.clear()
        done = duty_data.done(due.slot)
        today = duty_data.VIEW.today.model_copy(
            update={"occurrences": tuple(done if each == due else each for each in duty_data.VIEW.today.occurrences)}
        )  # fmt: skip
        await draw(pilot, app.duties, view=duty_data.VIEW.model_copy(update={"carried": (), "today": today}))
        assert app.duties.selected == done
        assert [each.occurrence for each in app.seen] == [done]  # type: ignore[attr-defined]
        assert next(line for line in lines(app) if line.startswith("▌")).startswith("▌ ✓")
        await pilot.press("enter")
        assert isinstance(app.seen[-1], DutyList.Opened)
        assert app.seen[-1].occurrence == done
        await draw(pilot, app.duties, view=duty_data.QUIET)
        assert app.duties.selected is None
        assert app.seen[-1].occurrence is None  # type: ignore[attr-defined]


async def test_an_unchanged_view_and_a_passing_second_repaint_nothing_a_minute_only_its_rows():
    async with running(ListApp(), (120, 20)) as (app, pilot):
        await at_rest(pilot)
        regions = spied(app)
        app.duties.view = duty_data.VIEW.model_copy(update={"at": NOW + timedelta(seconds=3)})
        app.now = NOW + timedelta(seconds=59)
        app.duties._tick()
        await pilot.pause()
        assert regions == []
        app.now = NOW + timedelta(seconds=60)
        app.duties._tick()
        assert {region.y for region in regions} == {6, 7, 8, 9}


@pytest.mark.parametrize("language", ["en", "ja"])
async def test_nothing_is_wider_than_the_list_and_hostile_text_stays_text(language):
    i18n.use(language)
    word = duty_data.signed(
        duty_data.slot("x", "x", duty_data.TODAY, 9), by=duty_data.HOSTILE, note=duty_data.HOSTILE
    )
    hostile = duty_data.occurrence(
        duty_data.slot("h", duty_data.HOSTILE, duty_data.TODAY, 9), State.DONE, signed=word
    )
    today = duty_data.VIEW.today.model_copy(update={"closed_name": duty_data.HOSTILE, "is_open": False, "occurrences": (hostile,)})  # fmt: skip
    app = ListApp(duty_data.VIEW.model_copy(update={"today": duty_data.Day(**dict(today))}))
    async with app.run_test(size=(38, 16)) as pilot:
        for width in (38, 59, 60, 80, 120, 200):
            await pilot.resize_terminal(width, 16)
            await pilot.pause()
            table = app.duties.table
            strips = [table.render_line(y) for y in range(table.size.height)]
            assert {strip.cell_length for strip in strips} <= {width, width - 1}
            text = "".join(strip.text for strip in strips)
            assert not any(ord(character) < 32 or character in "\x7f\x9b\u202e" for character in text)


async def test_times_in_another_zone():
    async with running(ListApp(), (100, 20)) as (app, pilot):
        await pilot.pause()
        await draw(pilot, app.duties, zone=UTC)
        body = "\n".join(lines(app))
        assert "UTC" in lines(app)[0]
        assert "01-13(Tue) 08:00" in body
        assert "17:00" not in body
