from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.calendar.maintenance_windows import DAY, WEEK, Window, daily, local_text, typed_as_local, weekly
from services.models.date_text import zoned_time

TOKYO = ZoneInfo("Asia/Tokyo")
MONDAY = datetime(2026, 1, 12, 0, 0, tzinfo=UTC)  # 9:00 JST
MOMENTS = st.datetimes(
    min_value=datetime(1950, 1, 1),  # noqa: DTZ001  made aware below
    max_value=datetime(2099, 1, 1),  # noqa: DTZ001
).map(lambda moment: moment.replace(tzinfo=UTC))
MINUTES = st.integers(0, 7 * 1440 - 1)
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def spelled(minutes):
    day, rest = divmod(minutes, 1440)
    return f"{_DAYS[day]}:{rest // 60:02}:{rest % 60:02}"


@given(MINUTES, st.integers(30, 1440), MOMENTS)
def test_a_weekly_window_recurs_once_a_week_at_its_time(start, length, at):
    window = weekly(f"{spelled(start)}-{spelled((start + length) % (7 * 1440))}")
    assert window.length == timedelta(minutes=length)
    coming = window.next(at)
    assert timedelta(0) <= coming - at < WEEK
    assert (coming.weekday() * 1440 + coming.hour * 60 + coming.minute, coming.second) == (start, 0)
    assert window.next(coming) == window.latest_start(coming) == coming
    assert window.latest_start(at) <= at < window.latest_start(at) + WEEK
    assert list(window.between(at, at + 3 * WEEK))[:3] == [coming, coming + WEEK, coming + 2 * WEEK]
    chance = window.chance(at)
    assert chance in window
    assert (chance == at) is (at in window)
    assert (coming in window, window.end(coming) in window) == (True, False)


@given(st.integers(0, 1439), st.integers(30, 1439), MOMENTS)
def test_a_daily_window_recurs_every_day(start, length, at):
    end = (start + length) % 1440
    window = daily(f"{start // 60:02}:{start % 60:02}-{end // 60:02}:{end % 60:02}")
    coming = window.next(at)
    assert timedelta(0) <= coming - at < DAY
    assert coming.hour * 60 + coming.minute == start
    assert window.length == timedelta(minutes=length)


@pytest.mark.parametrize("text", ["", "sat:17:00", "sat:17:00-sat:24:00", "so:17:00-so:18:00", "18:10-18:40"])
def test_what_is_no_weekly_window(text):
    assert weekly(text) is None


@pytest.mark.parametrize("text", ["", "18:10", "24:00-24:30", "sat:17:00-sat:18:00"])
def test_what_is_no_daily_window(text):
    assert daily(text) is None


def test_in_local_words():
    window, backup = weekly("Sat:17:00-Sat:18:00"), daily("18:10-18:40")
    assert window
    assert backup
    assert local_text(window, TOKYO, MONDAY) == "Sunday 02:00–03:00 JST"
    assert local_text(backup, TOKYO, MONDAY) == "03:10–03:40 JST"
    assert zoned_time(window.next(MONDAY), TOKYO) == "2026-01-18(Sun) 02:00 JST"
    across = weekly("sun:23:30-mon:00:30")
    assert across
    assert across.length == timedelta(hours=1)
    assert datetime(2026, 1, 12, 0, 10, tzinfo=UTC) in across


def test_trap_17_a_window_typed_in_local_time_is_recognised():
    meant, typed = weekly("sat:17:00-sat:18:00"), weekly("sun:02:00-sun:03:00")
    assert meant
    assert typed
    assert typed_as_local(meant, typed, TOKYO, MONDAY)
    assert local_text(typed, TOKYO, MONDAY) == "Sunday 11:00–12:00 JST"
    assert not typed_as_local(meant, meant, TOKYO, MONDAY)
    assert not typed_as_local(meant, meant, ZoneInfo("UTC"), MONDAY)
    other = Window(WEEK, typed.offset + timedelta(hours=1), typed.length)
    assert not typed_as_local(meant, other, TOKYO, MONDAY)
