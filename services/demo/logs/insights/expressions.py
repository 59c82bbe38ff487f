"""The meaning of expressions of Logs Insights: conditions, arithmetic, and the functions that the console
sends. Source: "filter", "Operations and functions", "Supported regular expressions" (Amazon CloudWatch Logs
user guide). Other functions are refused as unknown to the demo."""

import math
import operator
import re
import statistics
from collections.abc import Callable, Sequence
from typing import Any

from services.demo.grammar import GrammarMeaning, Node
from services.demo.logs.insights.records import (
    QueryError,
    QueryRecord,
    Read,
    RecordMoment,
    Value,
    compare,
    field,
    number_of,
    sort_key,
    text_of,
    truth,
)

_ESCAPE = re.compile(r"""\\(["'\\])""")
_BEYOND = re.compile(r"\(\?(?:[=!>|P(&]|<[=!])|\\[1-9k]")
"""Look-around, atomic groups, back-references, conditions: AWS's engine supports none of them."""
_FLAGS, _NAMED = re.compile(r"\(\?([imsx]+)\)"), re.compile(r"\(\?<(\w+)>")
_UNITS = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000}  # Milliseconds
Fold = Callable[[Read, Sequence[QueryRecord], float], Value]


def _numeric(function: Callable[..., float]) -> Callable[..., Value]:
    def apply(*values: Value) -> Value:
        numbers = [number_of(value) for value in values]
        if any(number is None for number in numbers):
            return None
        try:
            return float(function(*numbers))
        except (ArithmeticError, ValueError):
            return None

    return apply


def _text(function: Callable[..., Value]) -> Callable[..., Value]:
    def apply(*values: Value) -> Value:
        texts = [text_of(value) for value in values if value is not None]
        return function(*texts) if len(texts) == len(values) else None

    return apply


SCALARS: dict[str, tuple[int, int, Callable[..., Value]]] = {
    "abs": (1, 1, _numeric(abs)),
    "ceil": (1, 1, _numeric(math.ceil)),
    "floor": (1, 1, _numeric(math.floor)),
    "ispresent": (1, 1, lambda value: value is not None),
    "coalesce": (1, 99, lambda *values: next((value for value in values if value is not None), None)),
    "concat": (1, 99, lambda *values: "".join(text_of(value) for value in values if value is not None)),
    "strlen": (1, 1, _text(len)),
    "toupper": (1, 1, _text(str.upper)),
    "tolower": (1, 1, _text(str.lower)),
    "replace": (3, 3, _text(str.replace)),
    "strcontains": (2, 2, _text(lambda text, part: int(part in text))),
}
"""By name: least and most arguments, and the function."""
ARITHMETIC: dict[str, Callable[..., Value]] = {
    "+": _numeric(operator.add),
    "-": _numeric(operator.sub),
    "*": _numeric(operator.mul),
    "/": _numeric(operator.truediv),
    "%": _numeric(math.fmod),
}


def _present(read: Read, rows: Sequence[QueryRecord]) -> list[str | int | float]:
    return [value for value in map(read, rows) if value is not None]


def _extreme(choose: Callable[..., Value]) -> Fold:
    def fold(read: Read, rows: Sequence[QueryRecord], _: float) -> Value:
        values = _present(read, rows)
        numeric = [value for value in values if number_of(value) is not None]
        return choose(numeric or values, key=sort_key, default=None)

    return fold


def _over(function: Callable[[list[float], float], float]) -> Fold:
    def fold(read: Read, rows: Sequence[QueryRecord], constant: float) -> Value:
        numbers = [number for value in map(read, rows) if (number := number_of(value)) is not None]
        return function(numbers, constant) if numbers else None

    return fold


def _percentile(numbers: list[float], percent: float) -> float:
    return sorted(numbers)[max(0, math.ceil(percent / 100 * len(numbers)) - 1)]


AGGREGATES: dict[str, tuple[int, Fold]] = {
    "count": (0, lambda read, rows, _: len(_present(read, rows))),
    "count_distinct": (0, lambda read, rows, _: len(set(map(text_of, _present(read, rows))))),
    "sum": (0, _over(lambda numbers, _: math.fsum(numbers))),
    "avg": (0, _over(lambda numbers, _: statistics.fmean(numbers))),
    "min": (0, _extreme(min)),
    "max": (0, _extreme(max)),
    "pct": (1, _over(_percentile)),
}
"""By name: how many numbers follow the field, and the fold over a group."""


