"""Makes log lines readable: of a JSON line its message, then the other fields as `key=value`.

Values are cleaned again after parsing, because JSON can spell control characters as escapes.
"""

import json
from collections.abc import Sequence
from typing import NamedTuple

from services.models.text import clean
from widgets.logs.text.severity import LEVEL_KEYS

MESSAGE_KEYS = ("message", "msg", "log", "event", "body")
HIDDEN_KEYS = frozenset([*LEVEL_KEYS, "time", "timestamp", "@timestamp", "ts", "datetime"])
"""Shown as columns beside the message already; the raw line and the detail include them."""

DRAWN_LIMIT = 8_192
"""Characters of a line that are drawn at most; the detail shows more."""
_PARSED_LIMIT = 65_536
_KEY_LIMIT = 80
_VALUE_LIMIT = 400
_FIELD_LIMIT = 64
_DEPTH_LIMIT = 4


class Reading(NamedTuple):
    """A line parsed for drawing."""

    message: str
    fields: tuple[tuple[str, str], ...] = ()
    """Key and value."""
    columns: tuple[str, ...] = ()
    """Values of the requested columns, "" where absent."""


def parse(text: str) -> dict[str, object] | None:
    """The JSON object that `text` is, or None."""
    if not text.startswith("{") or len(text) > _PARSED_LIMIT:
        return None
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def read(
    text: str, order: Sequence[str] = (), columns: Sequence[str] = (), reach: int = DRAWN_LIMIT
) -> Reading:
    """`text` as a message and fields, those in `order` first; nested fields are named `a.b`.

    Fields beyond about `reach` characters are skipped.
    """
    value = parse(text)
    if value is None:
        return Reading(clean(text, DRAWN_LIMIT), (), ("",) * len(columns))
    flat = _flatten(value)
    key = next((key for key in MESSAGE_KEYS if key in flat), None)
    message = _message(flat.pop(key)) if key is not None else ""
    names = [name for name in order if name in flat and name not in columns]
    excluded = HIDDEN_KEYS.union(names, columns)
    names += [name for name in flat if name not in excluded]
    fields: list[tuple[str, str]] = []
    length = len(message)
    for name in names[:_FIELD_LIMIT]:
        if length > reach:
            break
        fields.append((clean(name, _KEY_LIMIT), _quoted(flat[name])))
        length += len(fields[-1][0]) + len(fields[-1][1])
    return Reading(message, tuple(fields), tuple(_text(flat.get(name, "")) for name in columns))


def _message(value: object) -> str:
    return clean(value, DRAWN_LIMIT) if isinstance(value, str) else _text(value)


def _text(value: object) -> str:
    """A value as clean text of bounded length."""
    if isinstance(value, str):
        return clean(value, _VALUE_LIMIT)
    if type(value) is int:
        return str(value)
    return clean(json.dumps(value, ensure_ascii=False), _VALUE_LIMIT)


def _flatten(value: dict[str, object], prefix: str = "", depth: int = 0) -> dict[str, object]:
    """Nested objects as dotted keys; lists and deeper objects as compact JSON."""
    flat: dict[str, object] = {}
    for key, item in value.items():
        name = f"{prefix}{key}"
        if isinstance(item, dict) and item and depth < _DEPTH_LIMIT:
            flat.update(_flatten(item, f"{name}.", depth + 1))
        else:
            flat[name] = item
    return flat


def _quoted(value: object) -> str:
    """A value as written after `=`; in quotation marks where its end would be unclear."""
    text = _text(value)
    if text == "" or " " in text or "=" in text or "\u3000" in text:
        return f'"{text}"'
    return text


def task_of(stream: str) -> str:
    """A log stream in a few cells: awslogs' `prefix/container/taskid` becomes `container/taskid` cut to 8."""
    parts = stream.split("/")
    if len(parts) >= 3:
        return f"{parts[-2]}/{parts[-1][:8]}"
    return stream
