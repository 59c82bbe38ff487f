"""Source: "Using metric math" (Amazon CloudWatch User Guide). Pure."""

import operator
import re
from collections.abc import Callable
from dataclasses import dataclass

from services.demo.cloudwatch.math.functions import FUNCTIONS, lines_of
from services.demo.cloudwatch.math.parsing import MathError
from services.demo.cloudwatch.math.series import Grid, Line, Value
from services.demo.grammar import Meaning, Node, Unexpected

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
class Scope:
    grid: Grid
    """Of lines made from scalars (TIME_SERIES)."""
    lookup: Callable[[str], Value]
    """A query's value by id; raises MathError for an unknown id."""
    metrics: Callable[[str], list[Line]]
    """The request's metrics whose id contains the text (METRICS)."""
    search: Callable[[str, str, int | None], list[Line]]
    """SEARCH(expression, statistic, period)."""


def evaluate(node: Node, scope: Scope) -> Value:
    """The value of an expression. Raises MathError."""
    try:
        value: Value = _Evaluation(scope).visit(node)
    except Unexpected as error:
        raise MathError(f"The expression is {error}") from None
    return value


class _Evaluation(Meaning):
    deepest = 60

    def __init__(self, scope: Scope) -> None:
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
            raise MathError(f"Function '{name}' not found")
        if not function.least <= len(arguments) <= function.most:
            raise MathError(f"Function '{name}' has the wrong number of arguments")
        # REPEAT, LINEAR, AVG, DESC … are words to the function, not values.
        values = [str(each.children[0]) if each.data == "word" else self.visit(each) for each in arguments]
        return function.run(self._scope.grid, *values)

    def _search(self, arguments: list[Node]) -> list[Line]:
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
    if isinstance(left, Line) and isinstance(right, Line):
        times = sorted(left.points.keys() | right.points.keys())
        pairs = ((at, apply(left.points.get(at, 0.0), right.points.get(at, 0.0))) for at in times)
        return Line({at: value for at, value in pairs if value is not None}, left.grid, left.label)
    if isinstance(left, Line):
        scalar = _scalar(right)
        return left.map(lambda value: apply(value, scalar))
    if isinstance(right, Line):
        scalar = _scalar(left)
        return right.map(lambda value: apply(scalar, value))
    result = apply(left, right)
    if result is None:
        raise MathError("Division by zero")
    return float(result)


def _scalar(value: Value) -> float:
    if isinstance(value, Line | list):
        raise MathError("A number is expected")
    return float(value)


def _if(condition: Value, true: Value, false: Value | None = None) -> Value:
    """IF(condition, true, false), by the tables of "Using IF expressions" in the guide."""
    if isinstance(condition, list) or isinstance(true, list) or isinstance(false, list):
        raise MathError("Function 'IF' takes single time series, not arrays")
    if not isinstance(condition, Line):
        branch = true if condition else false
        if branch is None:
            return true.with_points({}) if isinstance(true, Line) else []
        return branch
    points: dict[int, float] = {}
    for at, decides in condition.points.items():
        # A true branch without a value is 0, a false branch without a value drops the point.
        value = _point(true, at, 0.0) if decides else _point(false, at, None)
        if value is not None:
            points[at] = value
    return Line(points, condition.grid, condition.label)


def _point(branch: Value | None, at: int, missing: float | None) -> float | None:
    if isinstance(branch, Line):
        return branch.points.get(at, missing)
    return None if branch is None else _scalar(branch)
