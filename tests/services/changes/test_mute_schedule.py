from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.changes.alarm_mute.parameters import LONGEST, MINUTE, MuteWindow, first_start, read_end
from services.demo.cloudwatch.alarms.mutes import parse_schedule

TOKYO = ZoneInfo("Asia/Tokyo")
START = datetime(2026, 1, 28, 1, 5, tzinfo=UTC)
MOMENTS = st.integers(0, 365 * 86_400_000).map(lambda passed: START + timedelta(milliseconds=passed))
ZONES = st.sampled_from([TOKYO, ZoneInfo("UTC"), ZoneInfo("Europe/Berlin")])


@given(MOMENTS)
def test_a_mute_begins_with_the_next_full_minute(at):
    start = first_start(at)
    assert timedelta() <= start - at < MINUTE
    assert (start.second, start.microsecond) == (0, 0)


@given(MOMENTS, st.integers(1, 15 * 24 * 60))
def test_aws_reads_the_window_that_was_confirmed(at, minutes):
    window = MuteWindow(first_start(at), first_start(at) + minutes * MINUTE)
    schedule = parse_schedule(window.schedule(TOKYO))
    assert schedule.times.next(0.0) == window.start.timestamp()
    assert schedule.duration == window.end - window.start


@given(MOMENTS, st.integers(1, 15 * 24 * 60), ZONES)
def test_an_end_that_is_typed_is_the_end(at, minutes, zone):
    start = first_start(at)
    end = start + minutes * MINUTE
    local = end.astimezone(zone)
    read, refusal = read_end(f"{local:%Y-%m-%d %H:%M}", start, zone)
    assert read == end or local.fold == 1, refusal


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ("tomorrow", "must look like"),
        ("2026-02-30 10:00", "must look like"),
        ("2026-01-28 10:05", "choose an end after"),
        ("2026-01-28 09:00", "choose an end after"),
        ("2026-02-12 10:06", "at most 15 days"),
        ("9999-12-31 23:59", "at most 15 days"),
    ],
)
def test_ends_that_are_refused(typed, reason):
    end, refusal = read_end(typed, START, TOKYO)
    assert end is None
    assert reason in refusal


@given(st.text(max_size=20))
def test_any_text_is_an_end_or_a_reason(typed):
    end, refusal = read_end(typed, START, TOKYO)
    assert (end is None) == bool(refusal)
    assert end is None or START < end <= START + LONGEST


@pytest.mark.parametrize(
    ("minutes", "duration"),
    [(1, "PT1M"), (60, "PT1H"), (90, "PT1H30M"), (1440, "P1D"), (21600, "P15D"), (1501, "P1DT1H1M")],
)
def test_durations(minutes, duration):
    assert MuteWindow(START, START + minutes * MINUTE).duration == duration
