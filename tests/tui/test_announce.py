from services.models.alarms import Alarm, AlarmBoard, AlarmState
from services.models.base import RawId
from tui.announce import changes, sentence


def board(**states: AlarmState) -> AlarmBoard:
    return AlarmBoard(
        alarms=tuple(Alarm(id=RawId(name), name=name, state=state) for name, state in states.items())
    )


def test_only_what_changed_is_said_and_what_fires_comes_first() -> None:
    before = board(a=AlarmState.OK, b=AlarmState.ALARM, c=AlarmState.OK)
    after = board(a=AlarmState.OK, b=AlarmState.OK, c=AlarmState.ALARM)
    changed = changes(before, after)
    assert [alarm.name for alarm in changed] == ["c", "b"]
    assert sentence(changed) == "c ALARM, b OK"


def test_an_alarm_seen_for_the_first_time_is_no_change() -> None:
    assert changes(board(), board(a=AlarmState.ALARM)) == ()


def test_many_changes_are_one_short_sentence() -> None:
    before = board(**dict.fromkeys("abcde", AlarmState.OK))
    after = board(**dict.fromkeys("abcde", AlarmState.ALARM))
    assert sentence(changes(before, after)) == "a ALARM, b ALARM, c ALARM, 2 more"
