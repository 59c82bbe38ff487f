from collections import Counter
from datetime import date, timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from services.calendar.business_days import REACH
from services.calendar.calendar import Calendar
from services.calendar.recurrence import Rule
from services.models.runbook import ClosedDay, Closures, Within
from services.runbook.loader import load_named
from tests.services.calendar.calendar_world import (
    OFFICE,
    POLICIES,
    calendar,
    closures,
    days,
    duty,
    every,
    open_in,
    rules,
)

BOOK = load_named("facility-prod")
RULES = sorted({each.rule for each in BOOK.duties if each.rule})
DECADE, CENTURY_HALF = (date(2024, 1, 1), date(2033, 12, 31)), (date(2000, 1, 1), date(2050, 12, 31))
SPANS = [DECADE, pytest.param(CENTURY_HALF, marks=pytest.mark.slow)]
AROUND = timedelta(days=REACH + 40)  # Farther than any closed day moves a date

policies = st.sampled_from(POLICIES)
times = st.lists(st.sampled_from(("00:00", "09:00", "14:00", "23:59")), max_size=3, unique=True).map(tuple)


@st.composite
def duties(draw, name="d", series=None):
    policy, within = draw(policies)
    rule = draw(rules())
    return duty(rule, id=name, at=draw(times), closed_day=policy, within=within, series=series)


@st.composite
def spans(draw):
    first = draw(days)
    return first, first + timedelta(days=draw(st.integers(0, 120)))


@st.composite
def worlds(draw):
    first, last = draw(spans())
    one = draw(duties())
    return calendar(one, closures=draw(closures(around=first))), one, first, last


# One duty


def check(schedule, one, first, last):
    """No loss, no double, shift direction, open days, inside the month, unique keys, order."""
    slots = schedule.slots(first - AROUND, last + AROUND)
    nominal = list(Rule(one.rule).between(first, last))
    times_of_day = max(1, len(one.at))
    nominal_days = Counter(day for slot in slots for day in slot.nominal)
    for day in nominal:
        dropped = one.closed_day is ClosedDay.SKIP and not schedule.open_days.is_open(day)
        assert nominal_days[day] == (0 if dropped else times_of_day), day
    assert len({slot.key for slot in slots}) == len(slots)
    assert list(slots) == sorted(slots, key=lambda slot: slot.due_at)
    for at in one.at or ("",):
        own = [day for slot in slots if slot.key.endswith(at) for day in slot.nominal]
        assert own == sorted(own), "an earlier date is never held after a later one"
    for slot in slots:
        check_place(schedule, one, slot)


def check_place(schedule, one, slot):
    assert list(slot.nominal) == sorted(set(slot.nominal))
    assert slot.day <= slot.until
    assert slot.key.startswith(f"{one.id}@{min(slot.nominal, key=lambda day: abs(day - slot.day))}")
    assert schedule.day_of(slot.due_at) == slot.day
    assert slot.due_at < slot.late_at
    assert bool(slot.remark) == (slot.nominal != (slot.day,) or "There is no open day" in slot.remark)
    unplaced = slot.remark.startswith("There is no open day")
    if unplaced:
        assert slot.nominal == (slot.day,)
        assert not schedule.open_days.is_open(slot.day)
    elif one.closed_day is not ClosedDay.KEEP:
        assert schedule.open_days.is_open(slot.day)
    else:
        assert slot.nominal == (slot.day,)
    if one.within is Within.MONTH:
        months = {(day.year, day.month) for day in (*slot.nominal, slot.day, slot.until)}
        assert len(months) == 1
        check_direction_in_month(schedule, one, slot)
    else:
        assert slot.until == slot.day
        assert one.closed_day is not ClosedDay.NEXT or slot.day >= slot.nominal[-1]
        assert one.closed_day is not ClosedDay.PREVIOUS or slot.day <= slot.nominal[0]


