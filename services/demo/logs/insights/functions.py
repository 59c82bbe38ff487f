"""Functions of Logs Insights: over the values of one event, and over the events of a group.

Source: "Operations and functions" (Amazon CloudWatch Logs user guide).
"""

import math
import statistics
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from ipaddress import ip_address, ip_network

import orjson

from services.demo.logs.insights.records import Read, Record
from services.demo.logs.insights.values import (
    Json,
    Moment,
    Months,
    QueryError,
    Value,
    number_of,
    sort_key,
    text_of,
)

_UNITS: dict[str, int] = (
    dict.fromkeys(("ms", "msec", "millisecond"), 1)
    | dict.fromkeys(("s", "sec", "second"), 1000)
    | dict.fromkeys(("m", "min", "minute"), 60_000)
    | dict.fromkeys(("h", "hr", "hour"), 3_600_000)
    | {"d": 86_400_000, "day": 86_400_000, "w": 604_800_000, "week": 604_800_000}
    | dict.fromkeys(("mo", "mon", "month"), Months(1))
    | dict.fromkeys(("q", "qtr", "quarter"), Months(3))
    | dict.fromkeys(("y", "yr", "year"), Months(12))
)
"""Milliseconds, or Months, by the name of a unit."""
Fold = Callable[[Read, list[Record], list[float]], Value]


def period(text: str) -> int:
    """Milliseconds of `5m`. Raises QueryError for another unit."""
    digits = text.rstrip("abcdefghijklmnopqrstuvwxyz")
    unit = text[len(digits) :]
    size = _UNITS.get(unit) or _UNITS.get(unit.removesuffix("s") if len(unit) > 2 else "")
    if size is None or not int(digits):
        raise QueryError(f"Invalid period: {text}")
    return type(size)(int(digits) * size)


def _numeric(function: Callable[..., float]) -> Callable[..., Value]:
    def apply(*values: Value) -> Value:
        numbers = [number_of(value) for value in values]
        if any(number is None for number in numbers):
            return None
        try:
            result = function(*numbers)
        except (ArithmeticError, ValueError):
            return None
        return result if isinstance(result, float) and math.isfinite(result) else None

    return apply


def _text(function: Callable[..., Value]) -> Callable[..., Value]:
    def apply(*values: Value) -> Value:
        texts = [text_of(value) for value in values if value is not None]
        return function(*texts) if len(texts) == len(values) else None

    return apply


def _blank(value: Value) -> bool:
    return value is None or not text_of(value).strip()


def _substr(text: str, start: str, length: str | None = None) -> str:
    first = int(float(start))
    return text[first:] if length is None else text[first : first + int(float(length))]


