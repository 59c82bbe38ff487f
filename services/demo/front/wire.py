"""Reads requests and writes answers in the protocol of the service, by botocore's own models.

All of moto's internals that the front relies on are used here, and `tests/services/demo/front` holds
one test for each protocol.


Refuses requests whose signature is too old, or too far in the future, as AWS does.

Source: "Signature Version 4 request signing", troubleshooting (IAM user guide): a request is accepted within five
minutes of its X-Amz-Date; RequestTimeTooSkewed (Amazon S3 API reference, "Error responses"): fifteen minutes.
"""

import gzip
import io
import json
import threading
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, NamedTuple

import orjson
from botocore.exceptions import UnknownServiceError
from botocore.utils import parse_timestamp
from moto.core.errors import ErrorLookupFactory, ErrorShape
from moto.core.eventstream import EventStream, EventStreamEncoder
from moto.core.parse import PROTOCOL_PARSERS
from moto.core.request import Request, determine_request_protocol
from moto.core.routing import get_service_router
from moto.core.serialize import get_serializer_class
from moto.core.utils import get_service_model
from werkzeug.exceptions import NotFound

from services.demo.errors import AwsErrorResponse, ErrorAnswer

SIGNING_NAMES = {
    "monitoring": "cloudwatch",
    "elasticloadbalancing": "elbv2",
    "servicequotas": "service-quotas",
}
"""botocore's name of a service where the name it signs with is another."""


class Scope(NamedTuple):
    service: str
    region: str
    access_key: str


@dataclass(frozen=True, slots=True)
class ParsedRequest:
    scope: Scope
    model: Any  # moto's OperationModel
    protocol: str
    params: dict[str, Any]

    @property
    def operation(self) -> str:
        return str(self.model.name)


def scope_of(environ: Mapping[str, Any]) -> Scope | None:
    header = str(environ.get("HTTP_AUTHORIZATION", ""))
    if not header.startswith("AWS4"):
        return None
    parts = header.partition("Credential=")[2].partition(",")[0].split("/")
    if len(parts) != 5:
        return None
    key, _date, region, service, _end = parts
    return Scope(SIGNING_NAMES.get(service, service), region, key)


def body_of(environ: Mapping[str, Any]) -> bytes:
    stream = environ["wsgi.input"]
    if environ.get("wsgi.input_terminated"):
        body = bytes(stream.read())
    else:
        body = bytes(stream.read(int(environ.get("CONTENT_LENGTH") or 0)))
    if environ.get("HTTP_CONTENT_ENCODING") != "gzip":
        return body
    try:
        return gzip.decompress(body)
    except (OSError, EOFError, zlib.error):
        return body


_ROUTING = threading.Lock()
"""A service's first request compiles its routes, which Python 3.11 cannot do in two threads at once (gh-106905)."""


def read(environ: dict[str, Any], scope: Scope, body: bytes) -> ParsedRequest | None:
    request = Request({**environ, "wsgi.input": io.BytesIO(body), "CONTENT_LENGTH": str(len(body))})
    try:
        service = _service(scope.service)
        with _ROUTING:
            model, url_params = get_service_router(scope.service).match(request)
        protocol = determine_request_protocol(service, request.content_type)
    except (UnknownServiceError, NotFound, NotImplementedError):
        return None
    parser = PROTOCOL_PARSERS[protocol](model, timestamp_parser=_timestamp)
    params = parser.parse(
        {
            "method": request.method,
            "values": request.values,
            "headers": request.headers,
            "body": body,
            "url_path": request.path,
            "url_params": url_params,
        }
    )
    return ParsedRequest(scope, model, protocol, params or {})


@cache
def _service(name: str) -> Any:
    return get_service_model(name)


def _timestamp(value: Any) -> datetime:
    return parse_timestamp(value).astimezone(UTC)


def answer(request: ParsedRequest, result: Mapping[str, Any]) -> ErrorAnswer:
    if request.model.has_event_stream_output:
        return ErrorAnswer(
            200, {"Content-Type": "application/vnd.amazon.eventstream"}, _stream(request, result)
        )
    if request.protocol == "json" and _plain(request.scope.service, request.operation):
        return ErrorAnswer(
            200, {"Content-Type": f"application/x-amz-json-{_json_version(request)}"}, _json(result)
        )
    return _answer(_serializer(request).serialize(result))


