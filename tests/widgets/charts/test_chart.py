import math
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.models import dashboards as model
from services.models.dashboards import Axis
from services.models.units import PERCENT
from services.models.verdict import Limit, Verdict
from tests.conftest import assert_in
from tests.widgets import gallery_data as gallery
from widgets.charts.chart import draw_chart, runs
from widgets.charts.data import ChartData, ChartMoment, Curve, Guide, alarm_chart, chart_of
from widgets.charts.legend import legend_lines, role_of
from widgets.drawing.lines import plain, width_of

JST = ZoneInfo("Asia/Tokyo")
START = gallery.START
TIMES = tuple(range(START, START + 3600, 60))


def curve(label: str = "CPU", values: tuple[float, ...] | None = None, **more: object) -> Curve:
    values = tuple(50.0 + 10 * math.sin(at) for at in TIMES) if values is None else values
    return Curve(label, TIMES[: len(values)], values, 60, PERCENT, **more)


def chart(*curves: Curve, **more: object) -> ChartData:
    return ChartData(curves=curves, start=START, end=START + 3600, **more)


def draw(data: ChartData, width: int = 70, height: int = 14) -> list[str]:
    return plain(draw_chart(data, width, height, JST))


def plot_of(lines: list[str]) -> list[str]:
    return [line.split("│")[-1].split("┤")[-1] for line in lines if "│" in line or "┤" in line]


def test_a_missing_period_is_a_gap_not_a_line():
    values = tuple(50.0 for _at in TIMES)
    half = Curve("m", TIMES[:20] + TIMES[40:], values[:40], 60, PERCENT)
    row = next(line for line in plot_of(draw(chart(half))) if line.strip())
    left, right = row.strip().split("  ", 1)
    assert len(left) > 10
    assert right.startswith("   ")
    assert right.strip()


def test_runs_are_cut_at_gaps_and_at_what_is_no_number():
    points = [(0, 1.0), (60, 2.0), (240, 3.0), (300, math.nan), (360, 4.0)]
    assert [len(run) for run in runs(points, 60)] == [2, 1, 1]


def test_a_limit_is_a_labelled_line_and_lies_within_the_axis():
    lines = draw(chart(curve(values=(20.0,) * 60), guides=(Guide(70, "limit < 70%", role="limit"),)))
    assert sum("limit < 70%" in line and "╌╌╌" in line for line in lines) == 1
    assert "80%" in lines[0] or "75%" in lines[0]


def test_a_limit_that_the_dashboard_draws_itself_is_one_line():
    widget = model.MetricWidget(
        key="w", x=0, y=0, width=12, height=6, lines=(model.Line(value=70.0, label="CPU 上限 70%"),)
    )
    limit = Limit(id="cpu", title="CPU", namespace="AWS/ECS", metric="CPUUtilization", below=70.0, unit="%")
    data = model.WidgetData(
        key="w",
        series=gallery.CURVE,
        readings=(model.Reading(label="CPU", value=1.0, verdict=Verdict.NORMAL, limit=limit),),
    )
    guides = chart_of(widget, data).guides
    assert [(guide.value, guide.label, guide.role) for guide in guides] == [(70.0, "CPU 上限 70%", "limit")]


def test_a_label_stays_off_the_curve_where_it_can():
    rising = tuple(float(index) for index in range(60))
    lines = draw_chart(chart(curve(values=rising), guides=(Guide(30, "限度", role="limit"),)), 70, 14, JST)
    row = next(line for line in lines if any("限度" in text for text, _role in line))
    assert any(role == "series-1" for _text, role in row)


def test_bands_and_marks_are_drawn_with_their_labels():
    data = chart(
        curve(),
        guides=(Guide(60, "注意", to=80),),
        moments=(ChartMoment(START + 1800, "デプロイ", START + 2400),),
    )
    lines = draw_chart(data, 70, 14, JST)
    assert any(role == "band" for line in lines for _text, role in line)
    assert "デプロイ" in "\n".join(plain(lines))
    assert sum("┊" in line for line in plain(lines)) > 5


