"""Source: "Supported logs and discovered fields" (Amazon CloudWatch Logs user guide)."""

import base64
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import orjson

from services.demo.logs.insights.values import Json, Moment, Value
from services.demo.logs.store import Event

SYSTEM_FIELDS = ("@timestamp", "@message", "@logStream", "@log", "@ingestionTime")
"""Every event has them."""
_UNREAD: dict[str, Any] = {}


class Record:
    """One event of a log group, or (without event) one row of a `stats`."""

    __slots__ = ("_content", "ephemeral", "event", "log", "rows")

    def __init__(self, event: Event | None, log: str = "", rows: Sequence["Record"] = ()) -> None:
        self.event = event
        self.log = log
        """`account:group`"""
        self.ephemeral: dict[str, Value] = {}
        """Fields that the query defined."""
        self.rows = rows
        """The records that a `stats` row aggregates."""
        self._content = _UNREAD

    @property
    def content(self) -> dict[str, Any]:
        if self._content is _UNREAD:
            self._content = {} if self.event is None else content_of(self.event.message)
        return self._content


def pointer(log: str, event: Event) -> str:
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


Read = Callable[[Record], Value]


def field(name: str) -> Read:
    """Reads a field: one of AWS's own, defined by the query, or discovered in JSON."""
    if name in _SYSTEM:
        system = _SYSTEM[name]
        return lambda record: (
            record.ephemeral.get(name) if record.event is None else system(record.event, record)
        )
    key = name[1:] if name.startswith("@@") else name
    path = key.split(".")

    def read(record: Record) -> Value:
        if name in record.ephemeral:
            return record.ephemeral[name]
        content = record.content
        if isinstance(parsed := record.ephemeral.get(path[0]), Json):
            return _walk(orjson.loads(str(parsed)), path[1:])
        return _scalar(content[key]) if key in content else _walk(content, path)

    return read


def _walk(content: Any, path: list[str]) -> Value:
    for step in path:
        if isinstance(content, dict):
            content = content.get(step)
        elif isinstance(content, list) and step.isdecimal() and int(step) < len(content):
            content = content[int(step)]
        else:
            return None
    return _scalar(content)


def _scalar(content: Any) -> Value:
    return content if isinstance(content, str | int | float) else None


_SYSTEM: dict[str, Callable[[Event, Record], Value]] = {
    "@timestamp": lambda event, _: Moment(event.at),
    "@ingestionTime": lambda event, _: Moment(event.ingested),
    "@message": lambda event, _: event.message,
    "@logStream": lambda event, _: event.stream,
    "@log": lambda _, record: record.log,
    "@ptr": lambda event, record: pointer(record.log, event),
}
