import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tui.terminal.cells.emulated import Emulator
from tui.terminal.cells.encoder import Cursor
from tui.terminal.cells.styles import Rendition, Renditions

WIDTH, HEIGHT = 30, 12
columns, rows = st.integers(0, WIDTH - 1), st.integers(0, HEIGHT - 1)
colours = st.sampled_from(["", "31", "97", "38;5;200", "38;2;1;2;3"])
grounds = st.sampled_from(["", "44", "103", "48;5;9", "48;2;40;50;60"])
renditions = st.builds(
    Rendition, colours, grounds, st.integers(0, 127), st.sampled_from(["", "id=1;https://a.example"])
)


@pytest.mark.slow
@given(st.one_of(st.none(), columns), st.one_of(st.none(), rows), columns, rows)
def test_the_cursor_comes_where_it_should(x, y, to_x, to_y):
    terminal, cursor = Emulator(WIDTH, HEIGHT), Cursor()
    terminal.feed(f"\x1b[{(y or 0) + 1};{(x or 0) + 1}H")
    cursor.x, cursor.y = x, y
    way = cursor.move(to_x, to_y, HEIGHT)
    terminal.feed(way)
    assert (terminal.screen.cursor.x, terminal.screen.cursor.y) == (to_x, to_y)
    assert (cursor.x, cursor.y) == (to_x, to_y)
    assert len(way) <= len(f"\x1b[{to_y + 1};{to_x + 1}H")
    assert cursor.move(to_x, to_y, HEIGHT) == ""


@given(renditions, renditions)
def test_a_change_of_style_gives_that_style(old, new):
    stepwise, afresh = Emulator(4, 1), Emulator(4, 1)
    table = Renditions()
    stepwise.feed(f"\x1b[0;{old.codes or '0'}m" + table.change(old, new) + "x")
    afresh.feed(f"\x1b[0;{new.codes or '0'}mx")
    # pyte knows no dim and takes 22 for "not bold" alone, which is what is asked of it.
    assert stepwise.cells()[0][0] == afresh.cells()[0][0]
    if old.link == new.link:
        assert len(table.change(old, new)) <= len(f"\x1b[;{new.codes}m")
    assert (table.change(old, new) == "") == (old == new)


def test_a_link_is_opened_and_closed():
    table, plain = Renditions(), Rendition()
    linked = Rendition(link="id=1;https://a.example")
    assert table.change(plain, linked) == "\x1b]8;id=1;https://a.example\x1b\\"
    assert table.change(linked, plain) == "\x1b]8;;\x1b\\"


def test_a_ground_that_is_the_foreground_stays_exact():
    reversed_ = Rendition("38;2;112;114;118", "48;2;1;2;3", 1 | 64)
    assert reversed_.coarse == reversed_
    assert reversed_.blank.attributes == 1 | 64, "bold may brighten it"
    assert reversed_._replace(attributes=1).coarse.foreground == "38;5;243"


def test_the_table_says_when_it_has_grown_too_large():
    table = Renditions()
    for number in range(40_000):
        table.number(Rendition(f"38;2;{number >> 16};{number >> 8 & 255};{number & 255}"))
    assert table.are_many
    assert not Renditions().are_many
