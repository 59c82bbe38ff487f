"""The meaning of expressions of Logs Insights: conditions, arithmetic, functions.

Source: "filter", "Operations and functions" (Amazon CloudWatch Logs user guide).
"""

import re
from collections.abc import Callable
from typing import Any

from services.demo.grammar import Meaning, Node
from services.demo.logs.insights.functions import AGGREGATES, ARITHMETIC, SCALARS, floor, period
from services.demo.logs.insights.patterns import like, regex
from services.demo.logs.insights.records import Read, Record, field
from services.demo.logs.insights.values import QueryError, Value, compare, number_of, truth

_ESCAPE = re.compile(r"""\\(["'\\])""")


class Expressions(Meaning):
    def __init__(self, text: str, now: float) -> None:
        self.query_text = text
        self._now = float(int(now))
        self.unnamed: list[str] = []
        """Unnamed columns of a preceding `stats`: from there on `count(*)` and `bin(1h)` are field names."""
        self.aggregates = 0
        """Number of aggregations so far; they are valid in `stats` only."""

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
        """`a not like /b/`"""
        left, *negated, pattern = node.children
        is_regex = pattern.type == "REGEX"
        test = like(self.read(left), regex(regex_text(pattern)) if is_regex else text_of(pattern))
        return (lambda record: not test(record)) if negated else test

    def membership(self, node: Node) -> Read:
        left = self.read(node.children[0])
        negated = not hasattr(node.children[1], "data")
        items = [self.read(child) for child in node.children[1 + negated :]]
        return lambda record: negated is not any(compare("=", left(record), item(record)) for item in items)

    def sum(self, node: Node) -> Read:
        left = self.read(node.children[0])
        for sign, operand in zip(node.children[1::2], node.children[2::2], strict=True):
            left = applied(ARITHMETIC[str(sign)], left, self.read(operand))
        return left

    product = sum

    def power(self, node: Node) -> Read:
        return applied(ARITHMETIC["^"], *map(self.read, node.children))

    def negative(self, node: Node) -> Read:
        return applied(ARITHMETIC["-"], lambda _: 0, self.read(node.children[0]))

    def field(self, node: Node) -> Read:
        return field(name_of(node.children[0]))

    def number(self, node: Node) -> Read:
        number = float(str(node.children[0]))
        return lambda _: number

    def text(self, node: Node) -> Read:
        text = text_of(node.children[0])
        return lambda _: text

    def period(self, node: Node) -> Read:
        """Milliseconds of `5m`."""
        size = period(str(node.children[0]))
        return lambda _: size

    def call(self, node: Node) -> Read:
        written, *arguments = node.children
        name = str(written).lower()
        if name in AGGREGATES:
            return self._aggregate(name, arguments)
        if any(not hasattr(argument, "data") for argument in arguments):
            raise QueryError("unexpected symbol found *").at(*span(node))
        if name == "now" and not arguments:
            return lambda _: self._now
        if name == "bin":
            return self._bin(arguments)
        if name not in SCALARS:
            raise QueryError(f"Invalid function: {written}")
        least, most, function = SCALARS[name]
        if not least <= len(arguments) <= most:
            raise QueryError(f"Invalid number of arguments for function: {written}")
        return applied(function, *map(self.read, arguments))

    def _bin(self, arguments: list[Node]) -> Read:
        if [argument.data for argument in arguments] != ["period"]:
            raise QueryError("Invalid arguments for function: bin")
        return applied(floor, field("@timestamp"), self.read(arguments[0]))

    def _aggregate(self, name: str, arguments: list[Node]) -> Read:
        self.aggregates += 1
        numbers, fold = AGGREGATES[name]
        if name == "count" and (not arguments or not hasattr(arguments[0], "data")):
            return lambda group: len(group.rows)
        if len(arguments) != numbers + 1 or any(argument.data != "number" for argument in arguments[1:]):
            raise QueryError(f"Invalid number of arguments for function: {name}")
        read, *rest = map(self.read, arguments)
        constants = [number_of(constant(Record(None))) or 0.0 for constant in rest]
        return lambda group: fold(read, list(group.rows), constants)


def applied(function: Callable[..., Value], *arguments: Read) -> Read:
    return lambda record: function(*(argument(record) for argument in arguments))


def name_of(token: Any) -> str:
    return str(token).strip("`")


def text_of(token: Any) -> str:
    return _ESCAPE.sub(r"\1", str(token)[1:-1])


def regex_text(token: Any) -> str:
    return str(token)[1:-1].replace("\\/", "/")


def span(node: Node) -> tuple[int, int]:
    return getattr(node.meta, "start_pos", 0), getattr(node.meta, "end_pos", 0)
