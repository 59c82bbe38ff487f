from datetime import date, datetime, time
from itertools import takewhile

import pytest
from dateutil.rrule import rrulestr
from hypothesis import given
from hypothesis import strategies as st

from services.calendar.recurrence import EPOCH, LAST, Rule
from services.runbook.checks import rule_mistake
from tests.services.calendar.calendar_world import days, rules


def followed(rule, first, last):
    moments = rrulestr(rule, dtstart=datetime.combine(EPOCH, time.min))
    dates = (moment.date() for moment in moments)
    return [day for day in takewhile(lambda day: day <= last, dates) if day >= first]


def test_the_beginning_is_a_monday_and_the_first_of_all():
    assert (EPOCH.weekday(), EPOCH.month, EPOCH.day) == (0, 1, 1)


@given(rules(longest=12), days, st.integers(0, 800))
def test_any_rule_from_anywhere(rule, first, length):
    last = date.fromordinal(first.toordinal() + length)
    assert list(Rule(rule).between(first, last)) == followed(rule, first, last)


@pytest.mark.parametrize(
    ("rule", "dates"),
    [
        ("FREQ=WEEKLY", "2026-01-05 2026-01-12 2026-01-19 2026-01-26"),
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,FR", "2026-01-02 2026-01-12 2026-01-16 2026-01-26 2026-01-30"),
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=SU,MO", "2026-01-04 2026-01-12 2026-01-18 2026-01-26"),
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=SU,MO;WKST=SU", "2026-01-11 2026-01-12 2026-01-25 2026-01-26"),
        ("FREQ=MONTHLY", "2026-01-01"),
        ("FREQ=MONTHLY;BYMONTHDAY=-1", "2026-01-31"),
        ("FREQ=MONTHLY;INTERVAL=3", "2026-01-01"),
        ("FREQ=MONTHLY;INTERVAL=5", ""),
        ("FREQ=YEARLY", "2026-01-01"),
        ("FREQ=YEARLY;INTERVAL=2", "2026-01-01"),
        ("FREQ=YEARLY;INTERVAL=4", ""),
        ("FREQ=DAILY;INTERVAL=10", "2026-01-10 2026-01-20 2026-01-30"),
        ("FREQ=DAILY;UNTIL=20260102", "2026-01-01 2026-01-02"),
        ("FREQ=DAILY;UNTIL=20251231", ""),
    ],
)
def test_phases_and_ends(rule, dates):
    assert rule_mistake(rule) == ""
    first, last = date(2026, 1, 1), date(2026, 1, 31)
    days = list(Rule(rule).between(first, last))
    assert days == [date.fromisoformat(each) for each in dates.split()] == followed(rule, first, last)


def test_a_rule_has_a_beginning_and_an_end():
    monday = Rule("FREQ=WEEKLY;BYDAY=MO")
    assert next(monday.between(date.min, LAST)) == EPOCH
    assert list(monday.between(date(2999, 12, 24), date.max)) == [date(2999, 12, 30)]
    assert list(monday.between(date(2026, 1, 5), date(2026, 1, 4))) == []
    assert list(Rule("FREQ=DAILY;COUNT=2").between(EPOCH, LAST)) == [EPOCH, date(1900, 1, 2)]


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ("FREQ=DAILY;COUNT=3", "use UNTIL"),
        ("FREQ=DAILY;UNTIL=2030", "20301231"),
        ("FREQ=DAILY;UNTIL=2030-12-31", "20301231"),
        ("FREQ=DAILY;INTERVAL=1001", "from 1 to 1000"),
        ("FREQ=DAILY;INTERVAL=0", "from 1 to 1000"),
    ],
)
def test_what_no_rule_may_say(rule, words):
    assert words in rule_mistake(rule)
