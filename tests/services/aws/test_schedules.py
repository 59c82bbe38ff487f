"""When scheduled actions act; the embedded AWS, which reckons for itself, is the other opinion."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.aws.autoscaling.schedules import MOST, UnreadableSchedule, moments
from services.demo.schedules import parse
from services.models.base import RawId
from services.models.ecs import ScheduledAction

TOKYO = "Asia/Tokyo"
NOW = datetime(2026, 1, 14, 1, 0, tzinfo=UTC)  # A Wednesday, 10:00 JST


def action(schedule, timezone=TOKYO, **more):
    return ScheduledAction(id=RawId("a"), name="a", schedule=RawId(schedule), timezone=timezone, **more)


def jst(schedule, days=40, timezone=TOKYO, **more):
    instants = moments(action(schedule, timezone, **more), NOW, NOW + timedelta(days=days))
    return [f"{each.astimezone(ZoneInfo(TOKYO)):%m-%d %H:%M}" for each in instants]


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        ("cron(0 22 14 * ? *)", ["01-14 22:00", "02-14 22:00"]),
        ("cron(0 9,22 ? JAN 4 *)", ["01-14 22:00", "01-21 09:00", "01-21 22:00", "01-28 09:00", "01-28 22:00"]),
        ("cron(30 0 L * ? *)", ["01-31 00:30"]),
        ("cron(0 1 ? * 6L *)", ["01-30 01:00"]),
        ("cron(0 1 ? * FRI#3 2026)", ["01-16 01:00", "02-20 01:00"]),
        ("cron(0 1 * * ? 2027)", []),
        ("cron(0 10 14 1 ? *)", []),
    ],
)  # fmt: skip
def test_cron_as_the_user_guide_writes_it(schedule, expected):
    assert jst(schedule) == expected


def test_a_time_without_a_zone_is_utc():
    assert jst("cron(0 13 ? * WED *)", 7, "UTC") == ["01-14 22:00"]


def test_a_rate_counts_from_its_start_else_from_its_making():
    created = NOW - timedelta(hours=5)
    assert jst("rate(6 hours)", 0.5, created=created) == ["01-14 11:00", "01-14 17:00"]
    start = NOW + timedelta(hours=2)
    assert jst("rate(1 day)", 2, created=created, start=start) == ["01-14 12:00", "01-15 12:00"]


def test_nothing_before_its_start_or_after_its_end():
    start, end = NOW + timedelta(days=1), NOW + timedelta(days=3)
    assert jst("cron(0 22 * * ? *)", start=start, end=end) == ["01-15 22:00", "01-16 22:00"]


@pytest.mark.parametrize(
    "schedule",
    [
        "cron(0 1 15W * ? *)",
        "cron(0 1 1 * MON *)",
        "cron(61 1 * * ? *)",
        "cron(0 1 * * ?)",
        "rate(0 days)",
        "rate(1 day)",  # nothing says from when
        "at(2026-13-01T00:00:00)",
        "",
    ],
)
def test_what_cannot_be_computed_is_reported(schedule):
    with pytest.raises(UnreadableSchedule):
        jst(schedule)


def test_an_unknown_zone_and_too_many_moments_are_unreadable():
    with pytest.raises(UnreadableSchedule):
        jst("cron(0 1 * * ? *)", timezone="Mars/Olympus")
    assert len(jst("cron(* * * * ? *)", MOST / 1440)) == MOST
    with pytest.raises(UnreadableSchedule):
        jst("cron(* * * * ? *)", 1 + MOST / 1440)


def field(low, high):
    number = st.integers(low, high)
    pair = st.tuples(number, number).map(sorted)
    return st.one_of(
        st.just("*"),
        number.map(str),
        st.lists(number, min_size=1, max_size=3).map(lambda values: ",".join(map(str, values))),
        pair.map(lambda bounds: f"{bounds[0]}-{bounds[1]}"),
    )


@given(
    st.integers(0, 59),
    st.integers(0, 23),
    field(1, 12),
    st.one_of(field(1, 28).map(lambda days: (days, "?")), field(1, 7).map(lambda days: ("?", days))),
    st.sampled_from([TOKYO, "UTC", "America/St_Johns"]),
)
def test_the_embedded_aws_reckons_the_same(minute, hour, months, days, zone):
    expression = f"cron({minute} {hour} {days[0]} {months} {days[1]} *)"
    # In the hour that the clocks skip or repeat either answer is right.
    until = NOW + timedelta(days=50 if zone == "America/St_Johns" else 120)
    rule, after, expected = parse(expression, ZoneInfo(zone), 0.0), NOW.timestamp(), []
    while (after := rule.next(after) or 1e12) <= until.timestamp():
        expected.append(datetime.fromtimestamp(after, UTC))
    assert list(moments(action(expression, zone), NOW, until)) == expected
