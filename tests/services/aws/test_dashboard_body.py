import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.aws.dashboard_body import parse_body
from services.aws.dashboard_rows import RowError, expand
from services.aws.time_range import parse_point, resolve
from services.models.dashboards import (
    AlarmWidget,
    Dashboard,
    LogWidget,
    MetricWidget,
    TextWidget,
    UnknownWidget,
    View,
)

PREVIOUS = ["ns", "m", "d1", "v1", "d2", "v2"]


def dashboard(*widgets: Any, **more: Any) -> Dashboard:
    return parse_body("d", json.dumps({"widgets": widgets, **more}))


def metric(*rows: Any, **properties: Any) -> MetricWidget:
    found = dashboard({"type": "metric", "properties": {"metrics": rows, **properties}}).widgets[0]
    assert isinstance(found, MetricWidget)
    return found


def names(widget: MetricWidget) -> list[list[str]]:
    return [
        [
            trace.query.namespace,
            trace.query.metric,
            *(name for pair in trace.query.dimensions for name in pair),
        ]
        for trace in widget.traces
    ]


@pytest.mark.parametrize(
    ("row", "expanded"),
    [
        (["a", "b"], ["a", "b"]),
        ([".", "b"], ["ns", "b"]),
        ([".", "b", ".", "x", ".", "."], ["ns", "b", "d1", "x", "d2", "v2"]),
        (["..."], PREVIOUS),
        (["...", "x"], ["ns", "m", "d1", "v1", "d2", "x"]),
        (["...", "x", ".", "."], ["ns", "m", "d1", "x", "d2", "v2"]),
        ([".", "n", "..."], ["ns", "n", "d1", "v1", "d2", "v2"]),
        (["a", "...", "z"], ["a", "m", "d1", "v1", "d2", "z"]),
        ([".", "."], ["ns", "m"]),
        (PREVIOUS, PREVIOUS),
        (["...", "n", "m", "d1", "v1", "d2", "v2"], ["n", "m", "d1", "v1", "d2", "v2"]),
        (["...", "n", "m", "d1", "v1", "d2", "v2", "d3"], None),
        (["...", "...", "x"], None),
        (["a"], None),
        (["a", "b", "c"], None),
        ([], None),
        (["a", ""], None),
        ([".", ".", ".", ".", ".", ".", ".", "."], None),
    ],
)
def test_the_shorthand(row: list[str], expanded: list[str] | None) -> None:
    if expanded is None:
        with pytest.raises(RowError):
            expand(row, PREVIOUS)
    else:
        assert expand(row, PREVIOUS) == expanded


@pytest.mark.parametrize("row", [["...", "x"], [".", "m"], ["..."]])
def test_the_shorthand_is_not_legal_in_the_first_row(row: list[str]) -> None:
    with pytest.raises(RowError):
        expand(row, None)


NAME = st.text(alphabet="abcAB/ ", min_size=1, max_size=5)


@given(st.lists(NAME, min_size=1, max_size=5), st.lists(NAME, min_size=5, max_size=5), st.data())
def test_any_shortening_of_a_row_expands_to_the_row(
    pairs: list[str], spare: list[str], data: st.DataObject
) -> None:
    previous = [*pairs, *pairs]
    row = [data.draw(st.sampled_from([name, *spare])) for name in previous]
    short = [
        "." if name == above and data.draw(st.booleans()) else name
        for name, above in zip(row, previous, strict=True)
    ]
    assert expand(short, previous) == row
    same = [index for index, (name, above) in enumerate(zip(row, previous, strict=True)) if name == above]
    if same:
        first = data.draw(st.sampled_from(same))
        last = first
        while last + 1 in same:
            last += 1
        assert expand([*short[:first], "...", *short[last + 1 :]], previous) == row


def test_expression_rows_do_not_count_as_the_row_above() -> None:
    widget = metric(["N", "M", "D", "v", {"id": "m1"}], [{"expression": "m1*2", "label": "x"}], ["...", "w"])
    assert names(widget) == [["N", "M", "D", "v"], ["", ""], ["N", "M", "D", "w"]]
    assert widget.remarks == ()


def test_a_bad_row_leaves_a_remark_and_the_others_stay() -> None:
    widget = metric(
        ["N", "M"], ["N"], 7, [], [1, 2], [{"expression": ""}], ["x", {"expression": "a"}], [".", "M2"]
    )
    assert names(widget) == [["N", "M"], ["N", "M2"]]
    assert len(widget.remarks) == 6
    assert "2" in widget.remarks[0]


