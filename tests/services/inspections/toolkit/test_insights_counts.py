"""Counts of `stats count(*) as n`: what is no count makes nothing of the rest."""

import pytest

from services.inspections.error_logs.counting import _fives
from services.inspections.toolkit.logs.hourly_counts import binned, count_of
from services.models.insights import QueryResult, QueryState

HOUR = "2026-01-14 00:00:00.000"


@pytest.mark.parametrize(
    ("row", "count"),
    [
        ({"n": "12"}, 12),
        ({"n": "12.0"}, 12),
        ({}, None),
        ({"n": "0"}, None),
        ({"n": "-3"}, None),
        ({"n": "NaN"}, None),
        ({"n": "1e999"}, None),
        ({"n": "twelve"}, None),
    ],
)
def test_a_group_has_a_count_or_cannot_be_read(row, count):
    assert count_of(row) == count
    result = QueryResult(state=QueryState.COMPLETE, rows=({"bin(1h)": HOUR, **row},))
    hours = binned(result)
    assert (hours is None) is (count is None)


def test_a_status_that_is_no_number_is_not_taken_for_no_error():
    assert _fives([("200", 3), ("502", 2), ("0", 1)]) == 2
    assert _fives([("200", 3), ("5xx", 2)]) is None
    assert _fives([("NaN", 1)]) is None
