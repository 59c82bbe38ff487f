"""Response parsing: orjson, validated against the API model, converted only where needed.

If the model contains only strings, numbers, lists, maps and structures (FilterLogEvents), the decoded JSON is
returned as it is, six times faster than the SDK's parser; otherwise the SDK's parser converts it. GetMetricData's
timestamps stay epoch seconds: datetimes would cost 32 µs each, and the charts do not need them. Credentials,
signing, retries and errors remain the SDK's.
"""

import json
from collections.abc import Container
from typing import Any
from weakref import WeakKeyDictionary

import orjson
from aiobotocore.parsers import (
    PROTOCOL_PARSERS,
    AioEventStreamJSONParser,
    AioJSONParser,
    AioResponseParserFactory,
)
from botocore.parsers import BaseXMLResponseParser, JSONParser, ResponseParser, ResponseParserError
from botocore.utils import parse_timestamp

from services.aws.client.response_limits import MOST_ROWS, MOST_ROWS_OF, TooLargeBody
from services.aws.client.sdk.garbage import no_collection
from services.aws.client.validation import (
    SCALARS,
    Check,
    Misshapen,
    TooManyRows,
    ValidationRules,
    checker,
    sound,
)
from services.background.boundaries import on_error

EPOCH_SHAPES = frozenset({"GetMetricDataOutput"})  # Output shapes whose timestamps are epoch seconds

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

Checks = WeakKeyDictionary[Any, Check]  # The compiled checks by their shapes
_ERROR = 400
_PAIR = 2  # Elements of a map entry: its key and its value
_BOOLEANS = frozenset({"true", "false"})


class TooMuch(ResponseParserError):
    """The response is larger than AWS's limits and was not read completely."""


class Foreign(ResponseParserError):
    def __init__(self, response: dict[str, Any], cause: BaseException) -> None:
        super().__init__(f"{type(cause).__name__}: {cause}")
        self.status: int = response["status_code"]
        self.text = bytes(response["body"][:1000]).decode("utf-8", "replace")


class _Checked(ResponseParser):
    async def parse(self, response: dict[str, Any], shape: Any) -> Any:
        """The parsed response. Raises ResponseParserError if it is malformed, TooMuch if it is too large."""
        if isinstance(response["body"], TooLargeBody):
            raise TooMuch(response["body"].decode())
        try:
            return await super().parse(response, shape)
        except TooManyRows as error:
            raise TooMuch(str(error)) from error
        except (*BROKEN, ResponseParserError) as error:
            if response["status_code"] >= _ERROR:
                raise Foreign(response, error) from error
            if isinstance(error, ResponseParserError):
                raise
            raise ResponseParserError(f"{type(error).__name__}: {error}") from error


class _Sound(_Checked):
    """The same for responses that the SDK decodes itself (XML): numbers are checked after parsing."""

    async def parse(self, response: dict[str, Any], shape: Any) -> Any:
        parsed = await super().parse(response, shape)
        if getattr(shape, "serialization", {}).get("eventstream") or not isinstance(parsed, dict):
            return parsed
        try:
            return sound(parsed)
        except Misshapen as error:
            raise ResponseParserError(f"{type(error).__name__}: {error}") from error


