from calendar import monthrange
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services import i18n
from services.calendar.adjustment import BusinessDayAdjustment
from services.calendar.calendar import Calendar
from services.duties.slots import ScheduleCache, order
from services.models.base import RawId
from services.models.duties import BaseDate, ScheduledOccurrence
from tests.services.calendar.calendar_world import POLICIES, calendar, closures, duty, rules

TODAY = date(2026, 6, 17)
NOW = datetime(2026, 6, 17, 1, 30, tzinfo=UTC)
MIDNIGHT = datetime(2026, 6, 17, 15, tzinfo=UTC)  # The end of the day in Japan, of which a report is
FIRST = TODAY - timedelta(days=400)
MISSED_SINCE = TODAY - timedelta(days=14)
ANCHOR = "access-key:deploy"


@st.composite
def several_duties(draw):
    """Duties of rules, some of one series, and one that hangs on a base date."""
    ruled = []
    for number in range(draw(st.integers(1, 4))):
        policy, within = draw(st.sampled_from(POLICIES))
        ruled.append(
            duty(
                draw(rules()),
                id=f"d{number}",
                at=draw(st.sampled_from([(), ("09:00",), ("09:00", "14:00")])),
                closed_day=policy,
                within=within,
                series=draw(st.sampled_from([None, "a", "b"])),
            )
        )
    hung = duty(id="hung", anchor=f"{ANCHOR}+30d", closed_day="next-open")
    place = draw(st.integers(0, len(ruled)))
    return (*ruled[:place], hung, *ruled[place:])


base_dates = st.lists(st.integers(-500, 60), max_size=2, unique=True).map(
    lambda ages: tuple(
        BaseDate(anchor=ANCHOR, id=RawId(f"k{age}"), at=NOW + timedelta(days=age)) for age in ages
    )
)
shifts = st.lists(st.integers(-16, 6), min_size=1, max_size=6)
worlds = st.builds(
    lambda duties, closures: calendar(*duties, closures=closures), several_duties(), closures(around=TODAY)
)


def revert(day):
    at = datetime(day.year, day.month, day.day, 0, 0, tzinfo=UTC)
    return ScheduledOccurrence(
        key=f"revert@{day}", duty="", title="r", nominal=(day,), day=day, until=day, due_at=at,
        late_at=at + timedelta(hours=1), missed_at=None, timed=True,
    )  # fmt: skip


def expanded(schedule, year, month, anchors, dated):
    """What a month holds, without a cache."""
    last = date(year, month, monthrange(year, month)[1])
    slots = sorted(schedule.slots(last.replace(day=1), last, anchors), key=order)
    ours = [slot for slot in dated if (slot.day.year, slot.day.month) == (year, month)]
    return sorted([*slots, *ours], key=order)


@given(worlds, st.lists(base_dates, min_size=1, max_size=3), shifts)
def test_a_cached_month_is_the_uncached_one(schedule, anchors, order_of_months):
    bases = anchors[0]
    dated = (revert(TODAY), revert(date(2026, 5, 1)))
    cache = ScheduleCache(schedule, lambda: bases, lambda: dated)
    for number, shift in enumerate((*order_of_months, *order_of_months)):
        # What is known of AWS changes between two keys.
        bases = anchors[number % len(anchors)]
        year, month = divmod(TODAY.year * 12 + TODAY.month - 1 + shift, 12)
        days = cache.month(year, month + 1)
        slots = [slot for of_day in days.values() for slot in of_day]
        assert slots == expanded(schedule, year, month + 1, bases, dated)
        assert all(slot.day == day for day, of_day in days.items() for slot in of_day)
        for id in {slot.duty for slot in slots} - {""}:
            first = date(year, month + 1, 1)
            last = first.replace(day=monthrange(year, month + 1)[1])
            assert list(cache.of_duty(id, first, last)) == [slot for slot in slots if slot.duty == id]


@given(worlds, base_dates, st.sampled_from([NOW, MIDNIGHT]), st.data())
def test_the_few_that_may_be_unfinished_are_those_of_all_that_may(schedule, anchors, now, data):
    dated = (revert(date(2026, 6, 3)), revert(date(2025, 8, 1)))
    cache = ScheduleCache(schedule, lambda: anchors, lambda: dated)
    every = list(cache.between(FIRST, TODAY - timedelta(days=1)))
    keys = [slot.key for slot in every]
    begun = set(data.draw(st.lists(st.sampled_from(keys), max_size=3))) if keys else set()
    begun.add("nobody@2026-01-01")
    may = [
        slot
        for slot in every
        if slot.key in begun or slot.missed_at is None or slot.missed_at > now or slot.until >= MISSED_SINCE
    ]
    fresh = ScheduleCache(schedule, lambda: anchors, lambda: dated)
    for asked in (cache, fresh, fresh):
        unfinished = asked.unfinished(FIRST, TODAY, now, missed_since=MISSED_SINCE, begun=begun)
        assert list(unfinished) == may


@pytest.fixture
def expansions(monkeypatch):
    calls: list[object] = []
    adjusted = BusinessDayAdjustment.adjusted

    def counted(self, nominal):
        calls.append(self)
        return adjusted(self, nominal)

    monkeypatch.setattr(BusinessDayAdjustment, "adjusted", counted)
    return calls


def many(count):
    every = ("FREQ=DAILY", "FREQ=WEEKLY;BYDAY=MO", "FREQ=MONTHLY;BYMONTHDAY=15")
    return calendar(*(duty(every[number % 3], id=f"d{number}") for number in range(count)))


def test_a_month_expands_each_rule_once_however_many_duties_share_it(expansions):
    bases: tuple[BaseDate, ...] = ()
    cache = ScheduleCache(many(300), lambda: bases, tuple)
    cache.month(2026, 6)
    assert len(expansions) == 3
    cache.month(2026, 7)
    assert len(expansions) == 6
    # Neither another look at a month nor another base date expands a rule.
    bases = (BaseDate(anchor=ANCHOR, id=RawId("k"), at=NOW),)
    cache.month(2026, 6)
    list(cache.between(date(2026, 6, 1), date(2026, 7, 31)))
    assert len(expansions) == 6
    # Remarks are in the language of the screen.
    i18n.use("ja")
    cache.month(2026, 6)
    assert len(expansions) <= 9


def test_a_day_of_many_duties_needs_the_months_around_it_alone(expansions):
    cache = ScheduleCache(many(300), tuple, tuple)
    list(cache.unfinished(FIRST, TODAY, NOW, missed_since=MISSED_SINCE, begun=()))
    # May and June, and no other month, as each of these rules has a date in May.
    assert len(expansions) == 2 * 3


def test_what_was_begun_is_scheduled_around_its_own_date_alone(monkeypatch):
    spans: list[timedelta] = []
    slots_of = Calendar.slots_of

    def noted(self, duty_id, first, last):
        spans.append(last - first)
        return slots_of(self, duty_id, first, last)

    monkeypatch.setattr(Calendar, "slots_of", noted)
    cache = ScheduleCache(many(3), tuple, tuple)
    ancient = {f"d0@{year}-03-04T09:00" for year in range(2010, 2025)}
    assert not {slot.key for slot in unfinished(cache, ancient)} & ancient
    assert spans == [], "they are not listed, whatever became of them"
    assert "d0@2025-09-03T09:00" in {slot.key for slot in unfinished(cache, {"d0@2025-09-03T09:00"})}
    assert [span.days for span in spans] == [14]


def unfinished(cache, begun):
    return list(cache.unfinished(FIRST, TODAY, NOW, missed_since=MISSED_SINCE, begun=begun))
