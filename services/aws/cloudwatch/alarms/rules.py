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

MOST_PARSED = 4096
"""Rules that are remembered; an account has as many composite alarms at most as it asked AWS for."""


@dataclass(frozen=True, slots=True)
class InState:
    """Whether the alarm is in this state."""

    name: str
    state: AlarmState


@dataclass(frozen=True, slots=True)
class Not:
    part: "Condition"


@dataclass(frozen=True, slots=True)
class AtLeast:
    """Whether `count` of the parts hold: all for AND, one for OR."""

    count: int
    parts: tuple["Condition", ...]


Condition = InState | Not | AtLeast
TRUE, FALSE = AtLeast(0, ()), AtLeast(1, ())


@lru_cache(MOST_PARSED)
def parsed(rule: str) -> Condition | None:
    """The meaning of an AlarmRule; None: it is not one that we can read."""
    from lark.exceptions import UnexpectedInput

    try:
        condition: Condition = _parser().parse(rule)  # type: ignore[assignment]  # what the callbacks return
    except UnexpectedInput:
        return None
    return condition


@lru_cache(MOST_PARSED)
def names_in(rule: str) -> tuple[str, ...] | None:
    """The names of the alarms that a rule is about, each once; None: it cannot be read."""
    condition = parsed(rule)
    if condition is None:
        return None
    names: dict[str, None] = {}
    parts = [condition]
    while parts:
        part = parts.pop()
        if isinstance(part, InState):
            names[part.name] = None
        else:
            parts += [part.part] if isinstance(part, Not) else reversed(part.parts)
    return tuple(names)


class _Meaning:
    """What the parser calls for each rule of the grammar, innermost first."""

    def some(self, parts: list[Condition]) -> Condition:
        return AtLeast(1, tuple(parts))

    def every(self, parts: list[Condition]) -> Condition:
        return AtLeast(len(parts), tuple(parts))

    def negation(self, parts: list[Condition]) -> Condition:
        (part,) = parts
        return part.part if isinstance(part, Not) else Not(part)

    def constant(self, parts: list[Any]) -> Condition:
        return TRUE if parts[0].upper() == "TRUE" else FALSE

    def state(self, parts: list[Any]) -> Condition:
        word, name = parts
        return InState(name, STATES[word.rstrip("( \t\r\n\f").upper()])

    def at_least(self, parts: list[Any]) -> Condition:
        (number, *percent), (*negated, word), *names = parts
        states: list[Condition] = [InState(name, STATES[word.upper()]) for name in names]
        # A share is met from the next whole alarm on.
        count = -(-int(number) * len(names) // 100) if percent else int(number)
        return AtLeast(count, tuple(Not(state) for state in states) if negated else tuple(states))

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
