"""Metric math: the grammar `expression.lark`, the values (a number S, a line TS, several lines TS[]), the
functions. Source: "Using metric math" (Amazon CloudWatch User Guide). Pure."""

import math
import operator
import re
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

from services.demo import grammar
from services.demo.cloudwatch.store import MetricKey
from services.demo.grammar import GrammarMeaning, Node, Unexpected


@dataclass(frozen=True, slots=True)
class TimeGrid:
    """Where points may lie: `start` + n × `period`, before `end` (epoch seconds)."""

    start: int
    end: int
    period: int

    def times(self) -> range:
        return range(self.start, self.end, self.period)


@dataclass(frozen=True, slots=True)
class MathLine:
    """One time series: period start (epoch seconds) -> value, times ascending."""

    points: Mapping[int, float]
    grid: TimeGrid
    label: str = ""
    metric: MetricKey | None = None  # The metric, if the line is measured and not computed

    def with_points(self, points: Mapping[int, float]) -> "MathLine":
        return replace(self, points=points)

    def map(self, function: Callable[[float], float | None]) -> "MathLine":
        pairs = ((at, function(value)) for at, value in self.points.items())
        return self.with_points({at: value for at, value in pairs if value is not None})


Value = float | MathLine | list[MathLine]


_GRAMMAR = Path(__file__).with_name("expression.lark")


class MathError(ValueError):
    """The expression cannot be read or evaluated; the text says why."""


@lru_cache(maxsize=512)
def parse(expression: str) -> grammar.Node:
    """The tree of a metric math expression. Raises MathError with a message like AWS's."""
    try:
        return grammar.parse(_GRAMMAR, expression)
    except grammar.Unexpected as error:
        if error.symbol:
            raise MathError(f"Unexpected '{error.symbol}'") from None
        if expression.count("(") > expression.count(")"):
            raise MathError("Expected ')' but found 'end of expression'") from None
        raise MathError("Unexpected end of expression") from None


Argument = Value | str


Function = Callable[..., Value]


def lines_of(value: Argument) -> list[MathLine]:
    if isinstance(value, list):
        return value
    if isinstance(value, MathLine):
        return [value]
    raise MathError("A time series is expected")


def line_of(value: Argument) -> MathLine:
    if not isinstance(value, MathLine):
        raise MathError("A single time series is expected")
    return value


def number_of(value: Argument) -> float:
    if isinstance(value, str | MathLine | list):
        raise MathError("A number is expected")
    return float(value)


def _per_line(change: Callable[[MathLine], MathLine]) -> Function:
    def run(value: Argument) -> Value:
        return [change(line) for line in value] if isinstance(value, list) else change(line_of(value))

    return run


def _by_value(function: Callable[[float], float | None]) -> Function:
    return _per_line(lambda line: line.map(function))


def _over(combine: Callable[[Sequence[float]], float], *, missing_is_zero: bool = False) -> Function:
    def run(value: Argument) -> Value:
        if isinstance(value, MathLine):
            return combine(list(value.points.values())) if value.points else 0.0
        lines = lines_of(value)
        if not lines:
            return []
        points = {}
        for at in sorted(set().union(*(line.points for line in lines))):
            row = [line.points[at] for line in lines if at in line.points]
            if missing_is_zero:
                row += [0.0] * (len(lines) - len(row))
            points[at] = combine(row)
        return MathLine(points, lines[0].grid)

    return run


def _steps(change: Callable[[int, float, int, float], float]) -> Function:
    def apply(line: MathLine) -> MathLine:
        steps = pairwise(line.points.items())
        return line.with_points(
            {at: change(last_at, last, at, value) for (last_at, last), (at, value) in steps}
        )

    return _per_line(apply)


def _fill(value: Argument, filler: Argument) -> Value:
    if filler != "REPEAT" and not isinstance(filler, MathLine):
        number_of(filler)
    if isinstance(value, list):
        return [_fill_line(line, filler) for line in value]
    return _fill_line(line_of(value), filler)


