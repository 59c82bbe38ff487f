from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.models.alarm_readings import LATE, AlarmReadings, present_value
from services.models.alarms import Alarm, AlarmState
from services.models.base import RawId
from services.models.curve_spans import LEAST_POINTS, SPANS, curve_queries, curve_range, drawn_stat, period_of
from services.models.feeds import FeedState
from services.models.metrics import MetricQuery, Series, SeriesStatus
from services.models.problem import Problem, ProblemKind
from services.models.sparklines import levels, pieces

NOW = datetime(2026, 1, 14, 1, 0, 30, tzinfo=UTC)
STATS = st.sampled_from(("Average", "Maximum", "Minimum", "Sum", "SampleCount", "p95"))
PERIODS = st.sampled_from((10, 60, 300, 3600, 86_400))


def alarm(stat="Average", period=60, comparison=">="):
    query = MetricQuery(
        id="m1", namespace=RawId("AWS/ECS"), metric=RawId("CPUUtilization"), stat=stat, period=period
    )
    return Alarm(
        id=RawId("cpu"), name="cpu", state=AlarmState.OK, queries=(query,), period=period, comparison=comparison,
        threshold=70.0,
    )  # fmt: skip


@given(
    st.sampled_from(SPANS),
    STATS,
    PERIODS,
    st.integers(10**9, 2 * 10**9).map(lambda at: datetime.fromtimestamp(at, UTC)),
)
def test_a_span_is_whole_periods_that_have_ended(span, stat, period, now):
    watched = alarm(stat, period)
    step, read = period_of(span, watched), curve_range(span, watched, now)
    assert step >= max(60, period)
    assert read.end <= now < read.end + timedelta(seconds=step)
    assert read.end.timestamp() % step == 0
    assert (read.end - read.start).total_seconds() >= max(span.length.total_seconds(), LEAST_POINTS * step)
    (query,) = curve_queries(span, watched)
    assert query.period == step
    assert (query.stat == stat) or stat not in ("Sum", "SampleCount"), "counts are never averaged"


def test_the_runbooks_hour_is_five_minute_means_and_the_worst_of_each_minute():
    means, worst = SPANS[:2]
    assert (drawn_stat(means, alarm("p95")), period_of(means, alarm())) == ("Average", 300)
    assert (drawn_stat(worst, alarm()), period_of(worst, alarm())) == ("Maximum", 60)
    assert drawn_stat(worst, alarm(comparison="<=")) == "Minimum", "for free storage less is worse"


@given(st.integers(60, 3600), st.integers(0, 20_000))
def test_an_old_value_is_never_the_present_one(period, age):
    at = int(NOW.timestamp()) - age
    value = present_value((at,), (1.0,), period, NOW)
    assert (value is None) == (age - period > max(LATE, 2 * period))


def test_a_failed_read_makes_values_doubtful_not_old():
    watched = alarm()
    series = Series(id="m1", label="cpu", times=(int(NOW.timestamp()) - 60,), values=(3.0,), period=60)
    problem = Problem(kind=ProblemKind.EXPIRED, summary="", at=NOW)
    states = {
        "fresh": FeedState(value=(), fetched_at=NOW),
        "failed": FeedState(value=(), fetched_at=NOW, problem=problem),
    }
    values = {
        name: AlarmReadings(read={"cpu": series}, own=state).now(watched, NOW)
        for name, state in states.items()
    }
    assert (values["fresh"].value, values["fresh"].doubtful) == (3.0, False)
    assert (values["failed"].value, values["failed"].doubtful) == (None, True)
    assert AlarmReadings().now(alarm(), NOW).value is None


@pytest.mark.parametrize("status", SeriesStatus)
@pytest.mark.parametrize("place", ["drawn", "read"])
def test_a_metric_that_may_not_be_read_is_not_one_without_data(place, status):
    fresh: FeedState[Any] = FeedState(value=(), fetched_at=NOW)
    series = Series(id="m1", label="cpu", status=status)
    readings = AlarmReadings(**{place: {"cpu": series}}, dashboard=fresh, own=fresh)
    now = readings.now(alarm(), NOW)
    assert (now.value, now.doubtful) == (None, status is not SeriesStatus.COMPLETE)


POINTS = st.lists(
    st.tuples(st.integers(0, 7200), st.floats(0, 1e9)), max_size=60, unique_by=lambda point: point[0]
)


@given(POINTS, st.integers(3600, 7200), st.integers(1, 30), st.booleans())
def test_a_sparkline_shows_the_worst_of_each_piece(points, end, cells, least):
    points.sort()
    times, values = [at for at, _value in points], [value for _at, value in points]
    shown = pieces(times, values, end=end, cells=cells, seconds=300, least=least)
    assert len(shown) == cells
    first = (end // 300 - cells + 1) * 300
    for index, value in enumerate(shown):
        inside = [value for at, value in points if first + index * 300 <= at < first + (index + 1) * 300]
        assert value == (((min if least else max)(inside)) if inside else None)


@given(POINTS, st.integers(3600, 5000))
def test_a_minute_later_a_sparkline_is_the_same_or_moved_by_one_cell(points, end):
    points = sorted(point for point in points if point[0] <= end)
    times, values = [at for at, _value in points], [value for _at, value in points]
    one = pieces(times, values, end=end, cells=12, seconds=300)
    two = pieces(times, values, end=end + 60, cells=12, seconds=300)
    assert two in (one, (*one[1:], None))


@given(st.lists(st.none() | st.floats(-1e9, 1e9), max_size=20), st.none() | st.floats(-1e9, 1e9))
def test_levels_are_ordered_as_the_values(values, limit):
    shown = levels(values, limit, 8)
    assert all(level is None or 0 <= level < 8 for level in shown)
    pairs = [
        (value, level)
        for value, level in zip(values, shown, strict=True)
        if value is not None and level is not None
    ]
    assert all(
        two >= one for (_low, one), (_high, two) in zip(sorted(pairs), sorted(pairs)[1:], strict=False)
    )


@pytest.mark.parametrize("value", [0.0, 5.0])
def test_a_level_line_has_a_level(value):
    assert None not in levels([value] * 3, None, 8)


def test_a_scale_begins_at_zero():
    assert levels([0.5, 1.0], None, 8) == (4, 7)
    assert levels([5.0, 10.0], None, 8, headroom=2.0) == (2, 4)
