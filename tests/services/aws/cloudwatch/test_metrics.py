import math
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.aws.client.errors import Throttled
from services.aws.cloudwatch.metrics.math_ids import packed, prefixed, references, rename
from services.aws.cloudwatch.metrics.reader import POINTS_PER_CALL, QUERIES_PER_CALL, Metrics
from services.models.metrics import MetricQuery, SeriesStatus, TimeSpan
from services.models.problem import ProblemKind
from tests.services.aws.canned import Canned, failure

START = datetime(2026, 4, 1, tzinfo=UTC)
SPAN = TimeSpan(start=START, end=START + timedelta(hours=1))
T0 = int(START.timestamp())


def metric(name, **more):
    return MetricQuery(id=name, namespace="N", metric=f"M{name}", dimensions=(("D", "v"),), period=60, **more)


def math_(name, expression, **more):
    return MetricQuery(id=name, expression=expression, period=60, **more)


def result(name, *values, label="", start=0, **more):
    times = [float(T0 + 60 * (start + index)) for index in range(len(values))]
    return {
        "Id": name,
        "Label": label or name,
        "Timestamps": times,
        "Values": list(values),
        "StatusCode": "Complete",
        **more,
    }


def page(*results, **more):
    return {"MetricDataResults": list(results), **more}


async def test_one_request_with_everything_aws_needs():
    canned = Canned(GetMetricData=page(result("a", 1.0), result("e", 2.0)))
    queries = (
        metric("a", stat="p95", label="${LAST}", account="123456789012", visible=True),
        math_("e", "a*2"),
    )
    await Metrics(canned).fetch(queries, SPAN)
    (request,) = canned.asked("GetMetricData")
    assert request["ScanBy"] == "TimestampAscending"
    assert request["LabelOptions"] == {"Timezone": "+0900"}
    assert (request["StartTime"], request["EndTime"]) == (SPAN.start, SPAN.end)
    assert request["MetricDataQueries"] == [
        {
            "Id": "a",
            "ReturnData": True,
            "MetricStat": {
                "Metric": {"Namespace": "N", "MetricName": "Ma", "Dimensions": [{"Name": "D", "Value": "v"}]},
                "Period": 60,
                "Stat": "p95",
            },
            "Label": "${LAST}",
            "AccountId": "123456789012",
        },
        {"Id": "e", "ReturnData": True, "Expression": "a*2", "Period": 60},
    ]


async def test_pages_of_one_curve_are_joined_and_the_given_order_is_kept():
    pages = [
        page(result("b", 1.0, 2.0, StatusCode="PartialData"), result("a", 9.0)),
        page(result("b", 3.0, start=2)),
    ]
    curves = await Metrics(Canned(GetMetricData=pages)).fetch((metric("a"), metric("b")), SPAN)
    assert [series.id for series in curves] == ["a", "b"]
    assert curves[1].values == (1.0, 2.0, 3.0)
    assert curves[1].times == (T0, T0 + 60, T0 + 120)
    assert curves[1].status is SeriesStatus.COMPLETE


async def test_a_search_answers_several_curves_even_under_one_label():
    answer = page(result("s", 1.0, label="one"), result("s", 2.0, label="two"), result("s", 3.0, label="two"))
    curves = await Metrics(Canned(GetMetricData=answer)).fetch((math_("s", "SEARCH('x', 'Sum')"),), SPAN)
    assert [(series.label, series.values) for series in curves] == [
        ("one", (1.0,)),
        ("two", (2.0,)),
        ("two", (3.0,)),
    ]


async def test_what_is_not_answered_is_no_data_and_what_is_hidden_is_not_returned():
    queries = (metric("a"), metric("hidden", visible=False), math_("e", "SEARCH('x', 'Sum')", label="${MAX}"))
    curves = await Metrics(Canned(GetMetricData=page())).fetch(queries, SPAN)
    assert [(series.id, series.label, series.values) for series in curves] == [
        ("a", "Ma", ()),
        ("e", "SEARCH('x', 'Sum')", ()),
    ]


async def test_points_out_of_order_twice_or_not_numbers():
    row = result("a")
    row |= {"Timestamps": [T0 + 60, START, T0 + 60, T0 + 120, "x"], "Values": [2.0, 1.0, 2.5, math.nan, 4.0]}
    (series,) = await Metrics(Canned(GetMetricData=page(row))).fetch((metric("a"),), SPAN)
    assert (series.times, series.values) == ((T0, T0 + 60), (1.0, 2.5))
    assert series == series.model_copy(), "equal answers stay equal, so nothing is drawn twice"


async def test_statuses_and_messages():
    message = {"Code": "Forbidden", "Value": "not allowed"}
    answer = page(
        result("a", StatusCode="Forbidden", Messages=[message]),
        result("b", 1.0, StatusCode="PartialData"),
        result("c", StatusCode="InternalError"),
        result("e", 1.0),
        Messages=[{"Code": "MaxMetricsExceeded", "Value": "too many metrics"}],
    )
    queries = (metric("a"), metric("b"), metric("c"), math_("e", "SEARCH('x','Sum')"))
    curves = await Metrics(Canned(GetMetricData=answer)).fetch(queries, SPAN)
    assert [(series.status, series.message) for series in curves] == [
        (SeriesStatus.FORBIDDEN, "not allowed"),
        (SeriesStatus.PARTIAL, ""),
        (SeriesStatus.ERROR, ""),
        (SeriesStatus.PARTIAL, "too many metrics"),
    ]