def test_options_of_rows_and_what_they_inherit() -> None:
    row = {
        "id": "cpu",
        "label": "${LAST}",
        "color": "#f0a",
        "stat": "p99.9",
        "period": 60,
        "yAxis": "right",
        "visible": False,
        "region": "us-east-1",
        "accountId": "123456789012",
    }
    widget = metric(["N", "M", row], ["N", "K"], stat="Sum", period="900", region="ap-northeast-1")
    first, second = widget.traces
    assert (first.query.id, first.query.label, first.query.stat, first.query.period) == (
        "cpu",
        "${LAST}",
        "p99.9",
        60,
    )
    assert (first.color, first.right, first.query.visible) == ("#ff00aa", True, False)
    assert (first.query.region, first.query.account) == ("us-east-1", "123456789012")
    assert (second.query.stat, second.query.period, second.query.region) == ("Sum", 900, "")
    assert (widget.region, widget.remarks) == ("ap-northeast-1", ())


def test_ids_are_unique_and_legal() -> None:
    rows = [
        ["N", "A"],
        ["N", "B", {"id": "m1"}],
        ["N", "C", {"id": "m1"}],
        ["N", "D", {"id": "Bad-1"}],
        ["N", "E"],
    ]
    widget = metric(*rows)
    ids = [trace.query.id for trace in widget.traces]
    assert len(set(ids)) == 5
    assert ids[1] == "m1"
    assert len(widget.remarks) == 2


@pytest.mark.parametrize(
    "stat", ["Average", "p95", "p99.99", "tm90", "TM(10%:90%)", "PR(:300)", "IQM", "SampleCount"]
)
def test_statistics_that_cloudwatch_has(stat: str) -> None:
    assert metric(["N", "M", {"stat": stat}]).traces[0].query.stat == stat


@pytest.mark.parametrize(("options", "remarks"), [({"stat": "\x1b[2J"}, 1), ({"period": 61}, 1), ({"period": -1}, 1), ({"color": "red"}, 1), ({"region": "$(x)"}, 1), ({"accountId": "me"}, 1), ({"sorcery": 1}, 1), ({"accountId": "LOCAL"}, 0), ({"period": 10}, 0)])  # fmt: skip
def test_options_that_are_not_understood_leave_a_remark(options: dict[str, Any], remarks: int) -> None:
    widget = metric(["N", "M", options])
    assert len(widget.traces) == 1
    assert len(widget.remarks) == remarks
    assert not any("\x1b" in remark for remark in widget.remarks)


def test_a_whole_metric_widget() -> None:
    widget = metric(
        ["N", "M"],
        title="CPU",
        view="gauge",
        stacked=True,
        setPeriodToTimeRange=True,
        sparkline=False,
        singleValueFullPrecision=True,
        legend={"position": "right"},
        liveData=False,
        start="-PT1H",
        end="P0D",
        yAxis={"left": {"min": 0, "max": 100, "label": "%", "showUnits": False}, "right": {"min": 1}},
        annotations={
            "horizontal": [
                {"value": 70, "label": "limit", "color": "#d62728", "fill": "above", "yAxis": "right"},
                [{"value": 1, "label": "band"}, {"value": 2}],
                {"value": 5, "visible": False},
                {"label": "no value"},
                "x",
            ],
            "vertical": [
                {"value": "2026-04-01T00:00:00Z", "label": "deploy"},
                [{"value": "2026-04-01T00:00:00Z"}, {"value": "2026-04-01T01:00:00+09:00", "fill": "after"}],
                {"value": "tomorrow"},
            ],
            "alarms": ["arn:aws:cloudwatch:r:1:alarm:x"],
        },
    )
    assert (widget.view, widget.stacked, widget.whole_range, widget.sparkline) == (
        View.GAUGE,
        True,
        True,
        False,
    )
    assert (widget.full_precision, widget.legend, widget.start, widget.end) == (True, "right", "-PT1H", "")
    assert (widget.left.min, widget.left.max, widget.left.label, widget.right.min) == (0, 100, "%", 1)
    assert [(line.value, line.to, line.label, line.fill, line.right) for line in widget.lines] == [
        (70, None, "limit", "above", True),
        (1, 2, "band", "", False),
    ]
    assert [mark.until for mark in widget.marks] == [None, datetime(2026, 3, 31, 16, 0, tzinfo=UTC)]
    assert widget.alarm_ids == ("arn:aws:cloudwatch:r:1:alarm:x",)
    assert len(widget.remarks) == 3, "a line without value, a line that is text, a mark without time"


