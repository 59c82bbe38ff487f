from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.typed_days import read_coming_day, read_day

TODAY = date(2026, 1, 14)
days = st.dates(date(2000, 1, 1), date(2099, 12, 31))


@pytest.mark.parametrize(
    ("text", "back", "ahead"),
    [
        ("14", date(2026, 1, 14), date(2026, 1, 14)),
        ("15", date(2025, 12, 15), date(2026, 1, 15)),
        ("3/31", date(2025, 3, 31), date(2026, 3, 31)),
        ("１月１３日", date(2026, 1, 13), date(2027, 1, 13)),
        ("2/29", date(2024, 2, 29), date(2028, 2, 29)),
        ("2027-03-31", date(2027, 3, 31), date(2027, 3, 31)),
        ("2027-03", None, date(2027, 3, 1)),
        ("2027年3月", None, date(2027, 3, 1)),
        ("明日", None, date(2026, 1, 15)),
        ("yesterday", date(2026, 1, 13), None),
        ("-2", date(2026, 1, 12), None),
        ("2027-13", None, None),
        ("2027-02-30", None, None),
        ("rds", None, None),
        ("", None, None),
    ],
)
def test_days_are_read_as_people_write_them(text, back, ahead):
    assert (read_day(text, TODAY), read_coming_day(text, TODAY)) == (back, ahead)


@given(days, days)
def test_a_whole_date_is_itself_and_a_short_one_is_the_nearest(day, today):
    for written in (
        f"{day:%Y-%m-%d}",
        f"{day.year}/{day.month}/{day.day}",
        f"{day.year}年{day.month}月{day.day}日",
    ):
        assert read_day(written, today) == read_coming_day(written, today) == day
    back, ahead = read_day(str(day.day), today), read_coming_day(str(day.day), today)
    assert back is not None
    assert back <= today <= ahead
    assert back.day == ahead.day == day.day
    assert ahead - back < timedelta(days=125)


@given(st.text(max_size=12), days)
def test_anything_else_is_no_day_and_no_error(text, today):
    read_day(text, today)
    read_coming_day(text, today)


@pytest.mark.parametrize("text", ["9999-12-31", "0001-01-01", "9999-12", "999999d", "1899-12-31"])
def test_a_day_without_moments_in_every_zone_is_no_day(text):
    assert read_day(text, date(2026, 1, 14)) is None
    assert read_coming_day(text, date(2026, 1, 14)) is None
