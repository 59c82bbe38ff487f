"""The records of a Logs Insights query, an event or a group of them, and the values of their fields. Source:
"Supported logs and discovered fields", "CloudWatch Logs Insights language query syntax", "sort" (Amazon
CloudWatch Logs user guide)."""

import base64
import operator
import re
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

import orjson

from services.demo.logs.store import LogEvent

Value = str | int | float | None  # None: the event has no such field
SYSTEM_FIELDS = ("@timestamp", "@message", "@logStream", "@log", "@ingestionTime")  # Every event has them
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_ORDER: dict[str, Callable[[float | str, float | str], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_UNREAD: dict[str, Any] = {}


class QueryError(ValueError):
    """AWS would refuse the query as malformed, or the embedded AWS does not know what it uses."""

    span: tuple[int, int] | None = None  # Where in the query: the first character, and the one after the last

    def at(self, start: int, end: int) -> "QueryError":
        """The error with its place, unless it has one already."""
        self.span = self.span or (start, end)
        return self


class RecordMoment(int):
    """A point in time, epoch milliseconds; written as `2026-01-14 01:00:00.000` (UTC)."""


def text_of(value: str | int | float) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, RecordMoment):
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
    """`left sign right`: as numbers if both are, else as texts, case-sensitively. An absent value equals
    nothing and differs from everything."""
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


def sort_key(value: Value) -> tuple[int, float, str]:
    if value is None:
        return (0, 0.0, "")
    number = number_of(value)
    return (1, 0.0, text_of(value)) if number is None else (2, number, "")


class QueryRecord:
    """One event of a log group, or (without event) one row of a `stats`."""

    __slots__ = ("_content", "ephemeral", "event", "log", "rows")

    def __init__(self, event: LogEvent | None, log: str = "", rows: Sequence["QueryRecord"] = ()) -> None:
        self.event = event
        self.log = log  # `account:group`
        self.ephemeral: dict[str, Value] = {}  # Fields that the query defined
        self.rows = rows  # The records that a `stats` row aggregates
        self._content = _UNREAD

    @property
    def content(self) -> dict[str, Any]:
        if self._content is _UNREAD:
            self._content = {} if self.event is None else content_of(self.event.message)
        return self._content


def pointer(log: str, event: LogEvent) -> str:
    return base64.b64encode(f"{log}|{event.at}|{event.number}".encode()).decode()


def pointed(text: str) -> tuple[str, int, int]:
    """(`account:group`, epoch milliseconds, number) of a `@ptr`. Raises ValueError for any other text."""
    log, at, number = base64.b64decode(text, validate=True).decode().rsplit("|", 2)
    return log, int(at), int(number)


def content_of(message: str) -> dict[str, Any]:
    if not message.lstrip().startswith("{"):
        return {}
    try:
        return dict(orjson.loads(message))
    except orjson.JSONDecodeError:
        return {}


def names_of(content: Any, before: str = "") -> Iterator[str]:
    """Names of the fields discovered in an event: `a`, `a.b`, `a.0.b`."""
    if isinstance(content, dict):
        pairs = [(str(key), value) for key, value in content.items()]
    elif isinstance(content, list):
        pairs = [(str(index), value) for index, value in enumerate(content)]
    else:
        if content is not None:
            yield before
        return
    for key, value in pairs:
        # Discovered names that begin with @ get one more.
        name = f"{before}.{key}" if before else key.replace("@", "@@", 1) if key[:1] == "@" else key
        yield from names_of(value, name)


Read = Callable[[QueryRecord], Value]


def field(name: str) -> Read:
    """Reads a field: one of AWS's own, defined by the query, or discovered in JSON."""
    if name in _SYSTEM:
        system = _SYSTEM[name]
        return lambda record: (
            record.ephemeral.get(name) if record.event is None else system(record.event, record)
        )
    key = name[1:] if name.startswith("@@") else name
    path = key.split(".")

    def read(record: QueryRecord) -> Value:
        if name in record.ephemeral:
            return record.ephemeral[name]
        content: Any = record.content
        if key in content:
            return _scalar(content[key])
        for step in path:
            if isinstance(content, dict):
                content = content.get(step)
            elif isinstance(content, list) and step.isdecimal() and int(step) < len(content):
                content = content[int(step)]
            else:
                return None
        return _scalar(content)

    return read


def _scalar(content: Any) -> Value:
    return content if isinstance(content, str | int | float) else None


_SYSTEM: dict[str, Callable[[LogEvent, QueryRecord], Value]] = {
    "@timestamp": lambda event, _: RecordMoment(event.at),
    "@ingestionTime": lambda event, _: RecordMoment(event.ingested),
    "@message": lambda event, _: event.message,
    "@logStream": lambda event, _: event.stream,
    "@log": lambda _, record: record.log,
    "@ptr": lambda event, record: pointer(record.log, event),
}