def _fill_line(line: MathLine, filler: Argument) -> MathLine:
    points: dict[int, float] = {}
    last: float | None = None
    for at in line.grid.times():
        value = line.points.get(at)
        if value is not None:
            last = value
        elif filler == "REPEAT":
            value = last
        elif isinstance(filler, MathLine):
            value = filler.points.get(at)
        else:
            value = number_of(filler)
        if value is not None:
            points[at] = value
    return line.with_points(points)


FUNCTIONS: dict[str, Function] = {
    "ABS": _by_value(abs),
    "AVG": _over(statistics.fmean, missing_is_zero=True),
    "CEIL": _by_value(lambda value: float(math.ceil(value))),
    "DIFF": _steps(lambda _last_at, last, _at, value: value - last),
    "FILL": _fill,
    "FLOOR": _by_value(lambda value: float(math.floor(value))),
    "MAX": _over(max),
    "MIN": _over(min),
    "PERIOD": lambda value: float(line_of(value).grid.period),
    "RATE": _steps(lambda last_at, last, at, value: (value - last) / (at - last_at)),
    "SUM": _over(math.fsum),
}
"""A function beyond these is refused, and the refusal says that it is the demo that does not know it."""


Operator = Callable[[float, float], float | None]


def _divide(left: float, right: float) -> float | None:
    return left / right if right else None


def _power(left: float, right: float) -> float | None:
    try:
        result = left**right
    except (OverflowError, ZeroDivisionError):
        return None
    return result if isinstance(result, float) else None


def _truth(compare: Callable[[float, float], bool]) -> Operator:
    return lambda left, right: 1.0 if compare(left, right) else 0.0


_OPERATORS: dict[str, Operator] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": _divide,
    "^": _power,
    "==": _truth(operator.eq),
    "!=": _truth(operator.ne),
    "<=": _truth(operator.le),
    ">=": _truth(operator.ge),
    "<": _truth(operator.lt),
    ">": _truth(operator.gt),
}
_OPERATORS["AND"] = _OPERATORS["&&"] = _truth(lambda left, right: bool(left) and bool(right))
_OPERATORS["OR"] = _OPERATORS["||"] = _truth(lambda left, right: bool(left) or bool(right))


@dataclass(frozen=True, slots=True)
class MathScope:
    lookup: Callable[[str], Value]  # A query's value by id; raises MathError for an unknown id
    metrics: Callable[[str], list[MathLine]]  # The request's metrics whose id contains the text (METRICS)
    search: Callable[[str, str, int | None], list[MathLine]]  # SEARCH(expression, statistic, period)


def evaluate(node: Node, scope: MathScope) -> Value:
    """The value of an expression. Raises MathError."""
    try:
        value: Value = _Evaluation(scope).visit(node)
    except Unexpected as error:
        raise MathError(f"The expression is {error}") from None
    return value