def test_the_alarm_form_needs_no_metrics_but_something_must_be_there() -> None:
    arns = {"alarms": ["arn:aws:cloudwatch:r:1:alarm:x"]}
    (widget,) = dashboard({"type": "metric", "properties": {"annotations": arns}}).widgets
    assert widget.remarks == ()
    assert metric().remarks != ()


def test_the_other_kinds() -> None:
    text, alarm, log, explorer, custom, nothing = dashboard(
        {"type": "text", "properties": {"markdown": "# a\n[b](button:c)", "background": "solid"}},
        {"type": "alarm", "properties": {"title": "A", "alarms": ["arn:x"], "states": ["ALARM", "SAD"], "sortBy": "timestamp"}},
        {"type": "log", "properties": {"query": "SOURCE 'g' | fields @message", "region": "us-east-1", "view": "bar"}},
        {"type": "explorer", "properties": {"title": "E"}},
        {"type": "custom"},
        7,
    ).widgets  # fmt: skip
    assert isinstance(text, TextWidget)
    assert text.markdown == "# a\n[b](button:c)"
    assert isinstance(alarm, AlarmWidget)
    assert (alarm.alarm_ids, alarm.states, len(alarm.remarks)) == (("arn:x",), ("ALARM",), 1)
    assert isinstance(log, LogWidget)
    assert (log.query, log.region, log.view) == ("SOURCE 'g' | fields @message", "us-east-1", "bar")
    assert isinstance(explorer, UnknownWidget)
    assert (explorer.kind, explorer.title) == ("explorer", "E")
    assert isinstance(custom, UnknownWidget)
    assert custom.kind == "custom"
    assert isinstance(nothing, UnknownWidget)
    assert nothing.remarks


def boxes(found: Dashboard) -> list[tuple[int, int, int, int]]:
    return [(widget.x, widget.y, widget.width, widget.height) for widget in found.widgets]


def test_widgets_without_a_place_flow_and_the_default_size_is_six_by_six() -> None:
    one, wide = {"type": "text"}, {"type": "text", "width": 12, "height": 3}
    assert boxes(dashboard(one, wide, one, one)) == [(0, 0, 6, 6), (6, 0, 12, 3), (18, 0, 6, 6), (6, 3, 6, 6)]
    placed = {"type": "text", "x": 0, "y": 0, "width": 24, "height": 2}
    assert boxes(dashboard(one, placed)) == [(0, 2, 6, 6), (0, 0, 24, 2)]


def test_a_place_outside_the_grid_is_brought_inside_with_a_remark() -> None:
    found = dashboard(
        {"type": "text", "x": 20, "y": 10**30, "width": 99, "height": -1, "properties": {"markdown": ""}}
    )
    ((x, y, width, height),) = boxes(found)
    assert 0 <= x < x + width <= 24
    assert (y, height) == (100_000, 1)
    assert len(found.widgets[0].remarks) == 4


def test_variables_are_remarked_on_and_ranges_kept() -> None:
    found = dashboard(
        start="-PT8H",
        end="2026-04-01T00:00:00Z",
        periodOverride="inherit",
        variables=[{"id": "v", "label": "環境"}],
    )
    assert (found.start, found.end) == ("-PT8H", "2026-04-01T00:00:00Z")
    assert len(found.remarks) == 1
    assert "環境" in found.remarks[0]


@pytest.mark.parametrize("body", ["", "no", "[", "null", "7", "[]", '{"widgets": 5}', "[" * 100_000, '{"widgets": [' * 50_000, "9" * 5_000])  # fmt: skip
def test_a_body_that_is_none_says_so(body: str) -> None:
    found = parse_body("d", body)
    assert found.widgets == ()
    assert found.remarks or body == "null"


def test_a_thousand_bad_widgets_are_bounded_and_quick() -> None:
    rows = [[index] for index in range(600)]
    found = dashboard(*[{"type": "metric", "properties": {"metrics": rows}}] * 501)
    assert len(found.widgets) == 500
    assert len(found.widgets[0].remarks) < 25
    assert found.remarks


