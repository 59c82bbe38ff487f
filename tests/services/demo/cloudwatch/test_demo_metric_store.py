import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.demo.cloudwatch.store import Bucket, MetricStore, is_stat, metric_key, percentile, trimmed_mean

KEY = metric_key("NS", "M")
VALUES = st.floats(min_value=-1e6, max_value=1e6)


def test_dimensions_in_any_order_are_the_same_metric():
    store = MetricStore()
    store.put("NS", "M", {"B": "2", "A": "1"}, 0, value=1.0)
    store.put("NS", "M", (("A", "1"), ("B", "2")), 60, value=2.0)
    assert store.metrics() == [metric_key("NS", "M", {"A": "1", "B": "2"})]


def test_a_period_sums_up_its_minutes():
    store = MetricStore()
    for minute, value in enumerate([1.0, 2.0, 3.0, 10.0, 4.0, 100.0]):
        store.put("NS", "M", (), minute * 60 + 30, value=value, unit="Percent")
    first, second = store.buckets(KEY, 0, 600, 300)
    assert (first.at, second.at) == (0, 300)
    assert [first.stat(name) for name in ("Average", "Sum", "Minimum", "Maximum", "SampleCount")] == [
        4,
        20,
        1,
        10,
        5,
    ]
    assert second.stat("p50") == 100.0
    assert store.unit(KEY) == "Percent"
    assert store.newest(KEY) == 300


def test_periods_count_from_the_start_of_the_range_and_gaps_stay_gaps():
    store = MetricStore()
    for minute in (0, 1, 2, 9):
        store.put("NS", "M", (), minute * 60, value=float(minute))
    assert [(bucket.at, bucket.sum) for bucket in store.buckets(KEY, 60, 900, 120)] == [(60, 3.0), (540, 9.0)]


def test_reading_does_not_change_what_is_stored():
    store = MetricStore()
    store.put("NS", "M", (), 0, values=[1.0, 2.0], counts=[3.0, 1.0])
    store.put("NS", "M", (), 60, value=5.0)
    assert store.buckets(KEY, 0, 120, 120) == store.buckets(KEY, 0, 120, 120)


def test_values_and_counts_add_up_in_one_minute():
    store = MetricStore()
    store.put("NS", "M", (), 0, value=1.0)
    store.put("NS", "M", (), 10, values=[2.0, 3.0], counts=[2.0, 1.0])
    (bucket,) = store.buckets(KEY, 0, 60, 60)
    assert (bucket.count, bucket.sum, bucket.stat("p50"), bucket.stat("p100")) == (4, 8, 2, 3)


def test_old_minutes_are_dropped():
    store = MetricStore(retention_days=1)
    for minute in range(3000):
        store.put("NS", "M", (), minute * 60, value=1.0)
    buckets = store.buckets(KEY, 0, 3000 * 60, 60)
    assert 1440 <= len(buckets) <= 1501
    assert buckets[-1].at == 2999 * 60


def test_a_range_of_years_reads_only_what_is_there():
    store = MetricStore()
    store.put("NS", "M", (), 1_700_000_000, value=1.0)
    assert len(store.buckets(KEY, 0, 4_000_000_000, 86_400)) == 1


@given(st.lists(st.tuples(st.integers(0, 59), VALUES), max_size=60), st.sampled_from([60, 120, 300, 900]))
def test_every_sample_is_counted_once(points, period):
    store = MetricStore()
    for minute, value in points:
        store.put("NS", "M", (), minute * 60, value=value)
    buckets = store.buckets(KEY, 0, 3600, period)
    assert sum(bucket.count for bucket in buckets) == len(points)
    assert math.isclose(
        sum(bucket.sum for bucket in buckets), sum(value for _, value in points), abs_tol=1e-3
    )
    for bucket in buckets:
        mine = [value for minute, value in points if bucket.at <= minute * 60 < bucket.at + period]
        assert (bucket.min, bucket.max) == (min(mine), max(mine))
        assert bucket.samples is not None
        assert sum(bucket.samples.values()) == len(mine)


@given(st.lists(VALUES, min_size=1, max_size=50), st.floats(0.01, 1.0))
def test_a_percentile_is_a_sample_that_enough_samples_do_not_exceed(values, share):
    counted: dict[float, float] = {}
    for value in values:
        counted[value] = counted.get(value, 0.0) + 1
    sample = percentile(counted, share)
    assert sample in values
    assert sum(value <= sample for value in values) >= share * len(values) - 1e-6
    assert sum(value < sample for value in values) < share * len(values) + 1e-6
    assert min(values) - 1e-6 <= trimmed_mean(counted, share) <= max(values) + 1e-6


@pytest.mark.parametrize(
    ("name", "valid"),
    [
        ("Average", True),
        ("p95", True),
        ("p99.9", True),
        ("tm99", True),
        ("p101", False),
        ("average", False),
        ("", False),
    ],
)
def test_names_of_statistics(name, valid):
    assert is_stat(name) is valid
    if not valid:
        with pytest.raises(KeyError):
            Bucket(0, 1, 1, 1, 1, {1.0: 1.0}).stat(name)
