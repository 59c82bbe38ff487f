"""JSON lines: status, milliseconds, method and path as columns, then the message and what went wrong."""

from collections.abc import Mapping
from typing import ClassVar

from services.i18n import N_
from services.models.json_text import json_object
from services.models.logs import LEVEL_FIELDS
from services.models.text import clean
from widgets.logs.form.line_form import DRAWN_LIMIT, LineForm, LineParts, Role, Span, first_of
from widgets.logs.form.values import text_of

MESSAGE_KEYS = ("message", "msg", "log", "event", "body", "errorMessage")
"""Where applications write the message; the first that is there wins."""
HIDDEN_KEYS = frozenset([*LEVEL_FIELDS, "time", "timestamp", "@timestamp", "ts", "datetime"])
"""Shown beside the message already; the raw line and the detail include them."""
ERROR_KEYS = ("error", "err", "exception", "cause", "errorMessage", "error_message")
"""What went wrong: a text, or an object with a message and a type."""
ERROR_TEXTS = ("message", "msg", "reason", "detail")
ERROR_TYPES = ("type", "class", "kind", "name", "code")
_PARSED_LIMIT = 65_536
_ERROR_LIMIT = 1_000


def parsed(text: str) -> dict[str, object] | None:
    """The JSON object that `text` is; None for any other text, and for one that is too long to be drawn as fields."""
    return json_object(text) if len(text) <= _PARSED_LIMIT else None


class JsonLines(LineForm):
    id = "json"
    title = N_("JSON: columns, message, error")
    message_title = N_("message")
    never_columns = HIDDEN_KEYS.union(MESSAGE_KEYS)
    selects = True
    roles: ClassVar[tuple[Role, ...]] = (
        Role(
            "status",
            ("statusCode", "status", "status_code", "httpStatus", "http.status", "http.status_code", "http.response.status_code", "response.status", "response.statusCode", "res.statusCode"),
            N_("HTTP"),
            least=4,
            most=6,
            rank=1,
        ),
        Role(
            "ms",
            ("durationMs", "duration_ms", "duration", "elapsedMs", "elapsed_ms", "elapsed", "responseTime", "response_time", "latencyMs", "latency_ms", "latency", "took", "ms"),
            N_("ms"),
            least=5,
            most=8,
            rank=3,
            right=True,
        ),
        Role(
            "method",
            ("method", "httpMethod", "http.method", "http.request.method", "req.method", "request.method"),
            N_("request"),
            least=4,
            most=7,
            rank=4,
        ),
        Role(
            "path",
            ("path", "uri", "url", "route", "http.path", "http.url", "http.target", "url.path", "req.url", "request.path", "request.uri"),
            "",
            least=10,
            most=48,
            rank=2,
            end=True,
        ),
        Role("user", ("userId", "user", "user.id", "username"), N_("user"), least=6, most=16, rank=5, from_width=150),
    )  # fmt: skip

    def parse(self, text: str) -> LineParts | None:
        fields = parsed(text)
        if fields is None:
            return None
        key, value = first_of(fields, MESSAGE_KEYS)
        message = clean(value, DRAWN_LIMIT) if isinstance(value, str) else text_of(value)
        error, tail = _error(fields, message)
        return LineParts(message, fields, tail=tail, hidden=HIDDEN_KEYS | {key, error})

    def selector(self, name: str) -> str:
        return "$." + name


def _error(fields: Mapping[str, object], message: str) -> tuple[str, tuple[Span, ...]]:
    """The field with what went wrong, and how it is drawn; the style "" is the message's own."""
    for key in ERROR_KEYS:
        value = fields.get(key)
        if isinstance(value, Mapping):
            text = text_of(first_of(value, ERROR_TEXTS)[1], _ERROR_LIMIT)
            kind = text_of(first_of(value, ERROR_TYPES)[1]).rsplit(".", 1)[-1]
        elif isinstance(value, str) and value:
            text, kind = clean(value, _ERROR_LIMIT), ""
        else:
            continue
        if text in message:
            return (key, ((f"  {kind}", "value"),)) if kind and kind not in message else (key, ())
        return key, ((f"  {kind + ': ' if kind else ''}", "value"), (text, ""))
    return "", ()
