from datetime import UTC, date, datetime, timedelta

from services.models.alarms import Alarm, AlarmOverview, AlarmState
from services.models.base import RawId
from services.models.duties import Day, DutyView, Occurrence, ScheduledOccurrence
from services.models.duties import OccurrenceState as State
from tui.notifications import changes, duty_changes, sentence


def overview(**states: AlarmState) -> AlarmOverview:
    return AlarmOverview(
        alarms=tuple(Alarm(id=RawId(name), name=name, state=state) for name, state in states.items())
    )


def test_only_changes_are_announced_with_firing_alarms_first():
    before = overview(a=AlarmState.OK, b=AlarmState.ALARM, c=AlarmState.OK)
    after = overview(a=AlarmState.OK, b=AlarmState.OK, c=AlarmState.ALARM)
    changed = changes(before, after)
    assert [alarm.name for alarm in changed] == ["c", "b"]
    assert sentence(changed) == "c ALARM, b OK"


def test_an_alarm_seen_for_the_first_time_is_no_change():
    assert changes(overview(), overview(a=AlarmState.ALARM)) == ()


def test_an_alarm_that_fires_rings_although_it_was_not_listed_or_not_read_again():
    firing = overview(a=AlarmState.ALARM)
    ok = overview(a=AlarmState.OK).alarms
    assert changes(AlarmOverview(outdated=ok), firing) == firing.alarms
    assert changes(AlarmOverview(outdated=ok), overview(a=AlarmState.OK)) == ()
    assert changes(AlarmOverview(unlisted="3,000 so far"), firing) == firing.alarms
    moment = datetime(2026, 1, 14, tzinfo=UTC)
    assert changes(AlarmOverview(listed_at=moment), firing) == firing.alarms, (
        "what is new is listed within the hour"
    )
    assert changes(AlarmOverview(listed_at=moment), overview(a=AlarmState.OK)) == ()


def test_many_changes_are_one_short_sentence():
    before = overview(**dict.fromkeys("abcde", AlarmState.OK))
    after = overview(**dict.fromkeys("abcde", AlarmState.ALARM))
    assert sentence(changes(before, after)) == "a ALARM, b ALARM, c ALARM, 2 more"


def duties(at: str, *occurrences: Occurrence) -> DutyView:
    now = datetime.fromisoformat(f"2026-01-14T{at}:00+00:00")
    return DutyView(at=now, today=Day(day=date(2026, 1, 14), is_open=True, occurrences=occurrences))


def occurrence(title: str, state: State, due: str = "09:00") -> Occurrence:
    at = datetime.fromisoformat(f"2026-01-14T{due}:00+00:00")
    day = date(2026, 1, 14)
    slot = ScheduledOccurrence(
        key=title, duty=title, title=title, nominal=(day,), day=day, until=day, due_at=at,
        late_at=at + timedelta(minutes=30), missed_at=None, timed=True,
    )  # fmt: skip
    return Occurrence(slot=slot, state=state)


def test_at_the_start_nothing_is_new_however_late_it_is():
    assert duty_changes(None, duties("10:00", occurrence("a", State.LATE))) == ""


def test_what_becomes_due_and_late_is_announced_once():
    before, due = (
        duties("08:59", occurrence("a", State.UPCOMING)),
        duties("09:00", occurrence("a", State.DUE)),
    )
    assert duty_changes(before, due) == "due: a"
    assert duty_changes(due, duties("09:10", occurrence("a", State.DUE))) == ""
    late = duties("09:30", occurrence("a", State.LATE), occurrence("b", State.DUE, due="09:30"))
    assert duty_changes(due, late) == "late: a; due: b"
    assert duty_changes(late, late) == ""


def test_what_is_found_late_or_signed_meanwhile_does_not_ring():
    before = duties("09:40")
    assert duty_changes(before, duties("09:50", occurrence("key", State.LATE))) == ""
    assert duty_changes(duties("08:50"), duties("09:00", occurrence("a", State.DONE))) == ""


def test_many_duties_are_one_short_sentence():
    every = [occurrence(each, State.DUE) for each in "abcde"]
    assert duty_changes(duties("08:59"), duties("09:00", *every)) == "due: a, b, c, 2 more"
