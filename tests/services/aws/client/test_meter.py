from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.aws.client.meter import UsageMeter
from services.clock import ManualClock

MIDNIGHT = datetime(2026, 4, 1, 15, 0, tzinfo=UTC)  # 0:00 JST on 2 April


def test_a_business_day_costs_what_the_facts_say():
    clock = ManualClock(datetime(2026, 3, 31, 23, 30, tzinfo=UTC))
    meter = UsageMeter(clock, usd_jpy=150)
    for _minute in range(525):
        meter.count("cloudwatch", "GetMetricData", metrics=14)
        meter.count("cloudwatch", "DescribeAlarms")
        meter.count("logs", "FilterLogEvents")
        clock.advance(60)
    usage = meter.snapshot()
    assert usage.day == date(2026, 4, 1)
    assert usage.calls == meter.calls_today == 1575
    assert usage.yen == meter.yen_today == pytest.approx(0.0735 * 150)
    assert usage.worst_yen == pytest.approx((0.0735 + 0.00525) * 150)
    assert "150" in usage.basis
    assert sum(row.yen for row in usage.rows) == pytest.approx(usage.yen)


def test_the_day_turns_at_jst_midnight():
    clock = ManualClock(datetime(2026, 4, 1, 14, 59, 59, tzinfo=UTC))
    meter = UsageMeter(clock)
    meter.count("cloudwatch", "GetMetricData", metrics=100)
    assert meter.yen_today > 0
    clock.advance(1)
    assert clock.now() == MIDNIGHT
    assert (meter.calls_today, meter.yen_today, meter.snapshot().rows) == (0, 0, ())
    assert meter.snapshot().day == date(2026, 4, 2)


def test_the_days_before_are_kept_until_they_are_written_down():
    clock = ManualClock(datetime(2026, 4, 3, 12, tzinfo=UTC))
    meter = UsageMeter(clock)
    for _day in range(3):
        meter.count("ecs", "DescribeServices")
        clock.advance(86400)
    assert [each.day.day for each in meter.days()] == [3, 4, 5, 6]
    clock.advance(30 * 86400)
    assert [each.calls for each in meter.days()] == [1, 1, 1, 0]


_CALLS = st.tuples(
    st.sampled_from(
        [("cloudwatch", "GetMetricData"), ("cloudwatch", "DescribeAlarms"), ("ecs", "DescribeServices")]
    ),
    st.integers(0, 500),
    st.integers(0, 40_000),
)


@given(st.lists(_CALLS))
def test_the_sum_is_that_of_the_rows_of_the_last_day(calls):
    clock = ManualClock(datetime(2026, 4, 1, tzinfo=UTC))
    meter = UsageMeter(clock)
    days: list[int] = []
    for (service, operation), metrics, wait in calls:
        clock.advance(wait)
        meter.count(service, operation, metrics=metrics if operation == "GetMetricData" else 0)
        days.append((clock.now() - datetime(2026, 3, 31, 15, tzinfo=UTC)).days)
    usage = meter.snapshot()
    assert usage.calls == sum(row.calls for row in usage.rows) == (days.count(days[-1]) if days else 0)
    assert usage.worst_yen >= usage.yen >= 0
