"""Bodies of the JSON protocols: decoded by orjson, validated against the API model, converted only where needed.

Imports the SDK's parsers, and not its client: whoever sends a request reads the answer with these.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from weakref import WeakKeyDictionary

import orjson
from botocore.parsers import JSONParser, ResponseParserError
from botocore.utils import parse_timestamp

from services.aws.client.response_limits import MOST_ROWS, MOST_ROWS_OF, TooLarge
from services.aws.client.sdk.garbage import no_collection
from services.aws.client.validation import Check, Misshapen, Rules, TooManyRows, checker, sound

EPOCH_SHAPES = frozenset({"GetMetricDataOutput"})
"""Output shapes whose timestamps are epoch seconds."""

BROKEN = (
    ValueError,
    TypeError,
    AttributeError,
    LookupError,
    NameError,  # a map entry without its key
    ArithmeticError,
    OSError,
    RecursionError,
)
"""Exceptions of the SDK's parsers on responses that do not come from AWS."""

Checks = WeakKeyDictionary[Any, Check]
"""The compiled checks by their shapes."""


_ERROR = 400


class TooMuch(ResponseParserError):  # type: ignore[misc]  # the SDK ships no types
    """The response is larger than AWS's limits and was not read completely."""


class Foreign(ResponseParserError):  # type: ignore[misc]  # the SDK ships no types
    """An error that is not in the protocol of the service: of a proxy, of an emulator."""

    def __init__(self, response: dict[str, Any], cause: BaseException) -> None:
        super().__init__(f"{type(cause).__name__}: {cause}")
        self.status: int = response["status_code"]
        self.text = bytes(response["body"][:1000]).decode("utf-8", "replace")


class JsonBodies:
    """A parser's handling of bodies; stands before the SDK's parser in the MRO."""

    def __init__(self, checks: Checks, **defaults: Any) -> None:
        super().__init__(**defaults)
        self._checks = checks

    def _handle_json_body(self, raw_body: bytes, shape: Any) -> Any:
        if shape.metadata.get("exception", False):
            return super()._handle_json_body(raw_body, shape)  # type: ignore[misc]  # the SDK's parser
        if not raw_body and getattr(shape, "event_stream_name", None):
            # The event that begins a stream has no payload.
            return {}
        if not raw_body and shape.members:
            raise ResponseParserError("an empty body")
        value = loads(raw_body or b"{}")
        if check_of(self._checks, shape)(value):
            return value
        if shape.name in EPOCH_SHAPES:
            return JSONParser(timestamp_parser=_epoch)._parse_shape(shape, value)
        return self._parse_shape(shape, value)  # type: ignore[attr-defined]  # the SDK's parser


class WholeJsonParser(JsonBodies, JSONParser):  # type: ignore[misc]  # the SDK ships no types
    """The `json` protocol for a response that has been read to its end."""

    def parse(self, response: dict[str, Any], shape: Any) -> Any:
        """The parsed response. Raises ResponseParserError if it is malformed, TooMuch if it is too large."""
        with parsing(response):
            return super().parse(response, shape)


@contextmanager
def parsing(response: dict[str, Any]) -> Iterator[None]:
    """Parse a response inside: whatever a malformed one raises becomes ResponseParserError, or TooMuch."""
    if isinstance(response["body"], TooLarge):
        raise TooMuch(response["body"].decode())
    try:
        yield
    except TooManyRows as error:
        raise TooMuch(str(error)) from error
    except (*BROKEN, ResponseParserError) as error:
        if response["status_code"] >= _ERROR:
            raise Foreign(response, error) from error
        if isinstance(error, ResponseParserError):
            raise
        raise ResponseParserError(f"{type(error).__name__}: {error}") from error


def check_of(checks: Checks, shape: Any) -> Check:
    """The check of a shape, made once for those who share `checks`."""
    check = checks.get(shape)
    if check is None:
        rules = Rules(shape.name in EPOCH_SHAPES, MOST_ROWS, MOST_ROWS_OF)
        check = checks[shape] = checker(shape, rules)
    return check


def loads(body: bytes) -> Any:
    """Decode JSON. Raises ValueError for what is not JSON, and for numbers that are not finite."""
    try:
        with no_collection():
            return orjson.loads(body)
    except orjson.JSONDecodeError:
        # Lone surrogates are valid JSON and AWS passes user text through; NaN and Infinity are not valid.
        return sound(json.loads(body.decode(), parse_constant=_refuse))


def _refuse(constant: str) -> Any:
    raise Misshapen(f"a number that is not finite: {constant}")


def _epoch(value: Any) -> float:
    return value if isinstance(value, int | float) else parse_timestamp(value).timestamp()