def test_hostile_text_is_cleaned_everywhere() -> None:
    evil = "\x1b]0;x\x07[@click=app.quit]\u202e"
    found = dashboard(
        {
            "type": evil,
            "properties": {"title": evil, evil: evil},
        },
        {
            "type": "metric",
            evil: 1,
            "properties": {"title": evil, "view": evil, "metrics": [[evil, evil, {"label": evil, evil: 1}]]},
        },
        {"type": "text", "properties": {"markdown": evil}},
        variables=[{"label": evil}],
    )  # fmt: skip
    for widget in found.widgets:
        shown = [widget.title, *widget.remarks, getattr(widget, "kind", ""), getattr(widget, "markdown", "")]
        assert "\x1b" not in "".join(shown)
        assert "\u202e" not in "".join(shown)
    assert "\x1b" not in "".join(found.remarks)


KEYS = [
    "widgets",
    "type",
    "x",
    "y",
    "width",
    "height",
    "properties",
    "metrics",
    "view",
    "title",
    "region",
    "period",
    "stat",
    "yAxis",
    "left",
    "right",
    "min",
    "max",
    "label",
    "annotations",
    "horizontal",
    "vertical",
    "alarms",
    "value",
    "visible",
    "fill",
    "color",
    "start",
    "end",
    "markdown",
    "query",
    "expression",
    "id",
    "states",
    "legend",
    "position",
    "variables",
    "accountId",
    "stacked",
]
WORDS = [*KEYS, "metric", "text", "log", "alarm", "custom", "...", ".", "-PT3H", "2026-04-01T00:00:00Z", "m1", "Sum", "\x1b[2J", "\ud800"]  # fmt: skip
LEAF = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.sampled_from(WORDS)
    | st.text(max_size=5)
    | st.sampled_from([10**400, -(10**20), 1e308])
)
JSON = st.recursive(
    LEAF,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=5),
    max_leaves=25,
)


@settings(max_examples=200, deadline=None)
@given(JSON)
def test_random_json_never_raises(value: Any) -> None:
    assert isinstance(parse_body("d", json.dumps(value)), Dashboard)


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.fixed_dictionaries(
            {
                "type": st.sampled_from(["metric", "text", "log", "alarm", "explorer", "x"]),
                "properties": st.dictionaries(st.sampled_from(KEYS), JSON, max_size=8),
            },
            optional=dict.fromkeys(("x", "y", "width", "height"), JSON),
        ),
        max_size=4,
    )
)
def test_random_widgets_never_raise_and_none_is_dropped(widgets: list[Any]) -> None:
    found = parse_body("d", json.dumps({"widgets": widgets}))
    assert [widget.key for widget in found.widgets] == [str(index) for index in range(len(widgets))]
    for box in boxes(found):
        assert 0 <= box[0] < box[0] + box[2] <= 24
    assert found == parse_body("d", json.dumps({"widgets": widgets})), "the same body is the same dashboard"


@settings(max_examples=200)
@given(st.text(max_size=12) | st.from_regex(r"-P[0-9]{0,12}[YMWD]?(T[0-9]{0,12}[HMS])?", fullmatch=True))
def test_points_in_time_never_raise(text: str) -> None:
    point = parse_point(text)
    now = datetime(2026, 4, 1, tzinfo=UTC)
    if point is not None:
        resolved = resolve(text, now)
        assert resolved is not None
        assert isinstance(point, datetime) or now - resolved == point


@pytest.mark.parametrize(
    ("text", "point"),
    [
        ("-PT3H", timedelta(hours=3)),
        ("-P1D", timedelta(days=1)),
        ("-P1W", timedelta(days=7)),
        ("-P1M", timedelta(days=30)),
        ("-P1DT2H30M", timedelta(days=1, hours=2, minutes=30)),
        ("-PT5M", timedelta(minutes=5)),
        ("-P99Y", timedelta(days=455)),
        ("2026-04-01T09:00:00+09:00", datetime(2026, 4, 1, tzinfo=UTC)),
        ("2026-04-01T00:00:00.000Z", datetime(2026, 4, 1, tzinfo=UTC)),
        ("-P", None),
        ("-PT", None),
        ("-PT0S", None),
        ("PT3H", None),
        ("3h", None),
        ("", None),
    ],
)
def test_points_in_time(text: str, point: object) -> None:
    assert parse_point(text) == point


def test_rows_of_every_length_are_sequences() -> None:
    row: Sequence[str] = ("N", "M", *(f"x{index}" for index in range(60)))
    assert len(expand(row, None)) == 62
    with pytest.raises(RowError):
        expand([*row, "a", "b"], None)
