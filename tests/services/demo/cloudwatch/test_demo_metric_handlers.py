from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.demo.errors import AwsErrorResponse
from tests.services.demo.cloudwatch.tiny_world import START, TinyWorld, stat_query

HOUR = timedelta(hours=1)


def world_with(minutes: int = 60, **metrics: float) -> TinyWorld:
    """`minutes` of data before START; each value grows by one a minute from its argument."""
    world = TinyWorld()
    for name, first in metrics.items():
        for minute in range(minutes):
            at = (START - timedelta(minutes=minutes - minute)).timestamp()
            world.metrics.put("NS", name, (), at, value=first + minute, unit="Count")
    return world


def data(world: TinyWorld, *queries: dict[str, Any], **more: Any) -> dict[str, Any]:
    span = {"StartTime": START - HOUR, "EndTime": START, "ScanBy": "TimestampAscending"}
    return world.call("GetMetricData", MetricDataQueries=[*queries], **{**span, **more})


def test_each_metric_is_listed_once_and_filters_and_pages_work():
    world = TinyWorld()
    for index in range(1200):
        for minute in range(2):
            world.metrics.put(
                "NS",
                "CPU",
                {"Service": f"s{index}", "Cluster": "c"},
                START.timestamp() + 60 * minute,
                value=1.0,
            )
    world.metrics.put("Other", "Old", (), (START - 5 * HOUR).timestamp(), value=1.0)
    metrics: list[Any] = []
    more: dict[str, Any] = {}
    sizes = []
    while True:
        answer = world.call("ListMetrics", **more)
        metrics += [str(metric) for metric in answer["Metrics"]]
        sizes.append(len(answer["Metrics"]))
        if "NextToken" not in answer:
            break
        more = {"NextToken": answer["NextToken"]}
    assert sizes == [500, 500, 201]
    assert len(set(metrics)) == 1201
    assert len(world.call("ListMetrics", Namespace="Other", MetricName="Old")["Metrics"]) == 1
    assert world.call("ListMetrics", Namespace="Other", RecentlyActive="PT3H")["Metrics"] == []
    one = world.call("ListMetrics", Dimensions=[{"Name": "Service", "Value": "s7"}, {"Name": "Cluster"}])[
        "Metrics"
    ]
    assert [metric["Dimensions"][1] for metric in one] == [{"Name": "Service", "Value": "s7"}]


def test_metrics_and_math_in_both_orders():
    world = world_with(3, a=1.0, b=10.0)
    queries = [
        stat_query("m1", "a"),
        stat_query("m2", "b", ReturnData=False),
        {"Id": "e1", "Expression": "m1 + m2"},
    ]
    first, second = data(world, *queries)["MetricDataResults"]
    assert (first["Id"], first["Label"], first["Values"], first["StatusCode"]) == (
        "m1",
        "a",
        [1, 2, 3],
        "Complete",
    )
    assert (second["Id"], second["Label"], second["Values"]) == ("e1", "e1", [11, 13, 15])
    assert second["Timestamps"][0] == START - timedelta(minutes=3)
    newest_first = data(world, *queries, ScanBy="TimestampDescending")["MetricDataResults"]
    assert newest_first[1]["Values"] == [15, 13, 11]


def test_percentiles_units_and_metrics_that_are_not_there():
    world = TinyWorld()
    world.metrics.put(
        "NS", "L", (), (START - HOUR).timestamp(), values=[1.0, 2.0], counts=[95.0, 5.0], unit="Seconds"
    )
    wrong = stat_query("m3", "L")
    wrong["MetricStat"]["Unit"] = "Bytes"
    results = data(
        world, stat_query("m1", "L", "p95"), stat_query("m2", "L", "p99"), wrong, stat_query("m4", "none")
    )
    assert [result["Values"] for result in results["MetricDataResults"]] == [[1.0], [2.0], [], []]
    assert {result["StatusCode"] for result in results["MetricDataResults"]} == {"Complete"}


