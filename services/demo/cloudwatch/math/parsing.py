"""Parses metric math into a tree.

Source: "Using metric math" (Amazon CloudWatch User Guide). Pure: text in, tree out.

    or      := and (("OR" | "||") and)*
    and     := compare (("AND" | "&&") compare)*
    compare := sum (("==" | "!=" | "<=" | ">=" | "<" | ">") sum)*
    sum     := product (("+" | "-") product)*
    product := unary (("*" | "/") unary)*
    unary   := "-" unary | power
    power   := atom ("^" unary)?
    atom    := number | 'text' | id | NAME "(" arguments ")" | NAME | "(" or ")" | "[" arguments "]"
"""

import re
from dataclasses import dataclass
from functools import lru_cache

MAX_DEPTH = 40
"""AWS refuses deeply nested expressions, too; here the limit protects the stack."""


class MathError(ValueError):
    """The expression cannot be read or evaluated; the text says why."""


@dataclass(frozen=True, slots=True)
class Number:
    """A literal number."""

    value: float


@dataclass(frozen=True, slots=True)
class Text:
    """A quoted text."""

    value: str


@dataclass(frozen=True, slots=True)
class Name:
    """A query's id (lowercase first letter)."""

    id: str


@dataclass(frozen=True, slots=True)
class Word:
    """A bare upper-case word: REPEAT, LINEAR, ASC, DESC, AVG…"""

    word: str


@dataclass(frozen=True, slots=True)
class FunctionCall:
    """A function and its arguments."""

    name: str
    arguments: "tuple[Node, ...]"


@dataclass(frozen=True, slots=True)
class Array:
    """`[a, b]`."""

    items: "tuple[Node, ...]"


@dataclass(frozen=True, slots=True)
class Binary:
    """Two operands; `symbol` is one of + - * / ^ == != <= >= < > AND OR."""

    symbol: str
    left: "Node"
    right: "Node"


@dataclass(frozen=True, slots=True)
class Negative:
    """Unary minus."""

    operand: "Node"


Node = Number | Text | Name | Word | FunctionCall | Array | Binary | Negative

_TOKEN = re.compile(
    r"""\s*(?:
        (?P<number>\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+)
      | (?P<text>'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")
      | (?P<id>[a-z][A-Za-z0-9_]*)
      | (?P<word>[A-Z][A-Z0-9_]*)
      | (?P<symbol>==|!=|<=|>=|&&|\|\||[-+*/^<>()\[\],])
      | (?P<end>$)
    )""",
    re.VERBOSE,
)
_ALIASES = {"&&": "AND", "||": "OR"}
_LEVELS: tuple[tuple[str, ...], ...] = (
    ("OR",),
    ("AND",),
    ("==", "!=", "<=", ">=", "<", ">"),
    ("+", "-"),
    ("*", "/"),
)

Token = tuple[str, str]


def _tokens(expression: str) -> list[Token]:
    tokens: list[Token] = []
    position = 0
    while True:
        match = _TOKEN.match(expression, position)
        if match is None:
            raise MathError(f"Unexpected character '{expression[position:].lstrip()[:1]}'")
        kind = match.lastgroup or "end"
        text = match[kind]
        if text in _ALIASES or text in ("AND", "OR"):
            kind, text = "symbol", _ALIASES.get(text, text)
        tokens.append((kind, text))
        if kind == "end":
            return tokens
        position = match.end()


class _Parser:
    def __init__(self, tokens: list[Token]) -> None:
        self._tokens = tokens
        self._at = 0
        self._depth = 0

    def whole(self) -> Node:
        node = self._level(0)
        if self._tokens[self._at][0] != "end":
            raise MathError(f"Unexpected '{self._tokens[self._at][1]}'")
        return node

    def _take(self, *symbols: str) -> str | None:
        kind, text = self._tokens[self._at]
        if kind == "symbol" and text in symbols:
            self._at += 1
            return text
        return None

    def _expect(self, symbol: str) -> None:
        if self._take(symbol) is None:
            token = self._tokens[self._at][1] or "end of expression"
            raise MathError(f"Expected '{symbol}' but found '{token}'")

    def _level(self, level: int) -> Node:
        if level == len(_LEVELS):
            return self._unary()
        left = self._level(level + 1)
        while symbol := self._take(*_LEVELS[level]):
            left = Binary(symbol, left, self._level(level + 1))
        return left

    def _unary(self) -> Node:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise MathError("The expression is nested too deeply")
        if self._take("-"):
            node: Node = Negative(self._unary())
        else:
            node = self._atom()
            if self._take("^"):
                node = Binary("^", node, self._unary())
        self._depth -= 1
        return node

    def _atom(self) -> Node:
        kind, text = self._tokens[self._at]
        if kind == "symbol" and text in "([":
            return self._bracketed()
        self._at += 1
        if kind == "number":
            return Number(float(text))
        if kind == "text":
            return Text(
                re.sub(r"\\(.)", r"\1", text[1:-1]) if "\\" in text and text[0] == '"' else text[1:-1]
            )
        if kind == "id":
            return Name(text)
        if kind == "word":
            return FunctionCall(text, self._arguments(")")) if self._take("(") else Word(text)
        raise MathError(f"Unexpected '{text}'" if text else "Unexpected end of expression")

    def _bracketed(self) -> Node:
        if self._take("["):
            return Array(self._arguments("]"))
        self._expect("(")
        node = self._level(0)
        self._expect(")")
        return node

    def _arguments(self, closing: str) -> tuple[Node, ...]:
        if self._take(closing):
            return ()
        arguments = [self._level(0)]
        while self._take(","):
            arguments.append(self._level(0))
        self._expect(closing)
        return tuple(arguments)


@lru_cache(maxsize=512)
def parse(expression: str) -> Node:
    """The tree of a metric math expression. Raises MathError with a message like AWS's."""
    return _Parser(_tokens(expression)).whole()
