from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.calendar.calendar import Calendar
from services.changes.rds_class.state import busy_days, last_open_days, span_of
from services.changes.rds_storage.parameters import iops_to_send, is_legal, last_change, next_legal, smallest
from services.models.metrics import Series
from services.models.rds import DatabaseEvent, SizeRange, StorageOption
from services.runbook.loader import load_builtin

CALENDAR = Calendar(load_builtin("facility-prod"))
NOW = datetime(2026, 1, 28, 1, 0, tzinfo=UTC)  # A Wednesday, 10:00 JST

RANGES = st.lists(
    st.builds(
        lambda first, length, step: SizeRange(first=first, last=first + length, step=step),
        st.integers(0, 300),
        st.integers(0, 300),
        st.integers(1, 50),
    ),
    max_size=3,
)


def option(kind="gp3", *sizes, iops=12000):
    ranges = (SizeRange(first=iops, last=64000),) if iops else ()
    return StorageOption(storage_type=kind, sizes=sizes or (SizeRange(first=20, last=65536),), iops=ranges)


@given(st.integers(0, 700), RANGES)
def test_the_next_legal_size_is_the_smallest_legal_one(least, ranges):
    legal = [size for size in range(least, 1300) if is_legal(size, ranges)]
    assert next_legal(least, ranges) == (legal[0] if legal else None)


@given(st.integers(20, 60000))
def test_an_extension_is_at_least_ten_per_cent(current):
    size = smallest(current, option())
    if size is None:
        assert current * 1.1 > 65536
        return
    assert size * 10 >= current * 11
    assert (size - 1) * 10 < current * 11


@pytest.mark.parametrize(
    ("engine", "storage", "size", "current", "sent"),
    [
        ("postgres", option(), 399, 3000, None),
        ("postgres", option(), 400, 3000, 12000),
        ("postgres", option(), 500, 16000, 16000),
        ("postgres", option(iops=None), 400, 3000, 12000),
        ("oracle-ee", option(), 200, 3000, 12000),
        ("oracle-ee", option(), 199, 3000, None),
        ("sqlserver-se", option(iops=3000), 100, 4000, 4000),
        ("postgres", option("io1"), 200, 1000, 1000),
        ("postgres", option("gp2"), 1000, None, None),
    ],
)
def test_iops_are_sent_where_the_type_needs_them(engine, storage, size, current, sent):
    assert iops_to_send(engine, storage, size, current) == sent


def test_the_last_change_of_the_storage_is_read_from_events():
    def event(message, hour):
        return DatabaseEvent(at=NOW.replace(hour=hour), message=message)

    events = [
        event("Applying modification to allocated storage", 5),
        event("Finished applying autoscaling-initiated modification to allocated storage", 4),
        event("Finished applying modification to allocated storage.", 2),
        event("Finished applying modification to DB instance class", 6),
    ]
    assert last_change(events) == NOW.replace(hour=4)
    assert last_change(events[:1]) is None


def test_the_last_open_days_skip_weekends_and_holidays():
    assert last_open_days(CALENDAR, NOW) == tuple(date(2026, 1, day) for day in (21, 22, 23, 26, 27))
    after_holidays = last_open_days(CALENDAR, datetime(2026, 1, 5, 1, 0, tzinfo=UTC))
    assert after_holidays == tuple(date(2025, 12, day) for day in (22, 23, 24, 25, 26))


@pytest.mark.parametrize(
    ("hours", "busy"),
    [
        ([(21, 10), (22, 16), (26, 9)], 3),
        ([(21, 10), (21, 11), (22, 16)], 2),
        ([(21, 3), (22, 7), (23, 18)], 0),  # outside of the opening hours
        ([(24, 10), (25, 10), (26, 10)], 1),  # at the weekend
    ],
)
def test_a_larger_class_is_proposed_after_three_busy_days_of_five(hours, busy):
    days = last_open_days(CALENDAR, NOW)
    span = span_of(CALENDAR, days)
    times = [int((span.start + timedelta(hours=hour)).timestamp()) for hour in range(7 * 24)]
    over = {int(CALENDAR.local(date(2026, 1, day), f"{hour:02}:00").timestamp()) for day, hour in hours}
    values = [70.0 if at in over else 69.9 for at in times]
    cpu = Series(id="cpu", label="", times=tuple(times), values=tuple(values), period=3600)
    result = busy_days(CALENDAR, days, cpu, 70)
    assert (len(result.busy), result.is_proposed) == (busy, busy >= 3)