class _Evaluation(GrammarMeaning):
    deepest = 60

    def __init__(self, scope: MathScope) -> None:
        self._scope = scope

    def sum(self, node: Node) -> Value:
        value: Value = self.visit(node.children[0])
        for symbol, operand in zip(node.children[1::2], node.children[2::2], strict=True):
            value = _combine(_OPERATORS[str(symbol)], value, self.visit(operand))
        return value

    either = both = comparison = product = power = sum

    def negative(self, node: Node) -> Value:
        return _combine(operator.mul, -1.0, self.visit(node.children[0]))

    def group(self, node: Node) -> Value:
        value: Value = self.visit(node.children[0])
        return value

    def number(self, node: Node) -> Value:
        return float(node.children[0])

    def name(self, node: Node) -> Value:
        return self._scope.lookup(str(node.children[0]))

    def array(self, node: Node) -> Value:
        return [line for item in node.children for line in lines_of(self.visit(item))]

    def text(self, node: Node) -> Value:
        raise MathError(f"Unexpected string '{_text(node)}'")

    def word(self, node: Node) -> Value:
        raise MathError(f"Unexpected '{node.children[0]}'")

    def call(self, node: Node) -> Value:
        name, *arguments = str(node.children[0]), *node.children[1:]
        if name == "SEARCH":
            return self._search(arguments)
        if name == "METRICS":
            return self._scope.metrics(_text(arguments[0]) if arguments else "")
        if name == "IF":
            if len(arguments) not in (2, 3):
                raise MathError("Function 'IF' needs 2 or 3 arguments")
            return _if(*map(self.visit, arguments))
        function = FUNCTIONS.get(name)
        if function is None:
            raise MathError(f"The demo does not know the function {name}")
        if len(arguments) != (2 if name == "FILL" else 1):
            raise MathError(f"Function '{name}' has the wrong number of arguments")
        # REPEAT is a word to the function, not a value.
        values = [str(each.children[0]) if each.data == "word" else self.visit(each) for each in arguments]
        return function(*values)

    def _search(self, arguments: list[Node]) -> list[MathLine]:
        if len(arguments) not in (2, 3):
            raise MathError("Function 'SEARCH' has the wrong number of arguments")
        if len(arguments) == 3 and arguments[2].data != "number":
            raise MathError("The period of SEARCH must be a number")
        period = int(float(arguments[2].children[0])) if len(arguments) == 3 else None
        return self._scope.search(_text(arguments[0]), _text(arguments[1]), period)


def _text(node: Node) -> str:
    if node.data != "text":
        raise MathError("A string is expected")
    written = str(node.children[0])
    return re.sub(r"\\(.)", r"\1", written[1:-1]) if written[0] == '"' else written[1:-1]


def _combine(apply: Operator, left: Value, right: Value) -> Value:
    """An operator over scalars, lines and arrays of lines; a missing value counts as 0."""
    if isinstance(left, list) and isinstance(right, list):
        raise MathError("An operator cannot take two arrays of time series")
    if isinstance(left, list):
        return [line for item in left for line in lines_of(_combine(apply, item, right))]
    if isinstance(right, list):
        return [line for item in right for line in lines_of(_combine(apply, left, item))]
    if isinstance(left, MathLine) and isinstance(right, MathLine):
        times = sorted(left.points.keys() | right.points.keys())
        pairs = ((at, apply(left.points.get(at, 0.0), right.points.get(at, 0.0))) for at in times)
        return MathLine({at: value for at, value in pairs if value is not None}, left.grid, left.label)
    if isinstance(left, MathLine):
        scalar = _scalar(right)
        return left.map(lambda value: apply(value, scalar))
    if isinstance(right, MathLine):
        scalar = _scalar(left)
        return right.map(lambda value: apply(scalar, value))
    result = apply(left, right)
    if result is None:
        raise MathError("Division by zero")
    return float(result)


def _scalar(value: Value) -> float:
    if isinstance(value, MathLine | list):
        raise MathError("A number is expected")
    return float(value)


def _if(condition: Value, true: Value, false: Value | None = None) -> Value:
    """IF(condition, true, false), by the tables of "Using IF expressions" in the guide."""
    if isinstance(condition, list) or isinstance(true, list) or isinstance(false, list):
        raise MathError("Function 'IF' takes single time series, not arrays")
    if not isinstance(condition, MathLine):
        branch = true if condition else false
        if branch is None:
            return true.with_points({}) if isinstance(true, MathLine) else []
        return branch
    points: dict[int, float] = {}
    for at, decides in condition.points.items():
        # A true branch without a value is 0, a false branch without a value drops the point.
        value = _point(true, at, 0.0) if decides else _point(false, at, None)
        if value is not None:
            points[at] = value
    return MathLine(points, condition.grid, condition.label)


def _point(branch: Value | None, at: int, missing: float | None) -> float | None:
    if isinstance(branch, MathLine):
        return branch.points.get(at, missing)
    return None if branch is None else _scalar(branch)
