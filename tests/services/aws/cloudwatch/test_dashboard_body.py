import json
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.aws.cloudwatch.dashboards.reader import parse_body
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


def dashboard(*widgets, **more):
    return parse_body("d", json.dumps({"widgets": widgets, **more}))


def metric(*rows, **properties):
    widget = dashboard({"type": "metric", "properties": {"metrics": rows, **properties}}).widgets[0]
    assert isinstance(widget, MetricWidget)
    return widget


def test_a_whole_metric_widget():
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


def test_the_alarm_form_needs_no_metrics_but_something_must_be_there():
    arns = {"alarms": ["arn:aws:cloudwatch:r:1:alarm:x"]}
    (widget,) = dashboard({"type": "metric", "properties": {"annotations": arns}}).widgets
    assert widget.remarks == ()
    assert metric().remarks != ()


def test_the_other_kinds():
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


def boxes(parsed):
    return [(widget.x, widget.y, widget.width, widget.height) for widget in parsed.widgets]


def test_widgets_without_a_place_flow_and_the_default_size_is_six_by_six():
    one, wide = {"type": "text"}, {"type": "text", "width": 12, "height": 3}
    assert boxes(dashboard(one, wide, one, one)) == [(0, 0, 6, 6), (6, 0, 12, 3), (18, 0, 6, 6), (6, 3, 6, 6)]
    placed = {"type": "text", "x": 0, "y": 0, "width": 24, "height": 2}
    assert boxes(dashboard(one, placed)) == [(0, 2, 6, 6), (0, 0, 24, 2)]


def test_a_place_outside_the_grid_is_brought_inside_with_a_remark():
    parsed = dashboard(
        {"type": "text", "x": 20, "y": 10**30, "width": 99, "height": -1, "properties": {"markdown": ""}}
    )
    ((x, y, width, height),) = boxes(parsed)
    assert 0 <= x < x + width <= 24
    assert (y, height) == (100_000, 1)
    assert len(parsed.widgets[0].remarks) == 4


def test_variables_are_remarked_on_and_ranges_kept():
    parsed = dashboard(
        start="-PT8H",
        end="2026-04-01T00:00:00Z",
        periodOverride="inherit",
        variables=[{"id": "v", "label": "環境"}],
    )
    assert (parsed.start, parsed.end) == ("-PT8H", "2026-04-01T00:00:00Z")
    assert len(parsed.remarks) == 1
    assert "環境" in parsed.remarks[0]


@pytest.mark.parametrize("body", ["", "no", "[", "null", "7", "[]", '{"widgets": 5}', "[" * 100_000, '{"widgets": [' * 50_000, "9" * 5_000])  # fmt: skip
def test_a_body_that_is_none_says_so(body):
    parsed = parse_body("d", body)
    assert parsed.widgets == ()
    assert parsed.remarks or body == "null"


@pytest.mark.slow
def test_a_thousand_bad_widgets_are_bounded_and_quick():
    rows = [[index] for index in range(600)]
    parsed = dashboard(*[{"type": "metric", "properties": {"metrics": rows}}] * 501)
    assert len(parsed.widgets) == 500
    assert len(parsed.widgets[0].remarks) < 25
    assert parsed.remarks


def test_hostile_text_is_cleaned_everywhere():
    evil = "\x1b]0;x\x07[@click=app.quit]\u202e"
    parsed = dashboard(
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
    for widget in parsed.widgets:
        texts = [widget.title, *widget.remarks, getattr(widget, "kind", ""), getattr(widget, "markdown", "")]
        assert "\x1b" not in "".join(texts)
        assert "\u202e" not in "".join(texts)
    assert "\x1b" not in "".join(parsed.remarks)


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
def test_random_json_never_raises(value):
    assert isinstance(parse_body("d", json.dumps(value)), Dashboard)


@pytest.mark.slow
@settings(max_examples=100 if settings.default.derandomize else settings.default.max_examples)
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
def test_random_widgets_never_raise_and_none_is_dropped(widgets):
    parsed = parse_body("d", json.dumps({"widgets": widgets}))
    assert [widget.key for widget in parsed.widgets] == [str(index) for index in range(len(widgets))]
    for box in boxes(parsed):
        assert 0 <= box[0] < box[0] + box[2] <= 24
    assert parsed == parse_body("d", json.dumps({"widgets": widgets})), "the same body is the same dashboard"
