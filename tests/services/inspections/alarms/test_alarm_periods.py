from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from services.inspections.alarms.periods import as_of, periods_of, seconds, within
from services.models.alarms import Alarm, AlarmState, AlarmTransition
from services.models.base import RawId
from services.models.findings import AlarmPeriod
from services.models.metrics import TimeSpan

S = AlarmState
START = datetime(2026, 1, 13, 8, 15, tzinfo=UTC)
SPAN = TimeSpan(start=START, end=START + timedelta(hours=16))


def at(minutes):
    return START + timedelta(minutes=minutes)


def move(minutes, before, after, name="cpu", kind="state"):
    return AlarmTransition(
        id=RawId(name), name=name, at=at(minutes), kind=kind, before=before, after=after, reason=f"r{minutes}"
    )


def alarm(state=S.OK, since=None, name="cpu"):
    return Alarm(id=RawId(name), name=name, state=state, since=None if since is None else at(since))


def made(*moves, now=None):
    """(state, began, ended) in minutes; the history as AWS sends it, newest first."""
    periods = periods_of(
        within(sorted(moves, key=lambda move: move.at, reverse=True), SPAN), [now or alarm()], SPAN
    )

    def minutes(when):
        return None if when is None else (when - START) / timedelta(minutes=1)

    return [(each.state, minutes(each.began), minutes(each.ended)) for each in periods]


def test_what_fired_and_recovered_and_fires_again():
    moves = [move(60, S.OK, S.ALARM), move(75, S.ALARM, S.OK), move(900, S.OK, S.ALARM)]
    assert made(*moves, now=alarm(S.ALARM, 900)) == [("alarm", 900, None), ("alarm", 60, 75)]


def test_it_fired_before_the_window_and_recovered_in_it():
    assert made(move(5, S.ALARM, S.OK)) == [("alarm", None, 5)]


def test_from_firing_to_no_data_are_two_alarm_periods():
    moves = [move(10, S.OK, S.ALARM), move(20, S.ALARM, S.INSUFFICIENT), move(30, S.INSUFFICIENT, S.OK)]
    assert made(*moves) == [("alarm", 10, 20), ("insufficient", 20, 30)]


def test_what_did_not_change_in_the_window_lasts_from_before_it():
    assert made(now=alarm(S.ALARM, -30)) == [("alarm", None, None)]
    assert made(now=alarm(S.INSUFFICIENT)) == [("insufficient", None, None)]
    # Without its history, the state's own timestamp says when it began.
    assert made(now=alarm(S.ALARM, 30)) == [("alarm", 30, None)]


def test_only_known_changes_of_state_within_the_window_count():
    moves = [
        move(-1, S.OK, S.ALARM),
        move(0, S.ALARM, S.OK),
        move(1, None, None, kind="configuration"),
        move(2, S.OK, None),
        move(961, S.OK, S.ALARM),
    ]
    assert made(*moves) == []


def test_the_alarms_as_they_were_at_the_windows_end():
    moves = [move(990, S.ALARM, S.OK), move(970, S.OK, S.ALARM), move(10, S.OK, S.ALARM)]
    (then,) = as_of([alarm(S.OK, 990)], moves, SPAN.end)
    assert (then.state, then.since) == (S.OK, None)
    (then,) = as_of([alarm(S.OK, 990)], moves[:1], SPAN.end)
    assert then.state is S.ALARM
    (unknown,) = as_of([alarm()], [move(990, None, S.OK)], SPAN.end)
    assert unknown.state is S.INSUFFICIENT, "without the state before nobody says it was fine"
    assert as_of([alarm()], moves[2:], SPAN.end) == (alarm(),)


@given(
    states=st.lists(st.sampled_from([S.OK, S.ALARM, S.INSUFFICIENT]), min_size=1, max_size=12),
    steps=st.lists(st.integers(1, 70), min_size=12, max_size=12),
)
def test_alarm_periods_cover_exactly_the_time_that_was_not_ok(states, steps):
    times = [sum(steps[: index + 1]) for index in range(len(states))]
    before = S.OK
    moves = []
    for minute, state in zip(times, states, strict=True):
        moves.append(move(minute, before, state))
        before = state
    periods = periods_of(within(moves[::-1], SPAN), [alarm(before, times[-1])], SPAN)
    expected = 0
    for index, (minute, state) in enumerate(zip(times, states, strict=True)):
        following = times[index + 1] if index + 1 < len(times) else 960
        expected += (following - minute) * (state is not S.OK)
    assert sum(seconds(each, SPAN) for each in periods) == expected * 60
    assert all(isinstance(each, AlarmPeriod) for each in periods)
    assert sum(each.ended is None for each in periods) == (before is not S.OK)
