from collections.abc import Iterator
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.app import ComposeResult

from services import i18n
from services.models.duties import Month
from tests.widgets import duty_data
from tests.widgets.duty_data import JST, MONTH, TODAY, State
from tests.widgets.stage import Stage, draw, press, running
from widgets.drawing.lines import plain, width_of
from widgets.duties.month import MonthGrid, draw_month, weeks_of


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    i18n.use("en")
    yield
    i18n.use("en")


def month_rows(width: int, height: int, *, month: Month = MONTH, day: date = TODAY) -> list[str]:
    lines, _paper = draw_month(month, day, TODAY, JST, width, height, focused=True)
    return plain(lines)


@given(st.dates(date(2000, 1, 1), date(2050, 12, 31)))
def test_every_day_once_sunday_first(day):
    weeks = weeks_of(day.year, day.month)
    days = [each for week in weeks for each in week if each is not None]
    assert [each.day for each in days] == list(range(1, len(days) + 1))
    assert all(
        week[column].isoweekday() % 7 == column for week in weeks for column in range(7) if week[column]
    )  # type: ignore[union-attr]


@given(
    st.integers(10, 220),
    st.integers(1, 64),
    st.sampled_from(["en", "ja"]),
    st.dates(date(2026, 1, 1), date(2026, 1, 31)),
)
def test_no_size_overflows(width, height, language, day):
    i18n.use(language)
    lines, paper = draw_month(MONTH, day, TODAY, JST, width, height, focused=False)
    assert len(lines) <= max(height, 5)
    assert max(width_of(line) for line in lines) <= max(width, 14)
    cells = {width_of(line) for line in lines[paper.top : paper.top + paper.rows * len(paper.weeks)]}
    assert cells == {paper.cell * 7}


def test_two_rows_a_week_show_state_today_and_closed_days_without_colour():
    lines = month_rows(42, 14)
    assert lines[0].startswith("Jan 2026")
    assert lines[0].endswith("! late 2  × missed 1  □ due 1")
    assert lines[1].split() == ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
    assert lines[6].split("╱╱╱")[0:2] == [" 11", " 12"]
    assert "▌14◂" in lines[6]
    assert "▌✓!○" in lines[7]
    assert "!×✓4" in lines[7]
    assert lines[12].startswith("01-14(Wed)  !1 ○1 ✓1")


def test_seven_duties_fit_the_narrowest_cell():
    seven = tuple(duty_data.done(duty_data.slot(f"d{n}", "x", TODAY, 9)) for n in range(7))
    days = tuple(
        each.model_copy(update={"occurrences": seven if each.day == TODAY else ()}) for each in MONTH.days
    )
    assert "✓7" in month_rows(28, 14, month=MONTH.model_copy(update={"days": days}))[7]


def test_one_row_a_week_still_shows_the_state():
    lines = month_rows(44, 5)
    assert len(lines) == 5
    assert "▌14◂!+" in lines[2]


def test_names_where_there_is_room():
    wide = "\n".join(month_rows(200, 56))
    for words in ("元日", "成人の日", "14 today", "! 14:00 CloudWatch Alarms", "□ DR訓練", "─────", "│ 5"):
        assert words in wide
    assert "+6 ······" in "\n".join(month_rows(140, 40))
    assert "▌14 today" in "\n".join(month_rows(80, 20))
    assert "成人の日 (closed)" in month_rows(42, 14, day=date(2026, 1, 12))[12]
    assert "土曜日" not in "\n".join(month_rows(200, 56)[:-2])


def test_the_legend_names_every_mark_where_there_is_room():
    body = "\n".join(month_rows(120, 30)[-2:])
    for words in (
        "! late",
        "× missed",
        "□ due",
        "○ upcoming",
        "✓ done",
        "– skipped",
        "◇ not planned",
        "○ planned",
        "· no record",
        "╱ closed",
    ):
        assert words in body


class MonthApp(Stage):
    keeps = (MonthGrid.Moved, MonthGrid.Left, MonthGrid.Chosen)

    def compose(self) -> ComposeResult:
        self.grid = MonthGrid(JST)
        yield self.grid

    def on_mount(self) -> None:
        self.grid.today, self.grid.day, self.grid.month = TODAY, TODAY, MONTH
        self.grid.focus()


