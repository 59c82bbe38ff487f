"""Source: "CloudWatch Logs Insights language query syntax", "sort" (Amazon CloudWatch Logs user guide)."""

import operator
import re
from collections.abc import Callable
from datetime import UTC, datetime

Value = str | int | float | None
"""None: the event has no such field."""
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_CHUNK = re.compile(r"\d+|\D+")
_ORDER: dict[str, Callable[[float | str, float | str], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


class QueryError(ValueError):
    span: tuple[int, int] | None = None
    """Where in the query: the first character, and the one after the last."""

    def at(self, start: int, end: int) -> "QueryError":
        """The error with its place, unless it has one already."""
        self.span = self.span or (start, end)
        return self


class Json(str):
    """The text of an object or a list, whose members are fields: what `jsonParse` makes."""


class Moment(int):
    """A point in time, epoch milliseconds; written as `2026-01-14 01:00:00.000` (UTC)."""


class Months(int):
    """A length in calendar months."""


def text_of(value: str | int | float) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, Moment):
        at = datetime.fromtimestamp(value // 1000, UTC)
        return f"{at:%Y-%m-%d %H:%M:%S}.{value % 1000:03d}"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else f"{value:.4f}".rstrip("0").rstrip(".")
    return str(int(value))


def number_of(value: Value) -> float | None:
    if isinstance(value, str):
        return float(value) if _NUMBER.fullmatch(value) else None
    return None if value is None else float(value)


def compare(sign: str, left: Value, right: Value) -> bool:
    """`left sign right`: as numbers if both are, else as texts, case-sensitively.

    An absent value equals nothing and differs from everything.
    """
    if sign == "!=":
        return not compare("=", left, right)
    if left is None or right is None:
        return False
    low, high = number_of(left), number_of(right)
    if low is not None and high is not None:
        return low == high if sign == "=" else _ORDER[sign](low, high)
    if sign == "=":
        return text_of(left) == text_of(right)
    return (low is None) is (high is None) and _ORDER[sign](text_of(left), text_of(right))


def truth(value: Value) -> bool:
    return not isinstance(value, str) and bool(value)


def sort_key(value: Value) -> tuple[int, float, tuple[tuple[str, int, int], ...]]:
    """Natural order: absent values, then texts by their chunks, then numbers."""
    if value is None:
        return (0, 0.0, ())
    number = number_of(value)
    if number is not None:
        return (2, number, ((text_of(value), 0, 0),))
    return (1, 0.0, tuple(_chunk(part) for part in _CHUNK.findall(text_of(value))))


def _chunk(part: str) -> tuple[str, int, int]:
    return ("0", len(part), int(part)) if part.isdecimal() else (part, 0, 0)
