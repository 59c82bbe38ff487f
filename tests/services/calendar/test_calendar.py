from datetime import UTC, date, datetime, timedelta

import pytest

from services import i18n
from services.calendar.calendar import Calendar
from services.models.base import RawId
from services.models.duties import BaseDate
from services.models.runbook import ClosedDay, Closures, Runbook, Within
from services.runbook.loader import load_named
from tests.services.calendar.calendar_world import OFFICE, calendar, duty

BOOK: Runbook = load_named("facility-prod")
FACILITY = Calendar(BOOK)
WEEKLY = ("weekly-backup", "weekly-cost", "weekly-patches")


def on(day, name=""):
    at = date.fromisoformat(day)
    return [slot for slot in FACILITY.slots(at, at) if not name or slot.duty == name]


def utc(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


# Closed days


@pytest.mark.parametrize("name", WEEKLY)
def test_a_monday_that_is_a_holiday_moves_its_duties_to_tuesday(name):
    assert on("2026-01-12", name) == []
    [slot] = on("2026-01-13", name)
    assert slot.key == f"{name}@2026-01-12T09:00"
    assert slot.nominal == (date(2026, 1, 12),)
    assert slot.moved
    assert slot.remark == "01-12(Mon) (成人の日) is closed: moved to 01-13(Tue)"


def test_a_closed_day_of_another_year_is_named_with_its_year():
    first = calendar(duty("FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=31", closed_day=ClosedDay.NEXT))
    [slot] = first.slots(date(2026, 1, 1), date(2026, 1, 10))
    assert slot.remark.startswith("2025-12-31(Wed)")
    assert slot.remark.endswith(f"moved to {slot.day:%m-%d}(Mon)")


def test_a_saturday_opened_by_the_runbook_has_its_daily_duties():
    open_days = Closures(opened=(date(2026, 6, 6),))
    slots = calendar(duty("FREQ=DAILY"), closures=open_days).slots(date(2026, 6, 5), date(2026, 6, 8))
    assert [slot.day.day for slot in slots] == [5, 6, 8]


def test_counted_back_in_open_days():
    counted = duty("FREQ=WEEKLY;BYDAY=SA", closed_day=ClosedDay.PREVIOUS, open_days_before=1)
    days = calendar(counted).slots(date(2026, 4, 27), date(2026, 5, 10))
    assert [slot.day for slot in days] == [date(2026, 4, 30), date(2026, 5, 7)]
    assert [slot.nominal for slot in days] == [(slot.day,) for slot in days]
    assert [slot.key for slot in days] == ["d@2026-05-02T09:00", "d@2026-05-09T09:00"]


def test_sunday_deploys_stay_on_sunday_and_wait_for_a_plan():
    [slot] = on("2026-05-03", "weekly-deploy")
    assert slot.if_planned
    assert not slot.moved
    assert slot.remark == ""
    assert slot.due_at == utc("2026-05-02 17:00")


def test_several_dates_on_one_day_are_one_slot_known_by_the_nearest():
    both = calendar(duty("FREQ=WEEKLY;BYDAY=SA,SU,MO", closed_day=ClosedDay.NEXT))
    [slot] = both.slots(date(2026, 6, 5), date(2026, 6, 8))
    assert slot.nominal == (date(2026, 6, 6), date(2026, 6, 7), date(2026, 6, 8))
    assert slot.key == "d@2026-06-08T09:00"
    assert not slot.moved
    assert slot.remark == "06-06(Sat), 06-07(Sun) are closed: moved to 06-08(Mon)"
    back = calendar(duty("FREQ=DAILY", closed_day=ClosedDay.PREVIOUS))
    [slot] = back.slots(date(2026, 5, 1), date(2026, 5, 6))[-1:]
    assert slot.key == "d@2026-05-01T09:00"
    assert slot.nominal == tuple(date(2026, 5, day) for day in range(1, 7))
    assert slot.remark.endswith("2 more days are closed: moved to 05-01(Fri)")


def test_where_no_open_day_is_near_it_stays():
    start = date(2026, 1, 1)
    shut = tuple(start + timedelta(days=number) for number in range(800))
    closed = Closures(weekdays=(), national_holidays=False, extra=shut)
    [slot] = calendar(duty("FREQ=YEARLY;BYMONTH=6", closed_day=ClosedDay.NEXT), closures=closed).slots(
        start, date(2026, 12, 31)
    )
    assert (slot.day, slot.moved) == (date(2026, 6, 1), False)
    assert slot.remark == "There is no open day nearby: it stays on 06-01(Mon)"


# Within the month


@pytest.mark.parametrize(
    ("rule", "policy", "day", "until"),
    [
        ("FREQ=MONTHLY;BYMONTHDAY=31", ClosedDay.NEXT, "2026-05-29", "2026-05-29"),
        ("FREQ=MONTHLY;BYMONTHDAY=31", ClosedDay.PREVIOUS, "2026-05-29", "2026-05-29"),
        ("FREQ=MONTHLY;BYMONTHDAY=31", ClosedDay.KEEP, "2026-05-31", "2026-05-31"),
        ("FREQ=MONTHLY;BYMONTHDAY=2", ClosedDay.PREVIOUS, "2026-05-01", "2026-05-29"),
        ("FREQ=MONTHLY;BYMONTHDAY=4", ClosedDay.NEXT, "2026-05-07", "2026-05-29"),
        ("FREQ=MONTHLY;BYMONTHDAY=1", ClosedDay.PREVIOUS, "2026-05-01", "2026-05-29"),
        ("FREQ=MONTHLY;BYMONTHDAY=20", ClosedDay.SKIP, "2026-05-20", "2026-05-29"),
    ],
)
def test_it_never_leaves_its_month(rule, policy, day, until):
    schedule = calendar(duty(rule, closed_day=policy, within=Within.MONTH))
    [slot] = schedule.slots(date(2026, 5, 1), date(2026, 5, 31))
    assert (str(slot.day), str(slot.until)) == (day, until)
    assert slot.late_at == utc(f"{until} 00:30")
    assert slot.missed_at is not None
    assert slot.missed_at >= utc("2026-05-31 15:00")


def test_a_first_that_cannot_be_held_earlier_is_held_later_in_its_month():
    schedule = calendar(duty("FREQ=MONTHLY", closed_day=ClosedDay.PREVIOUS, within=Within.MONTH))
    [slot] = schedule.slots(date(2026, 2, 1), date(2026, 2, 28))
    assert (slot.nominal, slot.day) == ((date(2026, 2, 1),), date(2026, 2, 2))


def test_a_month_that_is_closed_as_a_whole():
    closed = Closures(extra=tuple(date(2026, 2, day) for day in range(1, 29)))
    schedule = calendar(duty("FREQ=MONTHLY", closed_day=ClosedDay.NEXT, within=Within.MONTH), closures=closed)
    [slot] = schedule.slots(date(2026, 2, 1), date(2026, 2, 28))
    assert slot.day == slot.until == date(2026, 2, 1)
    assert slot.remark.startswith("There is no open day nearby")


def test_twice_in_one_month_is_missed_when_the_month_is_over():
    schedule = calendar(duty("FREQ=MONTHLY;BYMONTHDAY=1,15", closed_day=ClosedDay.NEXT, within=Within.MONTH))
    first, second = schedule.slots(date(2026, 6, 1), date(2026, 6, 30))
    assert first.missed_at == utc("2026-06-30 15:00")
    assert second.missed_at == utc("2026-07-01 00:00")


# Times


def test_times_of_day_are_slots_of_their_own():
    thrice = calendar(duty("FREQ=DAILY", at=("17:00", "09:00"), late_after_minutes=45))
    slots = thrice.slots(date(2026, 6, 5), date(2026, 6, 5))
    assert [slot.key for slot in slots] == ["d@2026-06-05T09:00", "d@2026-06-05T17:00"]
    assert [slot.due_at for slot in slots] == [utc("2026-06-05 00:00"), utc("2026-06-05 08:00")]
    assert [slot.late_at for slot in slots] == [utc("2026-06-05 00:45"), utc("2026-06-05 08:45")]
    assert [slot.missed_at for slot in slots] == [utc("2026-06-05 08:00"), utc("2026-06-08 00:00")]


def test_without_a_time_it_is_due_all_day():
    [slot] = calendar(duty("FREQ=DAILY", at=())).slots(date(2026, 6, 5), date(2026, 6, 5))
    assert (slot.key, slot.timed) == ("d@2026-06-05", False)
    assert (slot.due_at, slot.late_at) == (utc("2026-06-04 15:00"), utc("2026-06-05 15:00"))


def test_a_rule_that_has_ended_has_no_next():
    ended = calendar(duty("FREQ=DAILY;UNTIL=20260605"))
    assert [slot.missed_at for slot in ended.slots(date(2026, 6, 4), date(2026, 6, 30))] == [
        utc("2026-06-05 00:00"),
        None,
    ]


def test_local_times_follow_the_systems_zone():
    berlin = calendar(duty("FREQ=DAILY", closed_day=ClosedDay.KEEP, at=("02:30",)), timezone="Europe/Berlin")
    summer = berlin.slots(date(2026, 3, 28), date(2026, 3, 30))
    assert [slot.due_at for slot in summer] == [
        utc("2026-03-28 01:30"),
        utc("2026-03-29 01:30"),
        utc("2026-03-30 00:30"),
    ]
    assert len({slot.key for slot in summer}) == 3


# Anchors

WITH_BASE_DATE = duty(anchor="access-key:ci+90d", rule="", at=(), closed_day=ClosedDay.PREVIOUS, id="rotate")
DISABLED = duty(anchor="access-key-disabled:ci+7d", rule="", at=(), closed_day=ClosedDay.NEXT, id="delete")


def key(name, at, anchor="access-key:ci", remark=""):
    return BaseDate(anchor=anchor, id=RawId(name), at=at and utc(at), remark=remark)


def test_a_date_counted_from_a_key():
    both = calendar(WITH_BASE_DATE, DISABLED)
    base_dates = (
        key("AKIA1", "2026-02-01 20:00", remark="AKIA1"),
        key("AKIA2", "2026-01-01 03:00"),
        key("AKIA3", "2026-01-10 03:00", "access-key-disabled:ci"),
        key("AKIA4", "2026-01-10 03:00", "access-key:somebody-else"),
    )
    slots = both.anchored(base_dates)
    assert [(slot.key, str(slot.day)) for slot in slots] == [
        ("delete:AKIA3@2026-01-17", "2026-01-19"),
        ("rotate:AKIA2@2026-04-01", "2026-04-01"),
        ("rotate:AKIA1@2026-05-03", "2026-05-01"),
    ]
    assert slots[2].remark == (
        "90 days after a key of ci was created (02-02(Mon)) · AKIA1 · 05-03(Sun) (憲法記念日) is closed: moved to 05-01(Fri)"
    )
    assert slots[0].remark.startswith("7 days after a key of ci was disabled (01-10(Sat))")
    assert {slot.missed_at for slot in slots} == {None}
    assert both.slots(date(2026, 5, 1), date(2026, 5, 1), base_dates) == slots[2:]
    assert both.slots(date(2026, 5, 2), date(2026, 5, 3), base_dates) == ()


def test_a_key_without_a_date_is_distinguished():
    both = calendar(WITH_BASE_DATE, DISABLED)
    unknown = key("AKIA1", None)
    assert both.undated((unknown, key("AKIA2", "2026-01-01 03:00"))) == ((WITH_BASE_DATE, unknown),)
    assert both.anchored((unknown,)) == ()


def test_a_key_listed_twice_is_one():
    base_dates = (key("AKIA1", "2026-02-01 03:00"), key("AKIA1", "2026-03-01 03:00"))
    assert [slot.key for slot in calendar(WITH_BASE_DATE).anchored(base_dates)] == ["rotate:AKIA1@2026-05-02"]


def test_a_date_with_a_base_date_is_never_dropped():
    skipping = WITH_BASE_DATE.model_copy(update={"closed_day": ClosedDay.SKIP})
    [slot] = calendar(skipping).anchored((key("AKIA1", "2026-02-01 03:00"),))
    assert (slot.nominal, slot.day) == ((date(2026, 5, 2),), date(2026, 5, 7))


def test_a_duty_with_a_base_date_may_have_times():
    timed = WITH_BASE_DATE.model_copy(update={"at": ("09:00", "13:00")})
    slots = calendar(timed).anchored((key("AKIA1", "2026-01-01 03:00"),))
    assert [slot.key for slot in slots] == ["rotate:AKIA1@2026-04-01T09:00", "rotate:AKIA1@2026-04-01T13:00"]


# Helpers


def test_days_and_moments():
    assert FACILITY.first_open(date(2026, 1, 1)) == date(2026, 1, 5)
    assert FACILITY.first_open(date(2026, 1, 5)) == date(2026, 1, 5)
    assert FACILITY.local(date(2026, 1, 5), "09:00") == utc("2026-01-05 00:00")
    assert FACILITY.day_of(utc("2026-01-04 15:00")) == date(2026, 1, 5)
    assert FACILITY.day_of(utc("2026-01-04 14:59")) == date(2026, 1, 4)


def test_the_next_slot_of_a_duty():
    def following(name, after):
        slot = FACILITY.next_slot(name, utc(after))
        return slot.key if slot else ""

    assert following("weekly-cost", "2026-01-09 00:00") == "weekly-cost@2026-01-12T09:00"
    assert following("weekly-cost", "2026-01-12 23:59") == "weekly-cost@2026-01-12T09:00"
    assert following("weekly-cost", "2026-01-13 00:00") == "weekly-cost@2026-01-19T09:00"
    assert following("scale-down", "2026-05-01 07:59") == "scale-down@2026-05-01T17:00"
    assert following("failover-drill", "2026-04-01 00:00") == "failover-drill@2027-04-01"
    assert following("key-rotation", "2026-04-01 00:00") == ""
    assert following("no-such-duty", "2026-04-01 00:00") == ""
    assert calendar(duty("FREQ=DAILY;UNTIL=20260605")).next_slot("d", utc("2026-06-05 00:00")) is None
    assert calendar(duty("FREQ=WEEKLY;BYDAY=SA")).next_slot("d", utc("2026-06-05 00:00")) is None


def test_far_away_there_is_nothing():
    for first, last in (
        (date.min, date(1899, 12, 31)),
        (date(3000, 1, 1), date.max),
        (date(2026, 2, 1), date(2026, 1, 1)),
    ):
        assert FACILITY.slots(first, last) == ()
    assert FACILITY.slots(date(2999, 12, 27), date.max)[-1].missed_at is None
    keys = {slot.key for slot in FACILITY.slots(date.min, date(1900, 1, 4))}
    assert "weekly-cost@1900-01-01T09:00" in keys
    assert FACILITY.next_slot("weekly-cost", utc("9999-12-30 00:00")) is None
    for at in ("9999-12-30 00:00", "9999-12-31 23:59", "2999-12-30 00:00"):
        beyond = key("AKIA1", at)
        assert calendar(WITH_BASE_DATE).anchored((beyond,)) == ()
        assert calendar(WITH_BASE_DATE).undated((beyond,)) == ((WITH_BASE_DATE, beyond),)


def test_words_are_translated(request):
    english = on("2026-01-13", "weekly-cost")[0].remark
    i18n.use("ja")
    assert "成人の日" in on("2026-01-13", "weekly-cost")[0].remark
    i18n.use("en")
    assert on("2026-01-13", "weekly-cost")[0].remark == english


def test_the_office_is_the_shipped_one():
    assert BOOK.closures == OFFICE
