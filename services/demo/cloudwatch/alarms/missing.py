"""Derives an alarm's state from its datapoints, present or missing. Pure.

Source: "Configuring how CloudWatch alarms treat missing data" (Amazon CloudWatch User Guide), whose tables are the
tests.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    OK = "OK"
    ALARM = "ALARM"
    INSUFFICIENT = "INSUFFICIENT_DATA"


class Treat(StrEnum):
    MISSING = "missing"
    IGNORE = "ignore"
    BREACHING = "breaching"
    NOT_BREACHING = "notBreaching"


def evaluation_range(evaluation_periods: int) -> int:
    """How many periods AWS retrieves; the guide's example is 5 for 3, other lengths are not published."""
    return evaluation_periods + 2


@dataclass(frozen=True, slots=True)
class Decision:
    state: State | None
    """None: keep the current state."""
    filled: int
    """How many missing datapoints were filled in."""
    used: tuple[int, ...]
    """Indices of the real datapoints that were evaluated, oldest first."""


def decide(breaches: Sequence[bool | None], to_evaluate: int, to_alarm: int, treat: Treat) -> Decision:
    """Evaluate the datapoints of the evaluation range, oldest first; None is a missing datapoint."""
    real = [index for index, breach in enumerate(breaches) if breach is not None]
    used = tuple(real[-to_evaluate:])
    filled = to_evaluate - len(used)
    breaching = sum(breaches[index] is True for index in used)
    if filled and treat is Treat.BREACHING:
        breaching += filled
    if breaching >= to_alarm:
        state: State | None = State.ALARM
    elif filled and treat in (Treat.MISSING, Treat.IGNORE) and breaching == len(used):
        state = _without_good_data(len(breaches), used, to_alarm, treat)
    else:
        state = State.OK
    return Decision(state, filled, used)


def _without_good_data(length: int, used: tuple[int, ...], to_alarm: int, treat: Treat) -> State | None:
    """Too few datapoints, all of them breaching: ALARM only if the oldest is at least M periods old."""
    if treat is Treat.IGNORE:
        return None
    old_enough = bool(used) and length - used[0] >= to_alarm
    return State.ALARM if old_enough else State.INSUFFICIENT
