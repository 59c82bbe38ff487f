import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.models.base import RawId
from services.models.metrics import MetricQuery
from services.models.units import (
    BYTES,
    BYTES_PER_SECOND,
    MILLISECONDS,
    PERCENT,
    PLAIN,
    SECONDS,
    Unit,
    number,
    unit_of,
)
from services.models.verdict import Limit


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (72.345, PERCENT, "72.3%"),
        (5.0, PERCENT, "5%"),
        (0.213, SECONDS, "213 ms"),
        (1.5, SECONDS, "1.50 s"),
        (0.0, SECONDS, "0 s"),
        (213.0, MILLISECONDS, "213 ms"),
        (45.3 * 2**30, BYTES, "45.3 GiB"),
        (12345.0, BYTES_PER_SECOND, "12.1 KiB/s"),
        (4321.0, PLAIN, "4,321"),
        (1234567.0, PLAIN, "1.23 M"),
        (0.0042, PLAIN, "0.0042"),
        (-1234567.0, PLAIN, "-1.23 M"),
        (0.5, Unit("ms", scale=1000), "500 ms"),
        (None, PERCENT, "—"),
        (math.nan, PERCENT, "—"),
        (math.inf, PLAIN, "—"),
    ],
)
def test_numbers_read_as_a_person_writes_them(value, unit, text):
    assert number(value, unit) == text


def test_exact_keeps_all_digits():
    assert number(1234567.125, PLAIN, exact=True) == "1,234,567.125"


@given(st.floats(allow_nan=False, allow_infinity=False), st.sampled_from([PLAIN, BYTES, SECONDS, PERCENT]))
def test_every_number_is_short(value, unit):
    assert len(number(value, unit)) <= 30


def query(namespace, metric, stat="Average"):
    return MetricQuery(id="m", namespace=RawId(namespace), metric=RawId(metric), stat=stat)


@pytest.mark.parametrize(
    ("namespace", "metric", "unit"),
    [
        ("AWS/ECS", "CPUUtilization", PERCENT),
        ("AWS/RDS", "FreeStorageSpace", BYTES),
        ("AWS/RDS", "NetworkReceiveThroughput", BYTES_PER_SECOND),
        ("AWS/ApplicationELB", "TargetResponseTime", SECONDS),
        ("AWS/ApplicationELB", "ProcessedBytes", BYTES),
        ("AWS/Lambda", "Duration", MILLISECONDS),
        ("AWS/RDS", "CPUCreditBalance", PLAIN),
        ("AWS/RDS", "DatabaseConnections", PLAIN),
    ],
)
def test_well_known_metrics_have_units(namespace, metric, unit):
    assert unit_of(query(namespace, metric)) == unit


@pytest.mark.parametrize(
    ("expression", "unit"),
    [
        ("IF(m3>0, 100*(FILL(m1,0)+m2)/m3, 0)", PERCENT),
        ("m1 / m2 * 100", PERCENT),
        ("m1/m2", PLAIN),
        ("m100*m1/m2", PLAIN),
        ("m1/m2*1000", PLAIN),
    ],
)
def test_a_quotient_times_a_hundred_is_in_percent(expression, unit):
    assert unit_of(MetricQuery(id=RawId("e"), expression=RawId(expression))) == unit


def test_a_sample_count_has_no_unit():
    assert unit_of(query("AWS/ECS", "CPUUtilization", "SampleCount")) == PLAIN


def test_the_runbooks_limit_decides():
    limit = Limit(id="l", title="", namespace=RawId(""), metric=RawId(""), below=0.5, unit="ms", scale=1000)
    assert unit_of(query("AWS/ApplicationELB", "TargetResponseTime"), limit) == Unit("ms", scale=1000)