async def test_one_request_per_region_and_errors_are_raised():
    canned = Canned(GetMetricData=page())
    queries = (metric("a"), metric("b", region="us-east-1"), metric("c"))
    await Metrics(canned).fetch(queries, SPAN, region="eu-west-1")
    regions = {region: len(params["MetricDataQueries"]) for _name, params, region in canned.calls}
    assert regions == {"eu-west-1": 2, "us-east-1": 1}
    with pytest.raises(Throttled):
        await Metrics(Canned(GetMetricData=failure(ProblemKind.THROTTLED))).fetch(queries, SPAN)


async def test_501_queries_take_two_requests():
    canned = Canned(GetMetricData=page())
    half_an_hour = TimeSpan(start=START, end=START + timedelta(minutes=30))
    await Metrics(canned).fetch([metric(f"m{index}") for index in range(501)], half_an_hour)
    assert sorted(len(params["MetricDataQueries"]) for params in canned.asked("GetMetricData")) == [1, 500]


@given(
    hours=st.integers(1, 48),
    metrics=st.integers(1, 700),
    every=st.integers(2, 60),
    period=st.sampled_from([1, 60, 300, 3600]),
)
async def test_no_response_keeps_the_event_loop_and_no_metric_is_charged_twice(hours, metrics, every, period):
    # Many datapoints are asked for in several calls; metric math stays with the metrics that it uses.
    canned = Canned(GetMetricData=page())
    queries = [metric(f"m{index}").model_copy(update={"period": period}) for index in range(metrics)]
    used = [number for number in range(metrics) if number % every == 1]
    queries += [math_(f"e{number}", f"m{number}*m{number - 1}") for number in used]
    span = TimeSpan(start=START, end=START + timedelta(hours=hours))
    await Metrics(canned).fetch(queries, span)
    calls = [
        {query["Id"] for query in params["MetricDataQueries"]} for params in canned.asked("GetMetricData")
    ]
    assert sorted(name for call in calls for name in call) == sorted(query.id for query in queries)
    for call in calls:
        assert len(call) <= QUERIES_PER_CALL
        points = hours * 3600 / min(period, 60 if used else period) * len(call)
        assert points <= POINTS_PER_CALL or len(call) <= 3, "nothing is split that belongs together"
        assert all({f"m{name[1:]}", f"m{int(name[1:]) - 1}"} <= call for name in call if name[0] == "e")


NAMES = {"m1": "w_m1", "m10": "w_m10", "errors1": "w_errors1", "ave": "w_ave"}


@pytest.mark.parametrize(
    ("expression", "renamed"),
    [
        ("m1+m10*2", "w_m1+w_m10*2"),
        ("SUM([m1, m10])/1e3", "SUM([w_m1, w_m10])/1e3"),
        ("m1 m11 am1 m1.5", "w_m1 m11 am1 w_m1.5"),
        ("SEARCH('{N,m1} m1 \"m10\"', 'Sum', 300)", "SEARCH('{N,m1} m1 \"m10\"', 'Sum', 300)"),
        ('IF(m1 > 5 AND m10 < 1, "m1", m1)', 'IF(w_m1 > 5 AND w_m10 < 1, "m1", w_m1)'),
        ("ave (m1)", "ave (w_m1)"),
        ("SUM(METRICS())", "SUM([w_m1, w_m10, w_errors1])"),
        ('SUM(METRICS("errors"))', "SUM([w_errors1])"),
        ("SELECT AVG(m1) FROM SCHEMA(m1)", "SELECT AVG(m1) FROM SCHEMA(m1)"),
        ("ANOMALY_DETECTION_BAND(m1, 2)", "ANOMALY_DETECTION_BAND(w_m1, 2)"),
        ("'unclosed m1", "'unclosed m1"),
    ],
)
def test_identifiers_are_renamed_and_nothing_else(expression, renamed):
    assert rename(expression, NAMES, ["m1", "m10", "errors1"]) == renamed


@settings(deadline=None)
@given(st.text(alphabet="m1ab_ ()[]+'\"\\,.5eMETRICS", max_size=60))
def test_renaming_back_gives_the_expression_again(expression):
    if re.search(r"METRICS\s*\(", expression):
        return
    there = rename(expression, {"m1": "w0_m1", "a": "w0_a"}, ["m1"])
    assert rename(there, {"w0_m1": "m1", "w0_a": "a"}, ["w0_m1"]) == expression


def test_a_prefix_goes_before_every_id_of_a_widget():
    queries = prefixed((metric("m1"), math_("e1", "m1/2"), math_("e2", "e1+METRICS()")), "w3_")
    assert [(query.id, query.expression) for query in queries] == [
        ("w3_m1", ""),
        ("w3_e1", "w3_m1/2"),
        ("w3_e2", "w3_e1+[w3_m1]"),
    ]


@st.composite
def batches(draw):
    queries: list[MetricQuery] = []
    for index in range(draw(st.integers(0, 30))):
        usable = [query.id for query in queries if not query.expression.startswith("SELECT")]
        if usable and draw(st.booleans()):
            used = draw(st.lists(st.sampled_from(usable), max_size=2))
            queries.append(math_(f"q{index}", " + ".join(used) or "SELECT x"))
        else:
            queries.append(metric(f"q{index}"))
    return queries


@settings(deadline=None)
@given(batches(), st.integers(1, 12))
def test_packing_keeps_every_query_once_and_parts_nothing_from_what_it_uses(queries, size):
    calls = packed(queries, size)
    assert sorted(query.id for call in calls for query in call) == sorted(query.id for query in queries)
    ids = frozenset(query.id for query in queries)
    for call in calls:
        inside = {query.id for query in call}
        used: Iterator[str] = (each for query in call for each in references(query.expression, ids))
        assert inside.issuperset(used)
        assert sum(query.expression.startswith("SELECT") for query in call) <= 1
        assert len(call) <= size or any(query.expression for query in call)