def test_a_search_gives_several_results_with_one_id():
    world = TinyWorld()
    for service, value in (("api", 5.0), ("web", 7.0)):
        world.metrics.put(
            "AWS/ECS", "CPUUtilization", {"ServiceName": service}, (START - HOUR).timestamp(), value=value
        )
    search = """SEARCH('{AWS/ECS,ServiceName} MetricName="CPUUtilization"', 'Average', 60)"""
    for label, expected in (
        (None, ["api", "web"]),
        ("CPU", ["CPU api", "CPU web"]),
        ("", ["api", "web"]),
        ("${LABEL}: ${LAST}", ["api: 5", "web: 7"]),
    ):
        query = {"Id": "s", "Expression": search} | ({} if label is None else {"Label": label})
        results = data(world, query, {"Id": "sum", "Expression": "SUM(s)", "Label": "total ${MAX}"})[
            "MetricDataResults"
        ]
        assert [result["Label"] for result in results] == [*expected, "total 12"]
        assert [result["Id"] for result in results] == ["s", "s", "sum"]


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 70), st.booleans())
def test_pages_hold_every_datapoint_once(size, descending):
    world = world_with(20, a=0.0, b=100.0)
    queries = [
        stat_query("m1", "a"),
        stat_query("none", "none"),
        stat_query("m2", "b"),
        {"Id": "e", "Expression": "m1*2"},
    ]
    scan = "TimestampDescending" if descending else "TimestampAscending"
    whole = data(world, *queries, ScanBy=scan)["MetricDataResults"]
    values: dict[str, list[float]] = {}
    status: dict[str, str] = {}
    more: dict[str, Any] = {}
    while True:
        answer = data(world, *queries, ScanBy=scan, MaxDatapoints=size, **more)
        assert sum(len(result["Values"]) for result in answer["MetricDataResults"]) <= size
        for result in answer["MetricDataResults"]:
            values.setdefault(result["Id"], []).extend(result["Values"])
            status[result["Id"]] = result["StatusCode"]
        # The world goes on while the reader pages.
        world.clock.at += timedelta(minutes=1)
        world.metrics.put("NS", "a", (), world.clock.at.timestamp() - 60, value=-1.0)
        if "NextToken" not in answer:
            break
        more = {"NextToken": answer["NextToken"]}
    assert values == {result["Id"]: result["Values"] for result in whole}
    assert set(status.values()) == {"Complete"}


@pytest.mark.parametrize(
    ("queries", "words"),
    [
        ([{"Id": "e1", "Expression": "m9 * 2"}], "Error in expression 'e1'"),
        ([{"Id": "e1", "Expression": "5 +"}], "Error in expression 'e1'"),
        ([stat_query("m1"), {"Id": "e1", "Expression": "AVG(m1)"}], "time series"),
        ([{"Id": "e1", "Expression": "e2"}, {"Id": "e2", "Expression": "e1"}], "itself"),
        ([stat_query("m1"), {"Id": "e1", "Expression": "m1^m2", "ReturnData": False}], "m2"),
        ([stat_query("m1", stat="median")], "median"),
    ],
)
def test_requests_that_are_refused(queries, words):
    with pytest.raises(AwsErrorResponse, match=words) as caught:
        data(TinyWorld(), *queries)
    assert caught.value.code == "ValidationError"


def test_a_bad_token_and_a_range_backwards():
    with pytest.raises(AwsErrorResponse) as caught:
        data(TinyWorld(), stat_query("m1"), NextToken="junk")
    assert caught.value.code == "InvalidNextToken"
    with pytest.raises(AwsErrorResponse, match="StartTime"):
        data(TinyWorld(), stat_query("m1"), EndTime=START - 2 * HOUR)


def test_huge_numbers_are_dropped_not_sent():
    world = world_with(2, a=2.0)
    (result,) = data(
        world, {"Id": "e", "Expression": "m1 ^ 10000 + 1"}, stat_query("m1", "a", ReturnData=False)
    )["MetricDataResults"]
    assert result["Values"] == []


def test_several_statistics_of_one_metric():
    world = world_with(2, a=1.0)
    answer = world.call(
        "GetMetricStatistics",
        Namespace="NS",
        MetricName="a",
        StartTime=START - HOUR,
        EndTime=START,
        Period=3600,
        Statistics=["Sum", "SampleCount"],
        ExtendedStatistics=["p100"],
    )
    (point,) = answer["Datapoints"]
    assert (point["Sum"], point["SampleCount"], point["Unit"]) == (3.0, 2.0, "Count")
    assert point["ExtendedStatistics"] == {"p100": 2.0}
