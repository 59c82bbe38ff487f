from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.models.units import BYTES_PER_SECOND, PERCENT
from services.models.verdict import Verdict
from tests.conftest import assert_in
from widgets.charts.chart import Plot, draw_chart
from widgets.charts.data import ChartData, Curve
from widgets.charts.end_names import spread_rows
from widgets.charts.legend import role_of
from widgets.drawing.lines import plain, width_of

JST = ZoneInfo("Asia/Tokyo")
TIMES = tuple(range(0, 3600, 60))


def curve(label: str, value: float, **more: object) -> Curve:
    return Curve(label, TIMES, (value,) * 60, 60, PERCENT, **more)  # type: ignore[arg-type]


def chart(*curves: Curve, end: int = 3600) -> ChartData:
    return ChartData(curves=curves, start=0, end=end)


@given(
    st.integers(1, 30).flatmap(
        lambda rows: st.tuples(st.just(rows), st.lists(st.integers(0, rows - 1), max_size=rows))
    )
)
def test_each_name_has_a_row_of_its_own_in_the_order_of_the_ends(case):
    rows, wanted = case
    placed = spread_rows(sorted(wanted), rows)
    assert all(0 <= row < rows for row in placed)
    assert placed == sorted(set(placed))


def test_a_name_stands_at_the_end_of_its_line_in_its_colour():
    curves = (curve("CPU 平均", 20.0), curve("メモリ", 60.0))
    lines = draw_chart(chart(*curves), 60, 12, JST)
    rows = plain(lines)
    high, low = (next(y for y, row in enumerate(rows) if name in row) for name in ("メモリ", "CPU 平均"))
    assert high < low
    assert "60%" in rows[high]
    for index, one in enumerate(curves):
        assert any(text == one.label and role == role_of(index, one) for line in lines for text, role in line)
    assert all(width_of(line) == 60 for line in lines[:-1])
    drawn = rows[low].split("CPU")[0].rstrip()
    assert "\u2800" <= drawn[-1] <= "\u28ff", "the line leads to its name"


def test_what_is_not_normal_has_its_mark():
    rows = plain(draw_chart(chart(curve("CPU", 95.0, verdict=Verdict.ABNORMAL)), 60, 12, JST))
    assert any("CPU 95% ◆" in row for row in rows)


def test_an_old_value_is_not_the_newest():
    rows = plain(draw_chart(chart(curve("CPU", 95.0), end=3600 + 1200), 60, 12, JST))
    assert any("CPU —" in row for row in rows)


@pytest.mark.parametrize("width", [36, 38, 44, 58, 80])
def test_names_are_never_cut_until_they_are_equal(width):
    curves = [
        curve("RDS 受信", 20.0),
        curve("RDS 送信", 40.0),
        curve("応答時間 p95", 60.0),
        curve("応答時間 平均", 80.0),
    ]
    text = "\n".join(plain(draw_chart(chart(*curves), width, 12, JST)))
    for part in ("受信", "送信", "p95", "平均"):
        assert part in text


@pytest.mark.parametrize(("width", "height"), [(24, 8), (60, 3), (16, 20)])
def test_a_chart_too_small_for_names_has_none(width, height):
    rows = plain(draw_chart(chart(curve("CPU usage", 50.0)), width, height, JST))
    assert not any("CPU usage 50" in row and "⣀" in row for row in rows)


@given(st.integers(36, 120), st.integers(4, 30), st.integers(1, 8))
def test_a_chart_never_exceeds_its_room(width, height, count):
    curves = [curve(f"応答時間 p{index}", 10.0 * index, right=bool(index % 2)) for index in range(count)]
    lines = draw_chart(chart(*curves), width, height, JST)
    assert len(lines) <= height
    assert all(width_of(line) <= width for line in lines)


@pytest.mark.parametrize(
    ("width", "written"), [(16, " CPU 上限 500ms "), (14, "CPU 上限 500ms"), (12, "上限 500ms"), (8, "500ms")]
)
def test_a_limit_keeps_its_value_in_a_narrow_plot(width, written):
    plot = Plot(width, 3)
    plot.horizontal(0.5, "CPU 上限 500ms", "limit")
    assert written in plain(plot.lines())[1]


def test_no_other_line_runs_through_the_words_of_a_limit():
    # The spaces of a label are no free cells: neither a second limit in its row nor a band nor a mark fills them.
    plot = Plot(60, 3)
    plot.horizontal(0.5, "CPU 上限 70%", "limit")
    plot.horizontal(0.45, "接続数 上限 80", "limit", to=1.0)
    for column in range(60):
        plot.vertical(column, column, "")
    row = plain(plot.lines())[1]
    assert_in(row, " CPU 上限 70% ", " 接続数 上限 80 ")
    assert "80  CPU" not in row, "two labels are kept apart"


@pytest.mark.parametrize("width", range(20, 60, 3))
def test_two_limits_in_one_row_are_both_read(width):
    plot = Plot(width, 5)
    plot.horizontal(0.5, "CPU limit 70%", "limit")
    plot.horizontal(0.5, "connections limit 80", "limit")
    text = "\n".join(plain(plot.lines()))
    assert_in(text, "limit 70%", "limit 80")


def test_a_name_that_is_too_long_keeps_whole_words():
    curves = [curve("応答時間 p95", 60.0), curve("応答時間 平均", 80.0), curve("リクエスト数", 20.0)]
    text = "\n".join(plain(draw_chart(chart(*curves), 38, 9, JST)))
    assert_in(text, " p95 60%", " 平均 80%", "リク")
    assert "…間" not in text


def test_curves_of_one_name_and_two_directions_differ_in_a_narrow_chart():
    sent, received = (
        Curve(name, TIMES, (400.0 * 1024,) * 60, 60, BYTES_PER_SECOND) for name in ("RDS 送信", "RDS 受信")
    )
    rows = "\n".join(plain(draw_chart(chart(sent, received), 38, 8, JST)))
    assert_in(rows, "送信", "受信")
