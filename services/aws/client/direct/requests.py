"""Requests of the JSON protocol: written by the SDK's serializer and signed by the SDK's signer, without its client.

Importing this module imports a fifth of the SDK; run it in a thread.
"""

import os
import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any
from urllib.parse import urlsplit
from weakref import WeakKeyDictionary

import botocore
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest, HeadersDict
from botocore.credentials import ReadOnlyCredentials
from botocore.exceptions import BotoCoreError, ClientError
from botocore.httpsession import create_urllib3_context, get_cert_path
from botocore.model import OperationModel, ServiceModel
from botocore.parsers import ResponseParserError
from botocore.serialize import create_serializer
from botocore.utils import is_valid_endpoint_url, is_valid_ipv6_endpoint_url

from services.aws.client.codes import kind_of_code, lacks_operation
from services.aws.client.direct.connections import Answer
from services.aws.client.direct.endpoint_variables import endpoint_of_environment
from services.aws.client.direct.static_keys import StaticKeys
from services.aws.client.redirects import Redirected, is_redirect
from services.aws.client.sdk import signing_time
from services.aws.client.sdk.json_bodies import WholeJsonParser
from services.aws.client.sdk.models import shared_loader
from services.models.problem import ProblemKind

_PROTOCOL = "json"
_ERROR = 300
_PASSING = frozenset({500, 502, 503, 504})
"""Statuses after which the SDK tries again, too."""
_REGION = re.compile(
    r"(?:af|ap|ca|eu|il|me|mx|sa|us)-(?:central|north|south|east|west|northeast|northwest|southeast|southwest)-\d"
)
"""Regions of the commercial partition; the endpoints of all others are the SDK's to resolve."""
_AGENT = f"Botocore/{botocore.__version__} md/toban"

signing_time.install()

FAILURES = (ClientError, BotoCoreError, ResponseParserError, Redirected, UnicodeError)
"""What writing a request and reading its response raise, as the SDK's client would."""


class Passing(Exception):
    """The endpoint refused in a way that may pass: AWS is busy, or has a fault of its own."""


@dataclass(frozen=True, slots=True)
class Signed:
    """A request as it is sent."""

    model: OperationModel
    headers: Mapping[str, str]
    body: bytes


class Requests:
    """Writes and signs requests to one service, and reads the responses."""

    def __init__(self, service: str) -> None:
        self._service = service
        self._model = ServiceModel(shared_loader().load_service_model(service, "service-2"), service)
        if self._model.resolved_protocol != _PROTOCOL:
            raise LookupError(self._model.resolved_protocol)
        self._serializer = create_serializer(_PROTOCOL)
        self._parser = WholeJsonParser(WeakKeyDictionary())

    def endpoint(self, endpoint_url: str, region: str) -> str:
        """The address of the service, `endpoint_url` if that is given; "" if only the SDK knows it, or the region."""
        if not region:
            return ""
        endpoint_url = endpoint_url or endpoint_of_environment(self._service)
        if endpoint_url:
            return _plain(endpoint_url)
        return (
            f"https://{self._model.endpoint_prefix}.{region}.amazonaws.com"
            if _REGION.fullmatch(region)
            else ""
        )

    def signed(
        self, operation: str, params: dict[str, Any], url: str, region: str, keys: StaticKeys
    ) -> Signed:
        """The request for `operation`. Raises the SDK's exceptions for parameters that do not fit its model."""
        model = self._model.operation_model(operation)
        written = self._serializer.serialize_to_request(params, model)
        headers = {**written["headers"], "User-Agent": _AGENT, "Accept-Encoding": "identity"}
        request = AWSRequest("POST", f"{url}/", headers, written["body"])
        credentials = ReadOnlyCredentials(
            keys.access_key, keys.secret_key.reveal(), keys.token.reveal() or None
        )
        SigV4Auth(credentials, self._model.signing_name, region).add_auth(request)
        return Signed(model, dict(request.headers.items()), request.prepare().body)

    def parsed(self, sent: Signed, answer: Answer) -> dict[str, Any]:
        """The response as the SDK's client returns it.

        Raises Redirected, Passing, ClientError for an error of AWS's, ResponseParserError for what is not AWS's.
        """
        if is_redirect(answer.status):
            raise Redirected(answer.status, answer.headers.get("location", ""))
        operation = str(sent.model.name)
        response = {
            "headers": HeadersDict(answer.headers),
            "status_code": answer.status,
            "context": {"operation_name": operation},
            "body": answer.body,
        }
        parsed: dict[str, Any] = self._parser.parse(response, sent.model.output_shape)
        parsed["ResponseMetadata"]["RetryAttempts"] = 0
        if answer.status >= _ERROR:
            if self._may_pass(answer, parsed):
                raise Passing(str(answer.status))
            raise ClientError(parsed, operation)
        return parsed

    def _may_pass(self, answer: Answer, parsed: dict[str, Any]) -> bool:
        error = parsed.get("Error", {})
        code, message = str(error.get("Code") or ""), str(error.get("Message") or "")
        if lacks_operation(code, message):
            return False
        kind = kind_of_code(code, answer.status, message, str(self._model.service_name))
        # A refused signature is the SDK's to send again, by AWS's time.
        return answer.status in _PASSING or kind in (ProblemKind.THROTTLED, ProblemKind.CLOCK)


@cache
def requests_of(service: str) -> Requests:
    """The one of all sessions of this process: it holds the service's API model. Raises as its constructor."""
    return Requests(service)


def _plain(endpoint_url: str) -> str:
    """Scheme, host and port of a custom endpoint; "" if it has anything else, or if the SDK would refuse it."""
    try:
        parts = urlsplit(endpoint_url)
        is_valid = is_valid_endpoint_url(endpoint_url) or is_valid_ipv6_endpoint_url(endpoint_url)
        is_place = parts.scheme in ("http", "https") and is_valid and parts.port != 0
    except ValueError:
        return ""
    more = parts.path.removeprefix("/") or parts.query or parts.fragment or "@" in parts.netloc
    return f"{parts.scheme}://{parts.netloc}" if is_place and not more else ""


def tls_context() -> ssl.SSLContext:
    """The SDK's own settings for TLS, with the certificates that it trusts; all sessions share them."""
    trusted = os.environ.get("AWS_CA_BUNDLE") or os.environ.get("REQUESTS_CA_BUNDLE") or get_cert_path(True)
    return _tls_context(trusted, os.stat(trusted).st_mtime_ns)


@lru_cache(maxsize=4)
def _tls_context(trusted: str, _changed: int) -> ssl.SSLContext:
    context: ssl.SSLContext = create_urllib3_context()
    context.check_hostname = True
    context.verify_mode = ssl.CERT_REQUIRED
    is_folder = os.path.isdir(trusted)
    context.load_verify_locations(None if is_folder else trusted, trusted if is_folder else None)
    return context