class _Shaped(ResponseParser):
    """Rejects XML that does not match the API model: the SDK would parse text in place of rows as no rows.
    Unknown elements are ignored, because AWS adds new ones to its responses."""

    def _handle_structure(self, shape: Any, node: Any) -> Any:
        if not shape.metadata.get("exception"):
            _hold(shape, node)
        return super()._handle_structure(shape, node)

    def _handle_list(self, shape: Any, node: Any) -> Any:
        if not shape.serialization.get("flattened"):
            names = {"member", shape.member.serialization.get("name", "member")}
            _hold(shape, node, names)
        return super()._handle_list(shape, node)

    def _handle_map(self, shape: Any, node: Any) -> Any:
        flattened = shape.serialization.get("flattened")
        if not flattened:
            _hold(shape, node)
        entries = node if isinstance(node, list) else [node] if flattened else node
        if any(len({part.tag for part in entry}) != _PAIR for entry in entries):
            # The SDK would reuse the previous entry's key or value.
            raise ResponseParserError("an entry of a map without its key or its value")
        parsed = super()._handle_map(shape, node)
        if len(parsed) != len(entries):
            raise ResponseParserError("two entries of a map with the same key")
        return parsed

    def _parse_shape(self, shape: Any, node: Any) -> Any:
        if shape.type_name in SCALARS and not isinstance(node, str):
            if isinstance(node, list) or len(node):
                raise ResponseParserError(f"{shape.name}: a {shape.type_name} expected, elements found")
            if shape.type_name == "boolean" and node.text not in _BOOLEANS:
                raise ResponseParserError(f"{shape.name}: a word that is neither true nor false")
        return super()._parse_shape(shape, node)


def _hold(shape: Any, node: Any, names: Container[str] | None = None) -> None:
    """Raise ResponseParserError unless `node` is a single element without text whose children have these names."""
    if isinstance(node, list):
        raise ResponseParserError(f"{shape.name}: the same element more than once")
    if any(text and text.strip() for text in (node.text, *(each.tail for each in node))):
        raise ResponseParserError(f"{shape.name}: a {shape.type_name} expected, text found")
    if names is not None and any(each.tag.rpartition("}")[2] not in names for each in node):
        raise ResponseParserError(f"{shape.name}: an element that is no member of the list")


class _Events(_Checked, AioEventStreamJSONParser):
    """The events of a stream of the `json` protocol (StartLiveTail), each checked as a response is."""

    def __init__(self, *defaults: Any) -> None:
        super().__init__(*defaults)
        self._checks: Checks = WeakKeyDictionary()

    def _initial_body_parse(self, body: bytes) -> Any:
        return loads(body or b"{}")

    def _parse_shape(self, shape: Any, node: Any) -> Any:
        return node if check_of(self._checks, shape)(node) else super()._parse_shape(shape, node)


class FastJsonParser(_Checked, AioJSONParser):
    """The `json` protocol: cloudwatch, logs, ecs, application-autoscaling…"""

    EVENT_STREAM_PARSER_CLS = _Events

    def __init__(self, checks: Checks, **defaults: Any) -> None:
        super().__init__(**defaults)
        self._checks = checks

    def _handle_json_body(self, raw_body: bytes, shape: Any) -> Any:
        if shape.metadata.get("exception", False):
            return super()._handle_json_body(raw_body, shape)
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
        return self._parse_shape(shape, value)

    async def _handle_event_stream(self, response: dict[str, Any], shape: Any, event_name: str) -> Any:
        # Nobody gets the stream, so nobody else closes it.
        with on_error(response["body"].close):
            return await super()._handle_event_stream(response, shape, event_name)


def _shaped(stock: type) -> tuple[type, ...]:
    return (_Shaped,) if issubclass(stock, BaseXMLResponseParser) else ()


class Parsers(AioResponseParserFactory):
    def __init__(self) -> None:
        super().__init__()
        self._checks: Checks = WeakKeyDictionary()
        self._classes = {
            name: type(f"Checked{stock.__name__}", (_Sound, *_shaped(stock), stock), {})
            for name, stock in PROTOCOL_PARSERS.items()
        }

    def create_parser(self, protocol_name: str) -> Any:
        if protocol_name == "json":
            return FastJsonParser(self._checks, **self._defaults)
        return self._classes[protocol_name](**self._defaults)


def check_of(checks: Checks, shape: Any) -> Check:
    check = checks.get(shape)
    if check is None:
        rules = ValidationRules(shape.name in EPOCH_SHAPES, MOST_ROWS, MOST_ROWS_OF)
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
