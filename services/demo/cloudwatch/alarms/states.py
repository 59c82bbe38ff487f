"""The state of an alarm: from its datapoints, present or missing, and by the rule of a composite
(`rule.lark`). Pure. Source: "Configuring how CloudWatch alarms treat missing data" (Amazon CloudWatch User
Guide), whose tables are the tests; PutCompositeAlarm, "AlarmRule" (Amazon CloudWatch API reference)."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import Any

from services.demo import grammar

CREATED = "Unchecked: Initial alarm creation"


class State(StrEnum):
    OK = "OK"
    ALARM = "ALARM"
    INSUFFICIENT = "INSUFFICIENT_DATA"


def stamp(at: datetime) -> str:
    """`2020-10-05T06:30:58.947+0000`."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}+0000"


class Treat(StrEnum):
    MISSING = "missing"
    IGNORE = "ignore"
    BREACHING = "breaching"
    NOT_BREACHING = "notBreaching"


def evaluation_range(evaluation_periods: int) -> int:
    """How many periods AWS retrieves; the guide's example is 5 for 3, other lengths are not published."""
    return evaluation_periods + 2


@dataclass(frozen=True, slots=True)
class AlarmDecision:
    state: State | None  # None: keep the current state
    filled: int  # How many missing datapoints were filled in
    used: tuple[int, ...]  # Indices of the real datapoints that were evaluated, oldest first


def decide(breaches: Sequence[bool | None], to_evaluate: int, to_alarm: int, treat: Treat) -> AlarmDecision:
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
    return AlarmDecision(state, filled, used)


def _without_good_data(length: int, used: tuple[int, ...], to_alarm: int, treat: Treat) -> State | None:
    """Too few datapoints, all of them breaching: ALARM only if the oldest is at least M periods old."""
    if treat is Treat.IGNORE:
        return None
    old_enough = bool(used) and length - used[0] >= to_alarm
    return State.ALARM if old_enough else State.INSUFFICIENT


_GRAMMAR = Path(__file__).with_name("rule.lark")
Lookup = Callable[[str], State | None]
Check = Callable[[Lookup], bool]


class RuleError(ValueError):
    pass


@dataclass(frozen=True, slots=True)
class StateRule:
    check: Check  # Whether the composite is in ALARM, given a lookup from alarm name (or ARN) to state
    children: tuple[str, ...]  # Names or ARNs as written, each once


class _Rule(grammar.Conditions):
    deepest = 50

    def __init__(self) -> None:
        self.children: dict[str, None] = {}

    def state(self, node: grammar.Node) -> Check:
        word, written = node.children
        name = self._name(written)
        state = State(word.upper())
        return lambda states: states(name) is state

    def at_least(self, node: grammar.Node) -> Check:
        count, *others = node.children
        is_negated = others[0].type == "NOT"
        word, *written = others[is_negated:]
        names = [self._name(each) for each in written]
        state = State(word.upper())
        least = int(count.rstrip("%")) * (len(names) if count.endswith("%") else 100)
        return lambda states: 100 * sum((states(name) is state) != is_negated for name in names) >= least

    def _name(self, written: Any) -> str:
        name = re.sub(r"\\(.)", r"\1", written[1:-1] if written.type == "PHRASE" else written)
        self.children[name] = None
        return name

    def constant(self, node: grammar.Node) -> Check:
        constant = str(node.children[0]).upper() == "TRUE"
        return lambda states: constant


@lru_cache(maxsize=256)
def parse_rule(text: str) -> StateRule:
    """Parse an AlarmRule. Raises RuleError."""
    rule = _Rule()
    try:
        check = rule.visit(grammar.parse(_GRAMMAR, text))
    except grammar.Unexpected as error:
        raise RuleError(str(error)) from None
    return StateRule(check, tuple(rule.children))


def alarm_name(name_or_arn: str) -> str:
    head, separator, name = name_or_arn.partition(":alarm:")
    return name if separator and head.startswith("arn:") else name_or_arn
