from datetime import UTC, date, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from services.calendar.calendar import Calendar
from services.runbook.loader import load_named

FACILITY = Calendar(load_named("facility-prod"))
QUARTER = timedelta(minutes=15)  # Opening hours begin and end at one
STARTS = st.integers(0, 366 * 96).map(lambda number: datetime(2026, 1, 1, tzinfo=UTC) + QUARTER * number)


@settings(deadline=None)
@given(STARTS, st.integers(0, 12 * 96))
def test_hours_are_those_in_which_the_office_is_open(since, quarters):
    inside = sum(FACILITY.within_hours(since + QUARTER * number) for number in range(quarters))
    assert FACILITY.hours_between(since, since + QUARTER * quarters) == QUARTER * inside


def test_the_new_year_has_no_hours():
    closes, opens = FACILITY.local(date(2025, 12, 26), "17:15"), datetime(2026, 1, 4, 23, 30, tzinfo=UTC)
    assert not FACILITY.hours_between(closes, opens)
    assert FACILITY.hours_between(closes - QUARTER, opens + QUARTER) == 2 * QUARTER
