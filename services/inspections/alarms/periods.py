"""When alarms were not OK, from what AWS keeps of their changes. Pure."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from services.models.alarms import Alarm, AlarmState, AlarmTransition
from services.models.findings import AlarmPeriod
from services.models.metrics import TimeSpan

STATES = {AlarmState.ALARM: "alarm", AlarmState.INSUFFICIENT: "insufficient"}
"""States that make a spell, as an AlarmPeriod spells them."""


def within(changes: Iterable[AlarmTransition], span: TimeSpan) -> tuple[AlarmTransition, ...]:
    """The changes of state of a window, its end included, oldest first."""
    found = [
        each
        for each in reversed(tuple(changes))
        if each.kind == "state" and each.after is not None and span.start <= each.at <= span.end
    ]
    return tuple(sorted(found, key=lambda each: each.at))


def as_of(alarms: Iterable[Alarm], changes: Iterable[AlarmTransition], at: datetime) -> tuple[Alarm, ...]:
    """The alarms in the states they had at `at`, told by what changed since; the same where nothing did."""
    later: dict[str, AlarmTransition] = {}
    for each in sorted(changes, key=lambda each: each.at, reverse=True):
        if each.kind == "state" and each.at > at:
            later[each.id] = each
    return tuple(_back(alarm, later[alarm.id]) if alarm.id in later else alarm for alarm in alarms)


def _back(alarm: Alarm, change: AlarmTransition) -> Alarm:
    # Without the state before the change nobody can say that it was fine.
    state = change.before or AlarmState.INSUFFICIENT
    return alarm.model_copy(update={"state": state, "since": None, "reason": ""})


def spells(
    changes: Iterable[AlarmTransition], alarms: Iterable[Alarm], span: TimeSpan
) -> tuple[AlarmPeriod, ...]:
    """What lasted into, began, or ended in the window: what lasts first, then the newest.

    `changes` are those of `within`, `alarms` as they stood at the window's end.
    """
    moves: dict[str, list[AlarmTransition]] = {}
    for each in changes:
        moves.setdefault(each.id, []).append(each)
    found = [spell for each in moves.values() for spell in _of(each)]
    found += [_lasting(alarm, span) for alarm in alarms if alarm.id not in moves and alarm.state in STATES]
    lasted = [each for each in found if each.ended is None or seconds(each, span) > 0]
    return tuple(sorted(lasted, key=lambda each: _order(each, span), reverse=True))


def _of(moves: list[AlarmTransition]) -> Iterator[AlarmPeriod]:
    state, began, reason = moves[0].before, None, ""
    for move in moves:
        if move.after is state:
            continue
        if state in STATES:
            yield _spell(move, state, began, move.at, reason)
        state, began, reason = move.after, move.at, move.reason
    if state in STATES:
        yield _spell(moves[-1], state, began, None, reason)


def _spell(
    move: AlarmTransition, state: AlarmState, began: datetime | None, ended: datetime | None, reason: str
) -> AlarmPeriod:
    return AlarmPeriod(alarm=move.name, state=STATES[state], began=began, ended=ended, reason=reason)


def _lasting(alarm: Alarm, span: TimeSpan) -> AlarmPeriod:
    """An alarm that is not OK and did not change within the window."""
    began = alarm.since if alarm.since is not None and alarm.since >= span.start else None
    return AlarmPeriod(
        alarm=alarm.name, state=STATES[alarm.state], began=began, ended=None, reason=alarm.reason
    )


def _order(spell: AlarmPeriod, span: TimeSpan) -> tuple[bool, bool, datetime, str]:
    return spell.ended is None, spell.state == "alarm", spell.began or span.start, spell.alarm


def seconds(spell: AlarmPeriod, span: TimeSpan) -> float:
    """How long it lasted within the window."""
    return max(0.0, ((spell.ended or span.end) - (spell.began or span.start)).total_seconds())
