from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from tests.tui.terminal.cells.emulated import texts
from tui.terminal.cells.graphemes import cells, reach, width
from tui.terminal.cells.grid import CellGrid


@given(st.lists(st.tuples(st.integers(-3, 30), texts), max_size=30), st.integers(1, 25))
def test_no_half_is_ever_alone(puts, columns):
    grid = CellGrid(columns, 1)
    for x, text in puts:
        assert grid.put(x, 0, text, 1) == x + len(cells(text))
        (row,) = grid.texts
        assert len(row) == columns == len(grid.styles[0])
        for at, cell in enumerate(row):
            is_wide = width(cell) == 2
            assert is_wide == (row[at + 1 : at + 2] == [""]), row
            assert cell or width(row[at - 1]) == 2, row


@given(texts)
def test_text_takes_the_cells_that_textual_laid_out_for_it(text):
    assert len(cells(text)) == cell_len(text)
    assert all(width(each) in (1, 2) and reach(each) >= width(each) for each in cells(text) if each)


def test_marks_go_with_what_they_belong_to():
    grid = CellGrid(6, 1)
    grid.put(0, 0, "か", 1)
    grid.put(2, 0, "\u3099x", 2)
    assert grid.texts == [["か\u3099", "", "x", " ", " ", " "]]
    grid.put(2, 0, "\u3099x", 2)
    assert grid.texts[0][0] == "か\u3099", "painted again it is there once"


def test_what_scrolls_in_is_unknown():
    grid = CellGrid(2, 4)
    for y in range(4):
        grid.put(0, y, f"{y}{y}", y)
    grid.shift_rows(1, 3, 1)
    assert ["".join(row) for row in grid.texts] == ["00", "22", "33", "\0\0"]
    grid.shift_rows(0, 2, -2)
    assert ["".join(row) for row in grid.texts] == ["\0\0", "\0\0", "00", "\0\0"]
