"""Opening hours between two moments, and the times without any."""

from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from services.calendar.calendar import Calendar
from services.runbook.loader import load_named

FACILITY = Calendar(load_named("facility-prod"))
QUARTER = timedelta(minutes=15)
"""Opening hours begin and end at one."""
STARTS = st.integers(0, 366 * 96).map(lambda number: datetime(2026, 1, 1, tzinfo=UTC) + QUARTER * number)


@settings(deadline=None)
@given(STARTS, st.integers(0, 12 * 96))
def test_hours_are_those_in_which_the_office_is_open(since: datetime, quarters: int) -> None:
    inside = sum(FACILITY.within_hours(since + QUARTER * number) for number in range(quarters))
    assert FACILITY.hours_between(since, since + QUARTER * quarters) == QUARTER * inside


@settings(deadline=None)
@given(STARTS, st.integers(1, 12 * 96))
def test_a_time_in_no_closure_is_open(since: datetime, quarters: int) -> None:
    until = since + QUARTER * quarters
    closed = list(FACILITY.closed_times(since, until))
    assert all(begins < until and ends > since for begins, ends in closed)
    for number in range(quarters):
        at = since + QUARTER * number
        assert any(begins <= at < ends for begins, ends in closed) is not FACILITY.within_hours(at)


def test_the_new_year_is_one_closed_time() -> None:
    night = datetime(2025, 12, 30, tzinfo=UTC)
    (closed,) = FACILITY.closed_times(night, night + timedelta(hours=1))
    assert closed == (
        FACILITY.local(night.date().replace(day=26), "17:15"),
        datetime(2026, 1, 4, 23, 30, tzinfo=UTC),
    )
