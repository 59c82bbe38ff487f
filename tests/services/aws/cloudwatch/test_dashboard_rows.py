import json
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.aws.cloudwatch.dashboards.metric_widgets import RowError, expand
from services.aws.cloudwatch.dashboards.reader import parse_body
from services.models.dashboards import MetricWidget

PREVIOUS = ["ns", "m", "d1", "v1", "d2", "v2"]


def dashboard(*widgets, **more):
    return parse_body("d", json.dumps({"widgets": widgets, **more}))


def metric(*rows, **properties):
    widget = dashboard({"type": "metric", "properties": {"metrics": rows, **properties}}).widgets[0]
    assert isinstance(widget, MetricWidget)
    return widget


def names(widget):
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
        (["a", "CPU\ufffd"], None),
        ([".", ".", ".", ".", ".", ".", ".", "."], None),
    ],
)
def test_the_shorthand(row, expanded):
    if expanded is None:
        with pytest.raises(RowError):
            expand(row, PREVIOUS)
    else:
        assert expand(row, PREVIOUS) == expanded


@pytest.mark.parametrize("row", [["...", "x"], [".", "m"], ["..."]])
def test_the_shorthand_is_not_legal_in_the_first_row(row):
    with pytest.raises(RowError):
        expand(row, None)


NAME = st.text(alphabet="abcAB/ ", min_size=1, max_size=5)


@settings(deadline=None)
@given(st.lists(NAME, min_size=1, max_size=5), st.lists(NAME, min_size=5, max_size=5), st.data())
def test_any_shortening_of_a_row_expands_to_the_row(pairs, spare, data):
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


def test_expression_rows_do_not_count_as_the_row_above():
    widget = metric(["N", "M", "D", "v", {"id": "m1"}], [{"expression": "m1*2", "label": "x"}], ["...", "w"])
    assert names(widget) == [["N", "M", "D", "v"], ["", ""], ["N", "M", "D", "w"]]
    assert widget.remarks == ()


def test_a_bad_row_leaves_a_remark_and_the_others_stay():
    widget = metric(
        ["N", "M"], ["N"], 7, [], [1, 2], [{"expression": ""}], ["x", {"expression": "a"}], [".", "M2"]
    )
    assert names(widget) == [["N", "M"], ["N", "M2"]]
    assert len(widget.remarks) == 6
    assert "2" in widget.remarks[0]


def test_options_of_rows_and_what_they_inherit():
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


def test_ids_are_unique_and_legal():
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
def test_statistics_that_cloudwatch_has(stat):
    assert metric(["N", "M", {"stat": stat}]).traces[0].query.stat == stat


@pytest.mark.parametrize(("options", "remarks"), [({"stat": "\x1b[2J"}, 1), ({"period": 61}, 1), ({"period": -1}, 1), ({"color": "red"}, 1), ({"region": "$(x)"}, 1), ({"accountId": "me"}, 1), ({"sorcery": 1}, 1), ({"accountId": "LOCAL"}, 0), ({"period": 10}, 0)])  # fmt: skip
def test_options_that_are_not_understood_leave_a_remark(options, remarks):
    widget = metric(["N", "M", options])
    assert len(widget.traces) == 1
    assert len(widget.remarks) == remarks
    assert not any("\x1b" in remark for remark in widget.remarks)


def test_rows_of_every_length_are_sequences():
    row: Sequence[str] = ("N", "M", *(f"x{index}" for index in range(60)))
    assert len(expand(row, None)) == 62
    with pytest.raises(RowError):
        expand([*row, "a", "b"], None)
