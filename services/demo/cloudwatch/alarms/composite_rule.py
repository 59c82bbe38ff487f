"""The rule of a composite alarm. Pure.

Source: PutCompositeAlarm, "AlarmRule" (Amazon CloudWatch API reference).

    or   := and ("OR" and)*
    and  := not ("AND" not)*
    not  := "NOT" not | "(" or ")" | TRUE | FALSE | ("ALARM" | "OK" | "INSUFFICIENT_DATA") "(" name ")"
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from services.demo.cloudwatch.alarms.missing import State

MAX_DEPTH = 50
Lookup = Callable[[str], State | None]
Check = Callable[[Lookup], bool]

_TOKEN = re.compile(
    r"""\s*(?:
        (?P<state>ALARM|OK|INSUFFICIENT_DATA)\s*\(\s*
            (?:"(?P<double>(?:[^"\\]|\\.)*)"|'(?P<single>(?:[^'\\]|\\.)*)'|(?P<bare>[^\s()"']+))\s*\)
      | (?P<word>AND|OR|NOT|TRUE|FALSE)\b
      | (?P<mark>[()])
      | (?P<end>$)
    )""",
    re.VERBOSE | re.IGNORECASE,
)


class RuleError(ValueError):
    """The rule cannot be parsed."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A parsed rule."""

    check: Check
    """Whether the composite is in ALARM, given a lookup from alarm name (or ARN) to state."""
    children: tuple[str, ...]
    """Names or ARNs as written, each once."""


class _Parser:
    def __init__(self, text: str) -> None:
        self.children: list[str] = []
        self._tokens = _scan(text)
        self._at = 0
        self._depth = 0

    def whole(self) -> Check:
        check = self._either()
        if self._tokens[self._at][0] != "end":
            raise RuleError(f"unexpected '{self._tokens[self._at][1]}'")
        return check

    def _take(self, kind: str, text: str) -> bool:
        matches = self._tokens[self._at] == (kind, text, "")
        self._at += matches
        return matches

    def _either(self) -> Check:
        checks = [self._both()]
        while self._take("word", "OR"):
            checks.append(self._both())
        return checks[0] if len(checks) == 1 else lambda states: any(check(states) for check in checks)

    def _both(self) -> Check:
        checks = [self._one()]
        while self._take("word", "AND"):
            checks.append(self._one())
        return checks[0] if len(checks) == 1 else lambda states: all(check(states) for check in checks)

    def _one(self) -> Check:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise RuleError("the rule is nested too deeply")
        check = self._atom()
        self._depth -= 1
        return check

    def _atom(self) -> Check:
        if self._take("word", "NOT"):
            inner = self._one()
            return lambda states: not inner(states)
        if self._take("mark", "("):
            check = self._either()
            if not self._take("mark", ")"):
                raise RuleError("')' is missing")
            return check
        kind, text, name = self._tokens[self._at]
        self._at += 1
        if kind == "state":
            if name not in self.children:
                self.children.append(name)
            state = State(text)
            return lambda states: states(name) is state
        if kind == "word" and text in ("TRUE", "FALSE"):
            return lambda states: text == "TRUE"
        raise RuleError(f"unexpected '{text}'" if text else "unexpected end")


def _scan(text: str) -> list[tuple[str, str, str]]:
    tokens: list[tuple[str, str, str]] = []
    position = 0
    while True:
        match = _TOKEN.match(text, position)
        if match is None:
            raise RuleError(f"unexpected '{text[position:].strip()[:20]}'")
        if match["state"]:
            name = match["double"] or match["single"] or match["bare"] or ""
            tokens.append(("state", match["state"].upper(), re.sub(r"\\(.)", r"\1", name)))
        else:
            kind = match.lastgroup or "end"
            tokens.append((kind, match[kind].upper(), ""))
        if tokens[-1][0] == "end":
            return tokens
        position = match.end()


@lru_cache(maxsize=256)
def parse_rule(text: str) -> Rule:
    """Parse an AlarmRule. Raises RuleError."""
    parser = _Parser(text)
    check = parser.whole()
    return Rule(check, tuple(parser.children))


def alarm_name(name_or_arn: str) -> str:
    """The name in an alarm's ARN, or the name itself."""
    head, separator, name = name_or_arn.partition(":alarm:")
    return name if separator and head.startswith("arn:") else name_or_arn
