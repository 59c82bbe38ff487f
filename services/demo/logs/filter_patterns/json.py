"""Filter patterns for JSON lines: `{ $.level = "ERROR" && ($.status >= 500 || $.path = "/api/*") }`."""

import re
from collections.abc import Callable
from typing import Any

import orjson

from services.demo.logs.filter_patterns.values import PatternError, Test, condition

Node = Callable[[Any], bool]
_TOKEN = re.compile(
    r"""\s*(?:
      (?P<selector>\$(?:\.?\[(?:\d+|\*)\]|\.[\w\-]+|\.\*|\.?\["[^"]*"\])+)
    | (?P<word>(?:IS|NOT|EXISTS|NULL|TRUE|FALSE)\b)
    | (?P<sign>&&|\|\||!=|<=|>=|[()<>=])
    | (?P<quoted>"(?:[^"\\]|\\.)*")
    | (?P<regex>%[^%]*%)
    | (?P<bare>[^\s()&|<>=!"%]+)
    )""",
    re.VERBOSE,
)
_STEP = re.compile(r"""\["([^"]*)"\]|\[(\d+|\*)\]|\.([\w\-]+|\*)""")
_COMPARISONS = ("=", "!=", "<", "<=", ">", ">=")


def compile_json(text: str) -> Callable[[str], bool]:
    """The pattern between `{` and `}`. A line that is no JSON object or array never matches. Raises PatternError."""
    test = _Parser(text[1:-1]).whole()

    def match(line: str) -> bool:
        if not line.lstrip().startswith(("{", "[")):
            return False
        try:
            return test(orjson.loads(line))
        except (orjson.JSONDecodeError, RecursionError):
            return False

    return match


class _Parser:
    """Recursive descent: `||` binds weakest, then `&&`, then parentheses and conditions."""

    def __init__(self, text: str) -> None:
        self._tokens = _tokens(text)
        self._at = 0

    def whole(self) -> Node:
        node = self._any()
        if self._at < len(self._tokens):
            raise PatternError(f"Unexpected '{self._tokens[self._at][1]}' in the filter pattern")
        return node

    def _take(self, *texts: str) -> str | None:
        if self._at < len(self._tokens) and self._tokens[self._at][1] in texts:
            self._at += 1
            return self._tokens[self._at - 1][1]
        return None

    def _next(self) -> tuple[str, str]:
        if self._at >= len(self._tokens):
            raise PatternError("The filter pattern ends too early")
        self._at += 1
        return self._tokens[self._at - 1]

    def _any(self) -> Node:
        nodes = [self._all()]
        while self._take("||"):
            nodes.append(self._all())
        return nodes[0] if len(nodes) == 1 else lambda value: any(node(value) for node in nodes)

    def _all(self) -> Node:
        nodes = [self._one()]
        while self._take("&&"):
            nodes.append(self._one())
        return nodes[0] if len(nodes) == 1 else lambda value: all(node(value) for node in nodes)

    def _one(self) -> Node:
        if self._take("("):
            node = self._any()
            if not self._take(")"):
                raise PatternError("A parenthesis is not closed")
            return node
        kind, text = self._next()
        if kind != "selector":
            raise PatternError(f"'{text}' is not a property selector")
        return self._condition(_steps(text))

    def _condition(self, steps: list[str | int]) -> Node:
        _, text = self._next()
        if text in _COMPARISONS:
            kind, operand = self._next()
            return _compare(steps, text, kind, operand)
        if text == "EXISTS":
            return lambda value: bool(_find(value, steps))
        if text == "NOT" and self._take("EXISTS"):
            return lambda value: not _find(value, steps)
        if text == "IS" and (word := self._take("NULL", "TRUE", "FALSE")):
            constant = {"NULL": None, "TRUE": True, "FALSE": False}[word]
            return lambda value: any(node is constant for node in _find(value, steps))
        raise PatternError(f"'{text}' is not an operator")


def _tokens(text: str) -> list[tuple[str, str]]:
    tokens = []
    position = 0
    while text[position:].strip():
        match = _TOKEN.match(text, position)
        if match is None or match.lastgroup is None:
            raise PatternError(f"Invalid character(s) in '{text[position:].strip()}'")
        tokens.append((match.lastgroup, match[match.lastgroup]))
        position = match.end()
    return tokens


def _compare(steps: list[str | int], sign: str, kind: str, operand: str) -> Node:
    if kind not in ("quoted", "regex", "bare", "word"):
        raise PatternError(f"'{operand}' is not a value")
    text = re.sub(r"\\(.)", r"\1", operand[1:-1]) if kind == "quoted" else operand
    test: Test = condition(sign, text, quoted=kind == "quoted")
    # A selector that leads to an object or an array matches nothing, not even `!=`.
    return lambda value: any(
        not isinstance(node, dict | list) and node is not None and test(node) for node in _find(value, steps)
    )


def _steps(selector: str) -> list[str | int]:
    steps: list[str | int] = []
    for key, index, name in _STEP.findall(selector):
        if index:
            steps.append(-1 if index == "*" else int(index))
        else:
            steps.append(key or name)
    return steps


def _find(value: Any, steps: list[str | int]) -> list[Any]:
    """Every node that the selector leads to; `*` leads to many."""
    nodes = [value]
    for step in steps:
        nodes = [inner for outer in nodes for inner in _inside(outer, step)]
    return nodes


def _inside(value: Any, step: str | int) -> list[Any]:
    if isinstance(value, dict) and isinstance(step, str):
        if step in value:
            return [value[step]]
        return list(value.values()) if step == "*" else []
    if isinstance(value, list) and isinstance(step, int):
        return value if step < 0 else value[step : step + 1]
    return []
