import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from textual.app import ComposeResult
from textual.geometry import Region

from tests.tools.painted import painted
from tests.tools.painting import painting
from tests.widgets.stage import Stage, at_rest, running
from widgets.drawing.columns import Column
from widgets.drawing.table import KeyedTable, Row


class TableApp(Stage):
    keeps = (KeyedTable.Selected, KeyedTable.Gone)

    def compose(self) -> ComposeResult:
        yield KeyedTable((Column("名前", flex=1), Column("値", align="right")))


def rows(keys: list[str], value: str = "1") -> list[Row]:
    return [
        Row(key, ([(f"行 {key}", "")], [(value, "")])) if not key.startswith("#") else Row(key, ([(key, "head")],), heading=True)
        for key in keys
    ]  # fmt: skip


def texts(table: KeyedTable) -> list[str]:
    return [table.render_line(y).text for y in range(table.size.height)]


async def scenario(steps: list[tuple[list[str], str]]) -> None:
    async with running(TableApp(), (40, 8)) as (app, pilot):
        messages = app.seen
        table = app.query_one(KeyedTable)
        for keys, press in steps:
            before = table.cursor_key
            messages.clear()
            table.set_rows(rows(keys))
            await pilot.pause()
            if before is not None:
                assert table.cursor_key == (before if before in keys else None)
                lost_keys = [each.key for each in messages if isinstance(each, KeyedTable.Gone)]
                assert lost_keys == ([] if before in keys else [before])
            lines = texts(table)
            cursor = [line for line in lines if line[0] in "▌▏"]
            assert len(cursor) == (table.cursor_key is not None)
            at = table.cursor_key
            await pilot.press(press)
            open_keys = [each.key for each in messages if isinstance(each, KeyedTable.Selected)]
            assert open_keys == ([at] if press == "enter" and at is not None else [])
            if press != "enter" and any(not key.startswith("#") for key in keys):
                assert table.cursor_key in keys
                assert not str(table.cursor_key).startswith("#")


KEYS = st.lists(st.sampled_from(["a", "b", "c", "d", "e", "f", "g", "h", "i", "#x"]), unique=True)
PRESS = st.sampled_from(["up", "down", "home", "end", "pageup", "pagedown", "enter"])


@pytest.mark.slow
@settings(max_examples=8 if settings.default.derandomize else 40)
@given(st.lists(st.tuples(KEYS, PRESS), min_size=1, max_size=8))
def test_the_cursor_stays_on_its_object_or_on_nothing(steps):
    asyncio.run(scenario(steps))


async def test_only_rows_that_changed_are_painted():
    async with running(TableApp(), (40, 10), KeyedTable) as (_app, pilot, table):
        table.set_rows(rows(list("abcd")))
        await pilot.pause()
        texts(table)
        strips = dict(table._strips)
        regions = []
        table.refresh = lambda *areas, **_more: regions.extend(areas)  # type: ignore[method-assign,assignment]  # a spy
        after = rows(list("abcd"))
        after[2] = rows(["c"], "2")[0]
        table.set_rows(after)
        assert {region.y for region in regions} == {3}
        texts(table)
        assert [key for key in "abcd" if table._strips[key] is not strips[key]] == ["c"]


async def test_a_row_that_moves_out_of_sight_is_followed():
    async with running(TableApp(), (40, 6), KeyedTable) as (_app, pilot, table):
        table.set_rows(rows(list("abcdefghijkl")))
        await pilot.pause()
        table.set_rows(rows(list("bcdefghijkla")))
        await pilot.pause()
        assert table.cursor_key == "a"
        assert any("行 a" in line and line[0] == "▌" for line in texts(table))


async def test_the_cursor_stays_on_a_screen_that_becomes_lower():
    async with running(TableApp(), (40, 12), KeyedTable) as (_app, pilot, table):
        table.focus()
        table.set_rows(rows([f"{number:02}" for number in range(40)]))
        await pilot.press("pagedown", "pagedown")
        for height in (5, 3, 20, 4):
            await pilot.resize_terminal(40, height)
            await pilot.pause()
            assert any(line[0] == "▌" for line in texts(table)), "a key acts on nothing that cannot be seen"
        table.scroll_to(y=0, animate=False)
        await pilot.pause()
        await pilot.resize_terminal(40, 8)
        await pilot.pause()
        assert "行 00" in texts(table)[1], "whoever has scrolled away stays there"


async def test_a_click_goes_to_what_was_painted_there_and_a_second_opens_it():
    async with running(TableApp(), (40, 10), KeyedTable) as (app, pilot, table):
        table.set_rows(rows(list("abc")))
        await pilot.pause()
        await pilot.click(KeyedTable, offset=(5, 3))
        assert table.cursor_key == "c"
        await pilot.click(KeyedTable, offset=(5, 3))
        assert [each.key for each in app.seen if isinstance(each, KeyedTable.Selected)] == ["c"]


async def test_wide_characters_never_push_a_column_out():
    async with running(TableApp(), (24, 10), KeyedTable) as (_app, pilot, table):
        table.set_rows([Row("a", ([("とても長い日本語の名前です", "")], [("12%", "")]))])
        await pilot.pause()
        line = table.render_line(1)
        assert line.cell_length == 24
        assert line.text.endswith("…  12%") or line.text.endswith("… 12%")


async def test_columns_leave_room_for_the_scroll_bar():
    async with running(TableApp(), (24, 5), KeyedTable) as (_app, pilot, table):
        table.set_rows(rows([str(index) for index in range(30)]))
        await at_rest(pilot)
        assert table.render_line(1).cell_length == 23


def plain(**values: str) -> list[Row]:
    return [Row(key, ([(f"row {key}", "")], [(value, "")])) for key, value in values.items()]


async def test_only_the_cells_that_changed_are_painted():
    async with running(TableApp(), (40, 8), KeyedTable) as (_app, pilot, table):
        table.set_rows(plain(a="10", b="10", c="10"))
        await pilot.pause()
        with painting() as requests:
            table.set_rows(plain(a="10", b="10", c="10"))
            assert requests == [], "the same rows are painted already"
            table.set_rows(plain(a="10", b="12", c="10"))
        assert [each.regions for each in requests] == [(Region(39, 2, 1, 1),)]
        await pilot.pause()
        with painting() as requests:
            table.set_rows(plain(b="12", a="10"))
        assert {region.y for each in requests for region in each.regions} == {1, 2, 3}
        await pilot.pause()
        assert [line.split() for line in texts(table)[1:4]] == [
            ["row", "b", "12"],
            ["▌", "row", "a", "10"],
            [],
        ]


async def test_rows_that_come_to_fit_exactly_leave_no_scroll_bar():
    async with running(TableApp(), (40, 8), KeyedTable) as (_app, pilot, table):
        table.set_rows(rows([str(number) for number in range(50)]))
        await painted(pilot)
        assert table.show_vertical_scrollbar
        table.set_rows(rows([str(number) for number in range(7)]))
        await painted(pilot)
        assert not table.show_vertical_scrollbar
        assert table.room == 40 - 2, "the columns have its cell"
