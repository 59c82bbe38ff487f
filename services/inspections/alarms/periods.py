from collections.abc import Iterable, Iterator
from datetime import datetime

from services.models.alarms import Alarm, AlarmState, AlarmTransition
from services.models.findings import AlarmPeriod
from services.models.metrics import TimeSpan

STATES = {AlarmState.ALARM: "alarm", AlarmState.INSUFFICIENT: "insufficient"}
"""States other than OK that make a period, as in AlarmPeriod."""


def within(changes: Iterable[AlarmTransition], span: TimeSpan) -> tuple[AlarmTransition, ...]:
    """The state changes in a window, including its end, oldest first."""
    own = [
        change
        for change in reversed(tuple(changes))
        if change.kind == "state" and change.after is not None and span.start <= change.at <= span.end
    ]
    return tuple(sorted(own, key=lambda change: change.at))


def as_of(alarms: Iterable[Alarm], changes: Iterable[AlarmTransition], at: datetime) -> tuple[Alarm, ...]:
    later: dict[str, AlarmTransition] = {}
    for change in sorted(changes, key=lambda change: change.at, reverse=True):
        if change.kind == "state" and change.at > at:
            later[change.id] = change
    return tuple(_back(alarm, later[alarm.id]) if alarm.id in later else alarm for alarm in alarms)


def _back(alarm: Alarm, change: AlarmTransition) -> Alarm:
    # Without the previous state, it is unknown whether the alarm was OK.
    state = change.before or AlarmState.INSUFFICIENT
    return alarm.model_copy(update={"state": state, "since": None, "reason": ""})


def periods_of(
    changes: Iterable[AlarmTransition], alarms: Iterable[Alarm], span: TimeSpan
) -> tuple[AlarmPeriod, ...]:
    """The periods that overlap the window: current ones first, then the newest. `changes` are the result of
    `within`, `alarms` are in their states at the window's end."""
    by_alarm: dict[str, list[AlarmTransition]] = {}
    for change in changes:
        by_alarm.setdefault(change.id, []).append(change)
    every = [period for own in by_alarm.values() for period in _of(own)]
    every += [_lasting(alarm, span) for alarm in alarms if alarm.id not in by_alarm and alarm.state in STATES]
    real = [period for period in every if period.ended is None or seconds(period, span) > 0]

    def order(period: AlarmPeriod) -> tuple[bool, bool, datetime, str]:
        return period.ended is None, period.state == "alarm", period.began or span.start, period.alarm

    return tuple(sorted(real, key=order, reverse=True))


def _of(changes: list[AlarmTransition]) -> Iterator[AlarmPeriod]:
    state, began, reason = changes[0].before, None, ""
    for change in changes:
        if change.after is state:
            continue
        if state in STATES:
            yield _period(change, state, began, change.at, reason)
        state, began, reason = change.after, change.at, change.reason
    if state in STATES:
        yield _period(changes[-1], state, began, None, reason)


def _period(
    change: AlarmTransition, state: AlarmState, began: datetime | None, ended: datetime | None, reason: str
) -> AlarmPeriod:
    return AlarmPeriod(alarm=change.name, state=STATES[state], began=began, ended=ended, reason=reason)


def _lasting(alarm: Alarm, span: TimeSpan) -> AlarmPeriod:
    began = alarm.since if alarm.since is not None and alarm.since >= span.start else None
    return AlarmPeriod(
        alarm=alarm.name, state=STATES[alarm.state], began=began, ended=None, reason=alarm.reason
    )


def seconds(period: AlarmPeriod, span: TimeSpan) -> float:
    return max(0.0, ((period.ended or span.end) - (period.began or span.start)).total_seconds())
