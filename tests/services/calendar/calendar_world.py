from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from hypothesis import strategies as st

from services.calendar.business_days import BusinessCalendar
from services.calendar.calendar import Calendar
from services.models.duties import ScheduledOccurrence
from services.models.runbook import ClosedDay, Closures, Duty, Environment, Runbook, System, Within
from services.runbook.checks import rule_mistake

NEW_YEAR = ("12-29", "12-30", "12-31", "01-01", "01-02", "01-03")
OFFICE = Closures(yearly=NEW_YEAR)  # A city hall's

POLICIES = [(policy, within) for policy in ClosedDay for within in Within]


def calendar(*duties: Duty, closures: Closures = OFFICE, timezone: str = "Asia/Tokyo") -> Calendar:
    return Calendar(book(*duties, closures=closures, timezone=timezone))


def book(*duties: Duty, closures: Closures = OFFICE, timezone: str = "Asia/Tokyo") -> Runbook:
    system = System(
        id="s",
        title="s",
        environment=Environment.TEST,
        account="123456789012",
        region="ap-northeast-1",
        timezone=timezone,
    )
    return Runbook(version=1, system=system, duties=duties, closures=closures)


def duty(rule: str = "", **more: Any) -> Duty:
    return Duty(**{"id": "d", "title": "d", "rule": rule, "at": ("09:00",), **more})


def moves(slots: Sequence[ScheduledOccurrence]) -> list[tuple[str, str]]:
    """(first nominal date, day) of each, as `MM-DD`."""
    return [(f"{slot.nominal[0]:%m-%d}", f"{slot.day:%m-%d}") for slot in slots]


def every(first: date, last: date) -> list[date]:
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]


def open_in(open_days: BusinessCalendar, first: date, last: date) -> list[date]:
    return [day for day in every(first, last) if open_days.is_open(day)]


# Shapes

days = st.dates(date(2000, 1, 1), date(2050, 12, 31))
_WEEK = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


def _some(values: Sequence[object], most: int = 4) -> st.SearchStrategy[str]:
    return st.lists(st.sampled_from(values), min_size=1, max_size=most, unique=True).map(
        lambda chosen: ",".join(str(each) for each in chosen)
    )


def _ordinals(numbers: Sequence[int]) -> st.SearchStrategy[str]:
    return _some([f"{number}{day}" for number in numbers for day in _WEEK])


_MONTHLY_DAYS = st.one_of(
    _some([*range(1, 32), -1, -2, -3]).map("BYMONTHDAY={}".format),
    _ordinals((1, 2, 3, 4, -1, -2)).map("BYDAY={}".format),
    st.builds(
        "BYDAY={};BYSETPOS={}".format, st.just("MO,TU,WE,TH,FR") | _some(_WEEK), _some([1, 2, -1, -2, -3], 2)
    ),
)
_BYMONTH = st.just("") | _some(range(1, 13)).map("BYMONTH={}".format)


@st.composite
def rules(draw: st.DrawFn, *, longest: int = 6) -> str:
    freq = draw(st.sampled_from(("DAILY", "WEEKLY", "MONTHLY", "YEARLY")))
    interval = draw(st.sampled_from([1, 1, 1, *range(2, longest + 1)]))
    parts = [f"FREQ={freq}", f"INTERVAL={interval}" if interval > 1 else ""]
    if freq == "DAILY":
        parts.append(draw(_BYMONTH))
    elif freq == "WEEKLY":
        parts.append(draw(st.just("") | _some(_WEEK).map("BYDAY={}".format)))
        parts.append(draw(st.sampled_from(("", "WKST=SU", "WKST=WE"))))
    elif freq == "MONTHLY":
        parts += [draw(st.just("") | _MONTHLY_DAYS), draw(_BYMONTH)]
    else:
        yearly = _some([1, 100, 200, 365, 366, -1, -100]).map("BYYEARDAY={}".format)
        weeks = _some([1, 20, 52, 53, -1]).map("BYWEEKNO={};BYDAY=MO".format)
        by_month = st.builds("{};{}".format, _some(range(1, 13)).map("BYMONTH={}".format), _MONTHLY_DAYS)
        parts.append(draw(st.just("") | yearly | weeks | by_month))
    parts.append(draw(st.sampled_from(("", "", "", "UNTIL=20350331"))))
    rule = ";".join(part for part in parts if part)
    return "FREQ=DAILY" if rule_mistake(rule) else rule


@st.composite
def closures(draw: st.DrawFn, around: date = date(2026, 1, 1)) -> Closures:
    start = around + timedelta(days=draw(st.integers(-40, 40)))
    shut = draw(st.sampled_from((0, 0, 3, 45, 120)))
    extra = draw(st.lists(st.integers(-90, 90), max_size=6))
    opened = draw(st.lists(st.integers(-90, 90), max_size=6))
    return Closures(
        weekdays=tuple(draw(st.sets(st.integers(0, 6), max_size=6))),
        national_holidays=draw(st.booleans()),
        yearly=draw(st.sampled_from(((), NEW_YEAR, ("02-29", "08-15")))),
        extra=(
            *(start + timedelta(days=number) for number in range(shut)),
            *(around + timedelta(days=number) for number in extra),
        ),
        opened=tuple(around + timedelta(days=number) for number in opened),
    )
