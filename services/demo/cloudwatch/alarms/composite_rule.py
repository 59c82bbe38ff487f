"""Source: PutCompositeAlarm, "AlarmRule" (Amazon CloudWatch API reference)."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from services.demo import grammar
from services.demo.cloudwatch.alarms.missing import State

_GRAMMAR = Path(__file__).with_name("rule.lark")
Lookup = Callable[[str], State | None]
Check = Callable[[Lookup], bool]


class RuleError(ValueError):
    """The rule cannot be parsed."""


@dataclass(frozen=True, slots=True)
class Rule:
    check: Check
    """Whether the composite is in ALARM, given a lookup from alarm name (or ARN) to state."""
    children: tuple[str, ...]
    """Names or ARNs as written, each once."""


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
def parse_rule(text: str) -> Rule:
    """Parse an AlarmRule. Raises RuleError."""
    rule = _Rule()
    try:
        check = rule.visit(grammar.parse(_GRAMMAR, text))
    except grammar.Unexpected as error:
        raise RuleError(str(error)) from None
    return Rule(check, tuple(rule.children))


def alarm_name(name_or_arn: str) -> str:
    head, separator, name = name_or_arn.partition(":alarm:")
    return name if separator and head.startswith("arn:") else name_or_arn