def test_times_are_in_the_zone_and_the_zone_is_printed_once():
    text = "\n".join(draw(chart(curve())))
    assert text.count("JST") == 1
    assert "06:30" in text


def test_no_data_is_written_out():
    text = "\n".join(draw(chart(Curve("CPU", remark="権限がない"))))
    assert_in(text, "no data", "権限がない")


def test_two_axes_have_scales_of_their_own():
    big = Curve("requests", TIMES, tuple(5000.0 for _at in TIMES), 60, right=True)
    text = "\n".join(draw(chart(curve(), big)))
    assert_in(text, "├", "┤")
    assert "6,000" in text or "5,000" in text


def test_fixed_axis_ends_clip_to_the_edge():
    lines = plot_of(draw(chart(curve(values=(95.0,) * 60), left=Axis(min=0, max=50))))
    assert any(0x2800 < ord(character) < 0x2900 for character in lines[0])


def test_stacked_areas_reach_the_sum():
    one, two = curve("a", (30.0,) * 60), curve("b", (30.0,) * 60)
    lines = draw_chart(chart(one, two, stacked=True), 70, 14, JST)
    roles = [role for line in lines for text, role in line if "⣿" in text]
    assert roles.index("series-2") < roles.index("series-1")


def test_without_colour_curves_differ_by_stroke():
    data = chart(curve("a", (20.0,) * 60), curve("b", (40.0,) * 60))
    plainly = plain(draw_chart(data, 70, 14, JST, monochrome=True))
    lines = [line for line in plot_of(plainly) if line.strip()]
    assert len({frozenset(line.strip()) for line in lines}) == 2


def test_the_count_of_what_does_not_fit_stays_within_the_width():
    curves = [curve("", (0.0,)), curve("a" * 17, ()), curve("", ())]
    for width in range(12, 60):
        for line in legend_lines(curves, width, 1):
            assert width_of(line) <= width


VALUE = st.floats(allow_nan=True, allow_infinity=True, width=32)
LABELS = st.text(alphabet="ab漢字テスト ", max_size=30)


@given(
    st.lists(st.tuples(LABELS, st.lists(VALUE, max_size=60), st.booleans()), max_size=4),
    st.integers(1, 90),
    st.integers(1, 24),
    st.booleans(),
)
def test_no_line_is_wider_and_no_chart_higher_than_asked(rows, width, height, stacked):
    curves = [curve(label, tuple(values), right=right) for label, values, right in rows]
    data = chart(
        *curves,
        stacked=stacked,
        guides=(Guide(70, "限度<70%", to=math.inf),),
        moments=(ChartMoment(START, "始"),),
    )
    lines = draw_chart(data, width, height, JST)
    assert len(lines) <= max(height, 3)
    if width >= 24:
        assert all(width_of(line) <= width for line in lines)


def test_legend_keeps_the_value_and_crops_the_label():
    wide = curve("とても長い名前のメトリクス" * 4, verdict=Verdict.ATTENTION)
    text = plain(legend_lines([wide], 40, 1))[0]
    assert "…" in text
    assert text.endswith("% ▲")


def test_legend_counts_what_does_not_fit():
    curves = [curve(f"metric-{index}") for index in range(12)]
    assert plain(legend_lines(curves, 50, 1))[0].endswith("+10")


@pytest.mark.parametrize("index", [0, 1])
def test_a_dashboard_widget_becomes_a_chart(index):
    widget, data = gallery.WIDGETS[index]
    chart_data = chart_of(widget, data)
    assert [each.right for each in chart_data.curves] == [False, index == 1]
    assert len([guide for guide in chart_data.guides if guide.role == "limit"]) == 1


def test_an_alarm_becomes_a_chart_with_its_threshold_and_when_it_fired():
    chart_data = alarm_chart(gallery.ALARMS[0], gallery.CURVE, gallery.START, gallery.END)
    assert chart_data.guides[0].value == 5.0
    assert chart_data.moments[0].at == int(gallery.ALARMS[0].since.timestamp())


def test_only_a_plain_hex_colour_is_taken_from_outside():
    assert role_of(0, curve(color="#1f77b4")) == "#1f77b4"
    assert role_of(1, curve(color="url(x)")) == "series-2"