def floor(at: Value, size: Value, up: int = 0) -> Value:
    """The last multiple of a period that is not after `at`; with `up`, the first one that is not before it."""
    moment, step = number_of(at), int(number_of(size) or 0)
    if moment is None or not step:
        return None
    if not isinstance(size, Months):
        return Moment((int(moment) + up * (step - 1)) // step * step)
    day = datetime.fromtimestamp(int(moment) // 1000, UTC)
    months = ((day.year - 1970) * 12 + day.month - 1) // step * step
    start = _first_day(months)
    return _first_day(months + step) if up and start < moment else start


def _first_day(months: int) -> Moment:
    return Moment(datetime(1970 + months // 12, months % 12 + 1, 1, tzinfo=UTC).timestamp() * 1000)


def _json_parse(text: str) -> Value:
    try:
        return Json(text) if isinstance(orjson.loads(text), dict | list) else None
    except orjson.JSONDecodeError:
        return None


def _is_address(text: str, *versions: int) -> bool:
    try:
        return ip_address(text).version in versions
    except ValueError:
        return False


def _is_inside(text: str, net: str, *versions: int) -> bool:
    try:
        return _is_address(text, *versions) and ip_address(text) in ip_network(net, strict=False)
    except ValueError:
        return False


SCALARS: dict[str, tuple[int, int, Callable[..., Value]]] = {
    "abs": (1, 1, _numeric(abs)),
    "ceil": (1, 1, _numeric(lambda number: float(math.ceil(number)))),
    "floor": (1, 1, _numeric(lambda number: float(math.floor(number)))),
    "greatest": (1, 99, _numeric(max)),
    "least": (1, 99, _numeric(min)),
    "log": (1, 1, _numeric(math.log)),
    "sqrt": (1, 1, _numeric(math.sqrt)),
    "ispresent": (1, 1, lambda value: value is not None),
    "isempty": (1, 1, lambda value: value in (None, "")),
    "isblank": (1, 1, _blank),
    "coalesce": (1, 99, lambda *values: next((value for value in values if value is not None), None)),
    "concat": (1, 99, lambda *values: "".join(text_of(value) for value in values if value is not None)),
    "jsonparse": (1, 1, _text(_json_parse)),
    "jsonstringify": (1, 1, _text(str)),
    "isvalidip": (1, 1, _text(lambda text: int(_is_address(text, 4, 6)))),
    "isvalidipv4": (1, 1, _text(lambda text: int(_is_address(text, 4)))),
    "isvalidipv6": (1, 1, _text(lambda text: int(_is_address(text, 6)))),
    "isipinsubnet": (2, 2, _text(lambda text, net: int(_is_inside(text, net, 4, 6)))),
    "isipv4insubnet": (2, 2, _text(lambda text, net: int(_is_inside(text, net, 4)))),
    "isipv6insubnet": (2, 2, _text(lambda text, net: int(_is_inside(text, net, 6)))),
    "trim": (1, 2, _text(str.strip)),
    "ltrim": (1, 2, _text(str.lstrip)),
    "rtrim": (1, 2, _text(str.rstrip)),
    "strlen": (1, 1, _text(len)),
    "toupper": (1, 1, _text(str.upper)),
    "tolower": (1, 1, _text(str.lower)),
    "substr": (2, 3, _text(_substr)),
    "replace": (3, 3, _text(str.replace)),
    "strcontains": (2, 2, _text(lambda text, part: int(part in text))),
    "datefloor": (2, 2, floor),
    "dateceil": (2, 2, lambda at, size: floor(at, size, 1)),
    "frommillis": (1, 1, lambda value: floor(value, 1)),
    "tomillis": (1, 1, lambda value: None if value is None else int(number_of(value) or 0)),
}
"""By name: least and most arguments, and the function."""

ARITHMETIC: dict[str, Callable[..., Value]] = {
    "+": _numeric(lambda a, b: a + b),
    "-": _numeric(lambda a, b: a - b),
    "*": _numeric(lambda a, b: a * b),
    "/": _numeric(lambda a, b: a / b),
    "%": _numeric(math.fmod),
    "^": _numeric(math.pow),
}


def _present(read: Read, rows: Sequence[Record]) -> list[Value]:
    return [value for value in map(read, rows) if value is not None]


def _numbers(read: Read, rows: Sequence[Record]) -> list[float]:
    return [number for number in (number_of(value) for value in map(read, rows)) if number is not None]


def _extreme(choose: Callable[..., Value]) -> Fold:
    def fold(read: Read, rows: list[Record], _: list[float]) -> Value:
        values = _present(read, rows)
        numeric = [value for value in values if number_of(value) is not None]
        return choose(numeric or values, key=sort_key, default=None)

    return fold


def _sorted(place: int) -> Fold:
    def fold(read: Read, rows: list[Record], _: list[float]) -> Value:
        values = sorted(_present(read, rows), key=sort_key)
        return values[place] if values else None

    return fold


def _percentile(read: Read, rows: list[Record], arguments: list[float]) -> Value:
    numbers = sorted(_numbers(read, rows))
    place = math.ceil(arguments[0] / 100 * len(numbers))
    return numbers[max(0, place - 1)] if numbers else None


def _over(function: Callable[[list[float]], float]) -> Fold:
    def fold(read: Read, rows: list[Record], _: list[float]) -> Value:
        numbers = _numbers(read, rows)
        return function(numbers) if numbers else None

    return fold


def _at(choose: Callable[..., Record]) -> Fold:
    def fold(read: Read, rows: list[Record], _: list[float]) -> Value:
        present = [row for row in rows if read(row) is not None]
        return read(choose(present, key=lambda row: row.event.at if row.event else 0)) if present else None

    return fold


AGGREGATES: dict[str, tuple[int, Fold]] = {
    "count": (0, lambda read, rows, _: len(_present(read, rows))),
    "count_distinct": (0, lambda read, rows, _: len({text_of(v) for v in _present(read, rows) if v is not None})),
    "sum": (0, _over(math.fsum)),
    "avg": (0, _over(statistics.fmean)),
    "stddev": (0, _over(statistics.pstdev)),
    "min": (0, _extreme(min)),
    "max": (0, _extreme(max)),
    "pct": (1, _percentile),
    "earliest": (0, _at(min)),
    "latest": (0, _at(max)),
    "sortsfirst": (0, _sorted(0)),
    "sortslast": (0, _sorted(-1)),
}  # fmt: skip
"""By name: how many numbers follow the field, and the fold over a group."""
