"""The rule of a composite alarm as a tree, by the grammar `rule.lark`. Pure."""

import re
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from services.aws.cloudwatch.alarms.parsing import STATES, alarm_name
from services.models.alarms import AlarmState

if TYPE_CHECKING:
    from lark import Lark

EVERY_STATE = frozenset(STATES.values())


@dataclass(frozen=True, slots=True)
class InState:
    """Whether the alarm is in one of these states."""

    name: str
    states: frozenset[AlarmState]


@dataclass(frozen=True, slots=True)
class AtLeast:
    """Whether `count` of the parts hold: all for AND, one for OR."""

    count: int
    parts: tuple["Condition", ...]


Condition = InState | AtLeast


@lru_cache(4096)
def parsed(rule: str) -> tuple[Condition, tuple[str, ...]] | None:
    """The meaning of an AlarmRule, and the names in it, each once; None: it is not one that we can read."""
    from lark.exceptions import LarkError

    try:
        condition: Condition = _parser().parse(rule)  # type: ignore[assignment]  # what the callbacks return
        return condition, tuple(dict.fromkeys(_names(condition)))
    except (LarkError, RecursionError):
        return None


def _names(condition: Condition) -> list[str]:
    if isinstance(condition, InState):
        return [condition.name]
    return [name for part in condition.parts for name in _names(part)]


def _opposite(condition: Condition) -> Condition:
    if isinstance(condition, InState):
        return InState(condition.name, EVERY_STATE - condition.states)
    # Fewer than `count` hold where all but `count` - 1 do not.
    parts = condition.parts
    return AtLeast(len(parts) - condition.count + 1, tuple(_opposite(part) for part in parts))


class _Meaning:
    """What the parser calls for each rule of the grammar, innermost first."""

    def some(self, parts: list[Condition]) -> Condition:
        return AtLeast(1, tuple(parts))

    def every(self, parts: list[Condition]) -> Condition:
        return AtLeast(len(parts), tuple(parts))

    def negation(self, parts: list[Condition]) -> Condition:
        return _opposite(parts[0])

    def constant(self, parts: list[str]) -> Condition:
        return AtLeast(0 if parts[0].upper() == "TRUE" else 1, ())

    def state(self, parts: list[str]) -> Condition:
        return InState(parts[1], frozenset({STATES[parts[0].rstrip("(").strip().upper()]}))

    def at_least(self, parts: list[Any]) -> Condition:
        (number, *percent), (*negated, word), *names = parts
        state = frozenset({STATES[word.upper()]})
        states = EVERY_STATE - state if negated else state
        # A share is met from the next whole alarm on.
        count = -(-int(number) * len(names) // 100) if percent else int(number)
        return AtLeast(count, tuple(InState(name, states) for name in names))

    def condition(self, parts: list[Any]) -> list[Any]:
        return parts

    count = condition

    def name(self, parts: list[Any]) -> str:
        (written,) = parts
        is_quoted = written.type == "QUOTED"
        return alarm_name(re.sub(r"\\(.)", r"\1", written[1:-1]) if is_quoted else str(written))


@cache
def _parser() -> "Lark":
    # Loaded with the first composite alarm that matters: most systems have none.
    from lark import Lark

    grammar = Path(__file__).with_name("rule.lark").read_text("utf-8")
    return Lark(grammar, parser="lalr", transformer=_Meaning())
