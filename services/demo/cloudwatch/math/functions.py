"""The functions of metric math. Pure.

Source: "Functions supported for metric math" (Amazon CloudWatch User Guide). S is a number, TS a line,
TS[] several.
"""

import math
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import accumulate, pairwise

from services.demo.cloudwatch.math.parsing import MathError
from services.demo.cloudwatch.math.series import Grid, Line, Value

Argument = Value | str


@dataclass(frozen=True, slots=True)
class Function:
    run: Callable[..., Value]
    least: int = 1
    most: int = 1


def lines_of(value: Argument) -> list[Line]:
    if isinstance(value, list):
        return value
    if isinstance(value, Line):
        return [value]
    raise MathError("A time series is expected")


def line_of(value: Argument) -> Line:
    if not isinstance(value, Line):
        raise MathError("A single time series is expected")
    return value


def number_of(value: Argument) -> float:
    if isinstance(value, str | Line | list):
        raise MathError("A number is expected")
    return float(value)


def _per_line(change: Callable[[Line], Line]) -> Function:
    def run(_grid: Grid, value: Argument) -> Value:
        return [change(line) for line in value] if isinstance(value, list) else change(line_of(value))

    return Function(run)


def _by_value(function: Callable[[float], float | None]) -> Function:
    return _per_line(lambda line: line.map(function))


def _logarithm(base: Callable[[float], float]) -> Callable[[float], float | None]:
    return lambda value: base(value) if value > 0 else None


def _over(combine: Callable[[Sequence[float]], float], *, missing_is_zero: bool = False) -> Function:
    def run(_grid: Grid, value: Argument) -> Value:
        if isinstance(value, Line):
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
        return Line(points, lines[0].grid)

    return Function(run)


def _steps(change: Callable[[int, float, int, float], float]) -> Function:
    def apply(line: Line) -> Line:
        steps = pairwise(line.points.items())
        return line.with_points(
            {at: change(last_at, last, at, value) for (last_at, last), (at, value) in steps}
        )

    return _per_line(apply)


def _clock(part: Callable[[datetime], int]) -> Function:
    return _per_line(
        lambda line: line.with_points(
            {at: float(part(datetime.fromtimestamp(at, UTC))) for at in line.grid.times()}
        )
    )


def _fill(_grid: Grid, value: Argument, filler: Argument) -> Value:
    if filler not in ("REPEAT", "LINEAR") and not isinstance(filler, Line):
        number_of(filler)
    if isinstance(value, list):
        return [_fill_line(line, filler) for line in value]
    return _fill_line(line_of(value), filler)


def _fill_line(line: Line, filler: Argument) -> Line:
    if filler == "LINEAR":
        return _interpolated(line)
    points: dict[int, float] = {}
    last: float | None = None
    for at in line.grid.times():
        value = line.points.get(at)
        if value is not None:
            last = value
        elif filler == "REPEAT":
            value = last
        elif isinstance(filler, Line):
            value = filler.points.get(at)
        else:
            value = number_of(filler)
        if value is not None:
            points[at] = value
    return line.with_points(points)


def _interpolated(line: Line) -> Line:
    points = dict(line.points)
    for (left, low), (right, high) in pairwise(line.points.items()):
        for at in range(left + line.grid.period, right, line.grid.period):
            points[at] = low + (high - low) * (at - left) / (right - left)
    return line.with_points(dict(sorted(points.items())))


def _period(_grid: Grid, value: Argument) -> Value:
    return float(line_of(value).grid.period)


def _time_series(grid: Grid, value: Argument) -> Value:
    number = number_of(value)
    return Line(dict.fromkeys(grid.times(), number), grid)


def _band(_grid: Grid, value: Argument, width: Argument = 2.0) -> Value:
    """Upper, then lower limit: mean ± width standard deviations of the range, a stand-in for AWS's model."""
    line = line_of(value)
    values = list(line.points.values())
    middle = statistics.fmean(values) if values else 0.0
    reach = (statistics.pstdev(values) if values else 0.0) * number_of(width)
    times = line.grid.times() if values else range(0)
    return [
        Line(dict.fromkeys(times, middle + reach), line.grid, f"{line.label} (expected, high)".strip()),
        Line(dict.fromkeys(times, middle - reach), line.grid, f"{line.label} (expected, low)".strip()),
    ]


_ORDER_BY: dict[str, Callable[[Sequence[float]], float]] = {
    "AVG": statistics.fmean,
    "MIN": min,
    "MAX": max,
    "SUM": math.fsum,
}


def _sort(
    _grid: Grid, value: Argument, by: Argument, order: Argument, limit: Argument | None = None
) -> Value:
    if not isinstance(by, str) or by not in _ORDER_BY or order not in ("ASC", "DESC"):
        raise MathError("Function 'SORT' needs AVG, MIN, MAX or SUM and then ASC or DESC")
    rank = _ORDER_BY[by]
    full = [line for line in lines_of(value) if line.points]
    empty = [line for line in lines_of(value) if not line.points]
    ranked = sorted(full, key=lambda line: rank(list(line.points.values())), reverse=order == "DESC") + empty
    return ranked if limit is None else ranked[: int(number_of(limit))]


def _slice(_grid: Grid, value: Argument, start: Argument, end: Argument | None = None) -> Value:
    return lines_of(value)[int(number_of(start)) : None if end is None else int(number_of(end))]


def _pick(index: int) -> Function:
    def run(_grid: Grid, value: Argument) -> Value:
        lines = lines_of(value)
        return lines[index] if lines else []

    return Function(run)


FUNCTIONS: dict[str, Function] = {
    "ABS": _by_value(abs),
    "ANOMALY_DETECTION_BAND": Function(_band, 1, 2),
    "AVG": _over(statistics.fmean, missing_is_zero=True),
    "CEIL": _by_value(lambda value: float(math.ceil(value))),
    "DATAPOINT_COUNT": _over(lambda row: float(len(row))),
    "DATE": _clock(lambda at: at.day),
    "DAY": _clock(datetime.isoweekday),
    "DIFF": _steps(lambda _last_at, last, _at, value: value - last),
    "DIFF_TIME": _steps(lambda last_at, _last, at, _value: float(at - last_at)),
    "EPOCH": _clock(lambda at: int(at.timestamp())),
    "FILL": Function(_fill, 2, 2),
    "FIRST": _pick(0),
    "FLOOR": _by_value(lambda value: float(math.floor(value))),
    "HOUR": _clock(lambda at: at.hour),
    "LAST": _pick(-1),
    "LOG": _by_value(_logarithm(math.log)),
    "LOG10": _by_value(_logarithm(math.log10)),
    "MAX": _over(max),
    "METRIC_COUNT": Function(lambda _grid, value: float(len(lines_of(value)))),
    "MIN": _over(min),
    "MINUTE": _clock(lambda at: at.minute),
    "MONTH": _clock(lambda at: at.month),
    "PERIOD": Function(_period),
    "RATE": _steps(lambda last_at, last, at, value: (value - last) / (at - last_at)),
    "REMOVE_EMPTY": Function(lambda _grid, value: [line for line in lines_of(value) if line.points]),
    "RUNNING_SUM": _per_line(
        lambda line: line.with_points(dict(zip(line.points, accumulate(line.points.values()), strict=True)))
    ),
    "SLICE": Function(_slice, 2, 3),
    "SORT": Function(_sort, 3, 4),
    "STDDEV": _over(statistics.pstdev),
    "SUM": _over(math.fsum),
    "TIME_SERIES": Function(_time_series),
    "YEAR": _clock(lambda at: at.year),
}
