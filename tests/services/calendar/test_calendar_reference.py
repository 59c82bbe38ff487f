"""The naive one knows no RFC 5545: it reads the runbook's words and walks day by day, 2026 to 2030."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from functools import cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

import pytest

from services.calendar.calendar import Calendar
from services.models.runbook import Runbook
from services.runbook.loader import load_named
from tests.services.calendar.calendar_world import every

JST = ZoneInfo("Asia/Tokyo")
BOOK: Runbook = load_named("facility-prod")
CALENDAR = Calendar(BOOK)
DUTIES = {duty.id: duty for duty in BOOK.duties}
MONTHS = [date(year, month, 1) for year in range(2026, 2031) for month in range(1, 13)]


class Expected(NamedTuple):
    day: date
    until: date
    due: datetime
    duty: str
    nominal: tuple[date, ...]


def is_open(day):
    new_year = (day.month, day.day) >= (12, 29) or (day.month, day.day) <= (1, 3)
    return day.weekday() < 5 and not new_year and not CALENDAR.open_days.holiday(day)


def forward(day):
    return day if is_open(day) else forward(day + timedelta(days=1))


def back(day):
    return day if is_open(day) else back(day - timedelta(days=1))


def third_last_open(day):
    rest = [each for each in every(day, month_end(day)) if is_open(each)]
    return is_open(day) and len(rest) == 3


def month_end(day):
    return (day.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)


def _day(_day):
    return True


def _monday(day):
    return day.weekday() == 0


def _sunday(day):
    return day.weekday() == 6


def _first(day):
    return day.day == 1


def _first_of(*months):
    return lambda day: day.day == 1 and day.month in months


DAILY, WEEKLY, MONTHLY = (
    ("daily-morning", "daily-afternoon", "daily-evening"),
    ("weekly-backup", "weekly-cost", "weekly-patches"),
    ("monthly-trail", "monthly-patches", "monthly-review", "scale-down"),
)
RULES: dict[str, Callable[[date], bool]] = {
    **dict.fromkeys(DAILY, _day),
    **dict.fromkeys(WEEKLY, _monday),
    **dict.fromkeys(MONTHLY, _first),
    "weekly-deploy": _sunday,
    "month-end-scale-up": lambda day: third_last_open(day) and day.month != 3,
    "year-end-scale-up": lambda day: third_last_open(day) and day.month == 3,
    "dr-drill": _first_of(1, 4, 7, 10),
    "failover-drill": _first_of(4),
    "region-drill": _first_of(10),
}
DRILLS = ("dr-drill", "failover-drill", "region-drill")
TIMES = dict.fromkeys(RULES, "09:00") | {
    "daily-afternoon": "14:00",
    "daily-evening": "17:00",
    "scale-down": "17:00",
    "weekly-deploy": "02:00",
    **dict.fromkeys(DRILLS, ""),
}


def place(name, nominal):
    if name in DAILY:
        return (nominal, nominal) if is_open(nominal) else None
    if name == "weekly-deploy":
        return nominal, nominal
    if name in DRILLS:
        return forward(nominal), back(month_end(nominal))
    day = forward(nominal)
    return day, day


@cache
def expected():
    by_place: dict[tuple[str, date, date], list[date]] = {}
    for nominal in every(date(2025, 1, 1), date(2032, 12, 31)):
        for name, applies in RULES.items():
            placed = place(name, nominal) if applies(nominal) else None
            if placed:
                by_place.setdefault((name, *placed), []).append(nominal)
    order = list(DUTIES)
    slots = [
        Expected(day, until, moment(day, TIMES[name]), name, tuple(nominal))
        for (name, day, until), nominal in by_place.items()
    ]
    return tuple(sorted(slots, key=lambda slot: (slot.due, order.index(slot.duty))))


def moment(day, at):
    return datetime.fromisoformat(f"{day} {at or '00:00'}").replace(tzinfo=JST)


def follows(duty, other):
    return duty.id == other.id or (duty.series is not None and duty.series == other.series)


def test_every_duty_with_a_rule_is_compared():
    assert set(RULES) == {duty.id for duty in BOOK.duties if duty.rule}
    assert {name: duty.at for name, duty in DUTIES.items() if duty.rule} == {
        name: (at,) if at else () for name, at in TIMES.items()
    }


@pytest.mark.parametrize("first", MONTHS, ids=lambda first: f"{first:%Y-%m}")
def test_the_month(first):
    last = month_end(first)
    reference = [one for one in expected() if first <= one.day <= last]
    slots = CALENDAR.slots(first, last)
    assert [Expected(s.day, s.until, s.due_at, s.duty, s.nominal) for s in slots] == reference
    for slot, one in zip(slots, reference, strict=True):
        within = one.duty in DRILLS
        late = moment(one.until + timedelta(days=1), "") if within else one.due + timedelta(minutes=30)
        following = next(
            other.due
            for other in expected()
            if other.due > one.due and follows(DUTIES[one.duty], DUTIES[other.duty])
        )
        assert (slot.late_at, slot.missed_at) == (late, following)
        assert bool(slot.remark) == (slot.nominal != (slot.day,))