class Expressions(GrammarMeaning):
    def __init__(self, text: str) -> None:
        self.query_text = text
        self.unnamed: list[str] = []
        """Unnamed columns of a preceding `stats`: from there on `count(*)` and `bin(1h)` are field names."""
        self.aggregates = 0  # Number of aggregations so far; they are valid in `stats` only

    def visit(self, node: Node) -> Any:
        try:
            return super().visit(node)
        except QueryError as error:
            raise error.at(*span(node)) from None

    def read(self, node: Node) -> Read:
        written = self.written(node)
        return field(written) if written in self.unnamed else self.visit(node)

    def written(self, node: Node) -> str:
        return self.query_text[slice(*span(node))]

    def condition(self, node: Node) -> Read:
        operands = [self.read(child) for child in node.children]
        return lambda record: any(truth(operand(record)) for operand in operands)

    def conjunction(self, node: Node) -> Read:
        operands = [self.read(child) for child in node.children]
        return lambda record: all(truth(operand(record)) for operand in operands)

    def negation(self, node: Node) -> Read:
        operand = self.read(node.children[1])
        return lambda record: not truth(operand(record))

    def comparison(self, node: Node) -> Read:
        left, sign, right = self.read(node.children[0]), str(node.children[1]), self.read(node.children[2])
        return lambda record: compare(sign, left(record), right(record))

    def like(self, node: Node) -> Read:
        """`a not like /b/`; an absent field is like nothing."""
        left, *negated, pattern = node.children
        read, expression = (
            self.read(left),
            regex(regex_text(pattern) if pattern.type == "REGEX" else re.escape(string_of(pattern))),
        )

        def test(record: QueryRecord) -> bool:
            value = read(record)
            return (value is not None and expression.search(text_of(value)) is not None) is not bool(negated)

        return test

    def membership(self, node: Node) -> Read:
        left = self.read(node.children[0])
        negated = not hasattr(node.children[1], "data")
        items = [self.read(child) for child in node.children[1 + negated :]]
        return lambda record: negated is not any(compare("=", left(record), item(record)) for item in items)

    def sum(self, node: Node) -> Read:
        """`a + b - c`, and in the same way products."""
        left = self.read(node.children[0])
        for sign, operand in zip(node.children[1::2], node.children[2::2], strict=True):
            left = applied(ARITHMETIC[str(sign)], left, self.read(operand))
        return left

    product = sum

    def negative(self, node: Node) -> Read:
        return applied(ARITHMETIC["-"], lambda _: 0, self.read(node.children[0]))

    def field(self, node: Node) -> Read:
        return field(name_of(node.children[0]))

    def number(self, node: Node) -> Read:
        number = float(str(node.children[0]))
        return lambda _: number

    def text(self, node: Node) -> Read:
        text = string_of(node.children[0])
        return lambda _: text

    def period(self, node: Node) -> Read:
        raise QueryError(f"unexpected period {node.children[0]}")

    def call(self, node: Node) -> Read:
        written, *arguments = node.children
        name = str(written).lower()
        if name in AGGREGATES:
            return self._aggregate(name, arguments)
        if any(not hasattr(argument, "data") for argument in arguments):
            raise QueryError("unexpected symbol found *")
        if name == "bin":
            return _bin(arguments)
        if name not in SCALARS:
            raise QueryError(f"The demo does not know the function {written}")
        least, most, function = SCALARS[name]
        if not least <= len(arguments) <= most:
            raise QueryError(f"Invalid number of arguments for function: {written}")
        return applied(function, *map(self.read, arguments))

    def _aggregate(self, name: str, arguments: list[Node]) -> Read:
        self.aggregates += 1
        numbers, fold = AGGREGATES[name]
        if name == "count" and (not arguments or not hasattr(arguments[0], "data")):
            return lambda group: len(group.rows)
        if len(arguments) != numbers + 1 or any(argument.data != "number" for argument in arguments[1:]):
            raise QueryError(f"Invalid number of arguments for function: {name}")
        read, constant = self.read(arguments[0]), float(arguments[1].children[0]) if numbers else 0.0
        return lambda group: fold(read, group.rows, constant)


def _bin(arguments: list[Node]) -> Read:
    """The beginning of the period in which an event lies."""
    if [argument.data for argument in arguments] != ["period"]:
        raise QueryError("Invalid arguments for function: bin")
    written = str(arguments[0].children[0])
    digits = written.rstrip("abcdefghijklmnopqrstuvwxyz")
    size = int(digits) * _UNITS.get(written.removeprefix(digits), 0)
    if not size:
        raise QueryError(f"The demo does not know the period {written}").at(*span(arguments[0]))
    at = field("@timestamp")
    return lambda record: (
        None if (moment := number_of(at(record))) is None else RecordMoment(moment // size * size)
    )


def regex(text: str) -> re.Pattern[str]:
    """An expression between slashes, as Python's. Raises QueryError for what AWS does not support."""
    if _BEYOND.search(text.replace("\\\\", "..")):
        raise QueryError(f"Invalid regular expression: /{text}/ uses look-around or back-references")
    flags = "".join(sorted(set("".join(_FLAGS.findall(text)))))
    # AWS accepts `^(?i)word$`; Python requires flags at the very beginning.
    body = _NAMED.sub(r"(?P<\1>", _FLAGS.sub("", text))
    try:
        return re.compile(f"(?{flags}){body}" if flags else body)
    except re.error as error:
        raise QueryError(f"Invalid regular expression: /{text}/: {error}") from error


def applied(function: Callable[..., Value], *arguments: Read) -> Read:
    return lambda record: function(*(argument(record) for argument in arguments))


def name_of(token: Any) -> str:
    return str(token).strip("`")


def string_of(token: Any) -> str:
    """A text without its quotes."""
    return _ESCAPE.sub(r"\1", str(token)[1:-1])


def regex_text(token: Any) -> str:
    return str(token)[1:-1].replace("\\/", "/")


def span(node: Node) -> tuple[int, int]:
    return getattr(node.meta, "start_pos", 0), getattr(node.meta, "end_pos", 0)