def error_answer(request: ParsedRequest, error: AwsErrorResponse) -> ErrorAnswer:
    shape = ErrorLookupFactory().for_service(request.model.service_model).from_code(error.code)
    if shape is None:
        code = {"code": error.code, "httpStatusCode": error.status}
        shape = ErrorShape(
            error.code,
            {
                "exception": True,
                "type": "structure",
                "members": {},
                "error": code,
                "fault": error.status >= 500,
            },
        )
    serializer = _serializer(request)
    content: dict[str, Any] = {}
    serializer._serialize_error_metadata(content, error, shape)
    content |= error.details
    response = serializer._create_default_response()
    response = serializer._serialized_error_to_response(response, error, shape, content)
    return _answer({**response, "status_code": error.status})


def _serializer(request: ParsedRequest) -> Any:
    return get_serializer_class(request.scope.service, request.protocol)(request.model)


def _answer(response: Mapping[str, Any]) -> ErrorAnswer:
    body = response["body"]
    return ErrorAnswer(
        int(response["status_code"]),
        dict(response["headers"]),
        body if isinstance(body, bytes) else body.encode(),
    )


def _stream(request: ParsedRequest, result: Mapping[str, Any]) -> Iterator[bytes]:
    serializer = _serializer(request)
    events = EventStream(result, request.model.output_shape, serializer._event_stream_serializer)
    encoder = EventStreamEncoder()
    for event in events:
        name = str(event.headers[":event-type"])
        if name.endswith("Exception"):
            event.headers = {":message-type": "exception", ":exception-type": name}
        yield encoder.encode_event(event)


def exception_frame(error: AwsErrorResponse) -> bytes:
    headers = {":message-type": "exception", ":exception-type": error.code}
    return EventStreamEncoder().encode_message(headers, orjson.dumps({"message": error.message}))


def _json(result: Mapping[str, Any]) -> bytes:
    # moto's serialiser visits the model for every member: ten thousand log events would take a second.
    try:
        return orjson.dumps(result, default=_epoch, option=orjson.OPT_PASSTHROUGH_DATETIME)
    except orjson.JSONEncodeError:
        # Half a surrogate pair: JSON can carry it, orjson will not.
        return json.dumps(result, default=_epoch).encode()


def _json_version(request: ParsedRequest) -> str:
    return str(request.model.service_model.metadata.get("jsonVersion", "1.0"))


def _epoch(value: Any) -> Any:
    if isinstance(value, datetime):
        return round(value.timestamp(), 3)
    raise TypeError(f"{type(value).__name__} is not part of an answer")


@cache
def _plain(service: str, operation: str) -> bool:
    """Whether the output is plain JSON: all members under their own names, timestamps as epoch seconds."""
    return _plain_shape(_service(service).operation_model(operation).output_shape, set())


def _plain_shape(shape: Any, visited: set[str]) -> bool:
    if shape is None or shape.name in visited:
        return shape is not None
    visited.add(shape.name)
    if shape.type_name == "structure":
        return all(
            not member.serialization and _plain_shape(member, visited) for member in shape.members.values()
        )
    if shape.type_name in ("list", "map"):
        return _plain_shape(shape.member if shape.type_name == "list" else shape.value, visited)
    return shape.type_name != "blob" and not shape.serialization


LASTS = timedelta(minutes=5)
LASTS_IN_S3 = timedelta(minutes=15)
_FORM = "%Y%m%dT%H%M%SZ"


def expired(request: ParsedRequest, environ: Mapping[str, Any], now: datetime) -> AwsErrorResponse | None:
    """The error for a request that was signed at another time than `now`; None if it is in time or has no date."""
    try:
        signed_at = datetime.strptime(str(environ.get("HTTP_X_AMZ_DATE", "")), _FORM).replace(tzinfo=UTC)
    except ValueError:
        return None
    if request.scope.service == "s3":
        if abs(now - signed_at) <= LASTS_IN_S3:
            return None
        message = "The difference between the request time and the current time is too large."
        return AwsErrorResponse("RequestTimeTooSkewed", message, 403)
    if abs(now - signed_at) <= LASTS:
        return None
    is_json = request.protocol not in ("query", "ec2", "rest-xml")
    code = "InvalidSignatureException" if is_json else "SignatureDoesNotMatch"
    return AwsErrorResponse(code, _message(signed_at, now), 400 if is_json else 403)


def _message(signed_at: datetime, now: datetime) -> str:
    if signed_at < now:
        limit, words, sign = now - LASTS, ("expired", "now earlier"), "-"
    else:
        limit, words, sign = now + LASTS, ("not yet current", "still later"), "+"
    return (
        f"Signature {words[0]}: {signed_at:{_FORM}} is {words[1]} than {limit:{_FORM}}"
        f" ({now:{_FORM}} {sign} 5 min.)"
    )
