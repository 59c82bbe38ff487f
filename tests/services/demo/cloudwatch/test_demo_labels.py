from datetime import UTC, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.demo.cloudwatch.math.series import Grid, Line
from services.demo.cloudwatch.metrics.labels import distinguishing, is_dynamic, resolve, zone
from services.demo.cloudwatch.store import metric_key

KEY = metric_key("AWS/ECS", "CPUUtilization", {"ServiceName": "staff-api"})
LINE = Line({0: 1.0, 60: 4.5, 120: 2.0}, Grid(0, 180, 60), "CPUUtilization", KEY, "Average")


@pytest.mark.parametrize(
    ("label", "expected"),
    [
        ("CPU ${LAST}", "CPU 2"),
        ("${MAX} ${MIN} ${SUM} ${AVG} ${FIRST} ${DATAPOINT_COUNT}", "4.5 1 7.5 2.5 1 3"),
        ("[max: ${MAX} of ${LABEL}]", "[max: 4.5 of CPUUtilization]"),
        ("${PROP('Dim.ServiceName')} ${PROP('MetricName')}", "staff-api CPUUtilization"),
        ("${PROP('Namespace')} ${PROP('Stat')} ${PROP('Period')}", "AWS/ECS Average 60"),
        ("${PROP('Region')} ${PROP('AccountId')}", "ap-northeast-1 1"),
        ("${MAX_TIME} ${FIRST_LAST_RANGE}", "1970-01-01 09:01:00 1"),
        ("${PROP('Dim.Nothing')} ${WHAT} $MAX", "${PROP('Dim.Nothing')} ${WHAT} $MAX"),
    ],
)
def test_tokens(label: str, expected: str) -> None:
    properties = {"Region": "ap-northeast-1", "AccountId": "1"}
    assert resolve(label, LINE, properties, zone("+0900")) == expected


def test_without_data_a_token_is_two_dashes() -> None:
    assert resolve("${LAST} ${LAST_TIME}", LINE.with_points({}), {}) == "-- --"


def test_zones() -> None:
    assert zone("") is UTC
    assert zone("-0330").utcoffset(None) == -timedelta(hours=3, minutes=30)
    for bad in ("JST", "+09", "+0960"):
        with pytest.raises(ValueError, match=r"."):
            zone(bad)


def test_labels_of_a_search_say_what_differs() -> None:
    def found(namespace: str, name: str, **dimensions: str) -> Line:
        return Line({}, LINE.grid, name, metric_key(namespace, name, dimensions))

    services = [found("NS", "CPU", S="a", C="c"), found("NS", "CPU", S="b", C="c")]
    assert distinguishing(services) == ["a", "b"]
    assert distinguishing([found("NS", "CPU"), found("NS", "Memory")]) == ["CPU", "Memory"]
    assert distinguishing([found("NS", "CPU", S="a")]) == ["CPU"]
    assert distinguishing([]) == []


@given(st.text(alphabet="${}PROP('Dim.x)MAXLST", max_size=30))
def test_no_label_breaks(label: str) -> None:
    resolve(label, LINE, {})
    if not is_dynamic(label):
        assert resolve(label, LINE, {}) == label
