from hypothesis import given
from hypothesis import strategies as st

from services.models.text import clean
from widgets.drawing.columns import Column, lay_out, widths
from widgets.drawing.format import crop
from widgets.drawing.lines import fit, plain, spread, width_of

SPANS = st.lists(
    st.tuples(st.text(alphabet="ab漢字ｶﾅ 界", max_size=8).map(clean), st.sampled_from(["", "bad"])),
    max_size=5,
)


@given(SPANS, st.integers(0, 30), st.sampled_from(["left", "right"]))
def test_fit_takes_exactly_its_cells(line, width, align):
    assert width_of(fit(line, width, align)) == width


@given(SPANS, SPANS, st.integers(0, 40))
def test_spread_takes_exactly_its_cells(left, right, width):
    assert width_of(spread(left, right, width)) == width


def test_spread_crops_the_left_end_and_keeps_the_right():
    assert plain([spread([("長い題名です", "title")], [("12%", "")], 10)]) == ["長い … 12%"]


COLUMNS = (
    Column("状態"),
    Column("名前", flex=2, min_width=8),
    Column("値", align="right", rank=1),
    Column("注記", flex=1, min_width=6, rank=2),
)


@given(st.lists(st.lists(SPANS, min_size=4, max_size=4), max_size=4), st.integers(1, 80))
def test_rows_never_exceed_the_table(rows, width):
    sizes = widths(COLUMNS, rows, width)
    for row in rows:
        assert width_of(lay_out(COLUMNS, row, sizes)) <= max(width, 8)


def test_columns_fill_the_width_and_drop_by_rank():
    row = [[("●", "")], [("a", "")], [("12,345,678", "")], [("x", "")]]
    wide = widths(COLUMNS, [row], 80)
    assert sum(wide) + 6 == 80
    assert widths(COLUMNS, [row], 30)[3] == 0
    assert widths(COLUMNS, [row], 16)[2:] == [0, 0]


def test_a_cut_at_an_ellipsis_is_not_marked_twice():
    for width in range(1, 12):
        assert "".join(text for text, _role in fit([("slots ar…(+45)", "")], width)).count("……") == 0
        assert crop("slots ar…(+45)", width).count("……") == 0