@pytest.mark.parametrize(
    ("keys", "day", "kind"),
    [
        ("right", date(2026, 1, 15), MonthGrid.Moved),
        ("up", date(2026, 1, 7), MonthGrid.Moved),
        ("home", date(2026, 1, 1), MonthGrid.Moved),
        ("end", date(2026, 1, 31), MonthGrid.Moved),
        ("end right", date(2026, 2, 1), MonthGrid.Left),
        ("home left", date(2025, 12, 31), MonthGrid.Left),
        ("end pagedown", date(2026, 2, 28), MonthGrid.Left),
        ("pageup", date(2025, 12, 14), MonthGrid.Left),
        ("left_curly_bracket", date(2025, 1, 14), MonthGrid.Left),
        ("right_curly_bracket", date(2027, 1, 14), MonthGrid.Left),
        ("enter", TODAY, MonthGrid.Chosen),
    ],
)
async def test_keys(keys, day, kind):
    async with running(MonthApp(), (80, 20)) as (app, pilot):
        await press(pilot, *keys.split())
        assert app.grid.day == day
        assert isinstance(app.seen[-1], kind)
        assert app.seen[-1].day == day


async def test_keys_pressed_faster_than_months_arrive_go_on():
    async with running(MonthApp(), (80, 20)) as (app, pilot):
        await press(pilot, *["down"] * 5)
        assert [each.day.isoformat() for each in app.seen][2:] == ["2026-02-04", "2026-02-11", "2026-02-18"]
        assert [type(each) for each in app.seen[2:]] == [MonthGrid.Left] * 3
        await draw(pilot, app.grid, month=duty_data.empty_month(2026, 2))
        assert any("▌18" in app.grid.render_line(y).text for y in range(20))


async def test_the_end_of_time_is_the_end():
    async with running(MonthApp(), (80, 20)) as (app, pilot):
        for last, keys in ((date.max, ("down", "pagedown", "right")), (date.min, ("up", "pageup", "left"))):
            app.grid.day = last
            await pilot.press(*keys)
            assert app.grid.day == last


@pytest.mark.parametrize("size", [(44, 14), (80, 20), (200, 56)])
async def test_a_click_goes_to_the_day_painted_there_and_a_second_opens_it(size):
    async with running(MonthApp(), size) as (app, pilot):
        await pilot.pause()
        await pilot.click(MonthGrid, offset=(size[0] // 7 * 4 + 2, _row(app, 22)))
        assert app.grid.day == date(2026, 1, 22)
        await pilot.click(MonthGrid, offset=(size[0] // 7 * 4 + 2, _row(app, 22)))
        await pilot.click(MonthGrid, offset=(1, 0))
        assert [(type(each), each.day) for each in app.seen] == [
            (MonthGrid.Moved, date(2026, 1, 22)),
            (MonthGrid.Chosen, date(2026, 1, 22)),
        ]


def _row(app: MonthApp, number: int) -> int:
    return next(y for y in range(2, app.size.height) if str(number) in app.grid.render_line(y).text)


async def test_only_what_changed_is_painted():
    async with running(MonthApp(), (80, 20)) as (app, pilot):
        await pilot.pause()
        regions: list[object] = []
        app.grid.refresh = lambda *areas, **_more: regions.extend(areas or ["all"])  # type: ignore[method-assign,assignment]  # a spy
        app.grid.month = MONTH.model_copy()
        app.grid.today = TODAY
        assert regions == []
        late = MONTH.days[13].occurrences[1]
        days = list(MONTH.days)
        days[13] = days[13].model_copy(
            update={"occurrences": tuple(duty_data.done(late.slot) if each == late else each for each in days[13].occurrences)}
        )  # fmt: skip
        app.grid.month = MONTH.model_copy(update={"days": tuple(days)})
        assert len(regions) == 3  # counts above, the week's marks, the day's line below
        assert late.state is State.LATE


async def test_a_month_not_yet_read_says_so():
    async with running(MonthApp(), (80, 20)) as (app, pilot):
        await draw(pilot, app.grid, month=None)
        assert "Reading…" in app.grid.render_line(0).text
        await pilot.click(MonthGrid, offset=(5, 5))
        assert app.grid.day == TODAY
