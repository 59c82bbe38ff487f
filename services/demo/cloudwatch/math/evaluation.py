"""Evaluates a metric math tree: operators, IF and names; `functions` holds the other functions.

Source: "Using metric math" (Amazon CloudWatch User Guide). Pure.
"""

import operator
from collections.abc import Callable
from dataclasses import dataclass

from services.demo.cloudwatch.math import parsing as tree
from services.demo.cloudwatch.math.functions import FUNCTIONS, lines_of
from services.demo.cloudwatch.math.parsing import MathError
from services.demo.cloudwatch.math.series import Grid, Line, Value

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
    "AND": _truth(lambda left, right: bool(left) and bool(right)),
    "OR": _truth(lambda left, right: bool(left) or bool(right)),
}


@dataclass(frozen=True, slots=True)
class Scope:
    """What an expression may refer to."""

    grid: Grid
    """Of lines made from scalars (TIME_SERIES)."""
    lookup: Callable[[str], Value]
    """A query's value by id; raises MathError for an unknown id."""
    metrics: Callable[[str], list[Line]]
    """The request's metrics whose id contains the text (METRICS)."""
    search: Callable[[str, str, int | None], list[Line]]
    """SEARCH(expression, statistic, period)."""


def evaluate(node: tree.Node, scope: Scope) -> Value:
    """The value of an expression. Raises MathError."""
    match node:
        case tree.Number(value):
            return value
        case tree.Name(name):
            return scope.lookup(name)
        case tree.Negative(operand):
            return _combine(operator.mul, -1.0, evaluate(operand, scope))
        case tree.Binary(symbol, left, right):
            return _combine(_OPERATORS[symbol], evaluate(left, scope), evaluate(right, scope))
        case tree.Array(items):
            return [line for item in items for line in lines_of(evaluate(item, scope))]
        case tree.FunctionCall(name, arguments):
            return _call(name, arguments, scope)
        case tree.Text(value):
            raise MathError(f"Unexpected string '{value}'")
        case tree.Word(word):
            raise MathError(f"Unexpected '{word}'")


def _call(name: str, arguments: tuple[tree.Node, ...], scope: Scope) -> Value:
    if name == "SEARCH":
        return _search(arguments, scope)
    if name == "METRICS":
        return scope.metrics(_text(arguments[0]) if arguments else "")
    if name == "IF":
        if len(arguments) not in (2, 3):
            raise MathError("Function 'IF' needs 2 or 3 arguments")
        return _if(*(evaluate(argument, scope) for argument in arguments))
    function = FUNCTIONS.get(name)
    if function is None:
        raise MathError(f"Function '{name}' not found")
    if not function.least <= len(arguments) <= function.most:
        raise MathError(f"Function '{name}' has the wrong number of arguments")
    # REPEAT, LINEAR, AVG, DESC … are words to the function, not values.
    values = [
        argument.word if isinstance(argument, tree.Word) else evaluate(argument, scope)
        for argument in arguments
    ]
    return function.run(scope.grid, *values)


def _text(node: tree.Node) -> str:
    if not isinstance(node, tree.Text):
        raise MathError("A string is expected")
    return node.value


def _search(arguments: tuple[tree.Node, ...], scope: Scope) -> list[Line]:
    if len(arguments) not in (2, 3):
        raise MathError("Function 'SEARCH' has the wrong number of arguments")
    period = arguments[2] if len(arguments) == 3 else None
    if period is not None and not isinstance(period, tree.Number):
        raise MathError("The period of SEARCH must be a number")
    return scope.search(_text(arguments[0]), _text(arguments[1]), int(period.value) if period else None)


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