def check_direction_in_month(schedule, one, slot):
    first, last = slot.nominal[0].replace(day=1), slot.nominal[-1]
    month_end = (first.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
    if one.closed_day is ClosedDay.NEXT and slot.day < last:
        assert open_in(schedule.open_days, last, month_end) == []
    if one.closed_day is ClosedDay.PREVIOUS and slot.day > slot.nominal[0]:
        assert open_in(schedule.open_days, first, slot.nominal[0]) == []


@pytest.mark.parametrize("span", SPANS, ids=["a decade", "half a century"])
@pytest.mark.parametrize(("policy", "within"), POLICIES)
@pytest.mark.parametrize("rule", RULES)
def test_every_shipped_rule_with_every_policy(rule, policy, within, span):
    one = duty(rule, closed_day=policy, within=within)
    check(calendar(one), one, *span)


@given(worlds())
def test_any_duty(world):
    check(*world)


@given(worlds())
def test_no_open_day_is_skipped(world):
    # What moved went to the nearest open day in its direction.
    schedule, one, first, last = world
    for slot in schedule.slots(first, last):
        between = every(min(slot.nominal[0], slot.day), max(slot.nominal[-1], slot.day))
        if one.closed_day in (ClosedDay.NEXT, ClosedDay.PREVIOUS) and one.within is Within.DAY:
            assert [day for day in between if schedule.open_days.is_open(day)] in ([slot.day], [])


@given(closures(), st.integers(1, 20), st.integers(1, 20), spans())
def test_counted_back_in_open_days(closed, before, count, span):
    # As many open days lie from where it is held to the rule's date as the runbook says, and one more.
    first, last = span
    one = duty(f"FREQ=DAILY;INTERVAL={count}", closed_day=ClosedDay.PREVIOUS, open_days_before=before)
    schedule = calendar(one, closures=closed)
    slots = schedule.slots(first, last)
    assert [slot.day for slot in slots] == sorted({slot.day for slot in slots})
    for slot in slots:
        named = date.fromisoformat(slot.key.partition("@")[2][:10])
        assert len(open_in(schedule.open_days, slot.day, named)) == before + 1
        assert schedule.open_days.is_open(slot.day)
        assert not slot.moved
    wide = schedule.slots(first - timedelta(days=9), last + timedelta(days=9))
    assert tuple(slot for slot in wide if first <= slot.day <= last) == slots


# Ranges


@given(worlds(), st.integers(0, 120))
def test_a_range_is_the_sum_of_its_parts(world, cut):
    schedule, _one, first, last = world
    middle = min(last, first + timedelta(days=cut))
    parts = (*schedule.slots(first, middle), *schedule.slots(middle + timedelta(days=1), last))
    assert parts == schedule.slots(first, last)


@pytest.mark.parametrize("year", [2000, 2019, 2026, 2050])
def test_twelve_months_are_the_year(year):
    schedule = Calendar(BOOK)
    firsts = [date(year, month, 1) for month in range(1, 13)]
    ends = [first - timedelta(days=1) for first in (*firsts[1:], date(year + 1, 1, 1))]
    months = [slot for first, last in zip(firsts, ends, strict=True) for slot in schedule.slots(first, last)]
    assert tuple(months) == schedule.slots(firsts[0], ends[-1])


# What follows


@given(st.lists(st.tuples(rules(), times, policies), min_size=1, max_size=3), st.data(), st.booleans())
def test_a_duty_is_missed_when_the_next_of_its_series_becomes_due(shapes, data, joined):
    first, last = data.draw(spans())
    duties = [
        duty(rule, id=f"d{number}", at=at, closed_day=policy, within=within, series="s" if joined else None)
        for number, (rule, at, (policy, within)) in enumerate(shapes)
    ]
    schedule = calendar(*duties, closures=data.draw(closures(around=first)))
    later = schedule.slots(first, last + timedelta(days=60))
    for slot in schedule.slots(first, last):
        own = next(each for each in duties if each.id == slot.duty)
        following = [
            each.due_at for each in later if each.due_at > slot.due_at and (joined or each.duty == own.id)
        ]
        month_end = schedule.local((slot.day.replace(day=28) + timedelta(days=4)).replace(day=1))
        if following:
            within = own.within is Within.MONTH
            assert slot.missed_at == (max(following[0], month_end) if within else following[0])
        else:
            assert slot.missed_at is None or slot.missed_at > later[-1].due_at


@given(worlds(), st.integers(-5, 40))
def test_the_next_slot_is_the_first_that_follows(world, hours):
    schedule, one, first, _last = world
    after = schedule.local(first) + timedelta(hours=hours)
    slots = schedule.slots(schedule.day_of(after), first + 4 * AROUND)
    expected = next((slot for slot in slots if slot.due_at > after), None)
    slot = schedule.next_slot(one.id, after)
    assert slot == expected or (expected is None and slot and slot.day > first + 4 * AROUND)


# Closures that are added later


@given(duties(), spans(), st.data())
def test_a_new_closure_leaves_keys_as_they_are(one, span, data):
    # Dates may come together or fall away; none gets a key that was not there.
    assume(one.within is Within.DAY)
    first, last = span
    before = data.draw(closures(around=first))
    added = data.draw(st.dates(first, last))
    after = Closures(**{**before.model_dump(), "extra": (*before.extra, added)})
    old = {slot.key: slot for slot in calendar(one, closures=before).slots(first - AROUND, last + AROUND)}
    for slot in calendar(one, closures=after).slots(first, last):
        assert slot.key in old
        assert set(old[slot.key].nominal) <= set(slot.nominal)
        if added not in every(min(*slot.nominal, slot.day), max(*slot.nominal, slot.day)):
            assert slot.nominal == old[slot.key].nominal


@pytest.mark.parametrize("day", [date(2026, 6, 1), date(2026, 6, 8), date(2026, 6, 30)])
def test_the_shipped_keys_survive_an_extraordinary_closure(day):
    closed = BOOK.model_copy(update={"closures": OFFICE.model_copy(update={"extra": (day,)})})
    span = date(2026, 5, 1), date(2026, 7, 31)
    before = {slot.key for slot in Calendar(BOOK).slots(*span)}
    after = {slot.key for slot in Calendar(closed).slots(*span)}
    assert after <= before
    assert {key for key in before - after if not key.startswith("daily-")} == set()
