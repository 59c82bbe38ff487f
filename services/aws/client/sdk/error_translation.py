"""Source: "Common errors" of the API references, and botocore's own exceptions."""

import os
import socket
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import aiohttp
from botocore import exceptions as sdk
from botocore.parsers import ResponseParserError

from services.aws.client.codes import (
    NOT_OF_THE_REGION,
    PAGES,
    is_bare,
    kind_of_code,
    lacks_operation,
    permission_named,
)
from services.aws.client.errors import BY_KIND, AwsError, MfaNeeded
from services.aws.client.mfa import CodeWanted
from services.aws.client.remedies import remedy, summary
from services.aws.client.sdk.files import UnfitFile
from services.aws.client.sdk.parsers import Foreign, TooMuch
from services.aws.client.sdk.setup import SetupError
from services.aws.client.single_attempt import Redirected, is_redirect
from services.aws.client.validation import IncompleteAnswer
from services.models.insights_queries import CompileError
from services.models.problem import Problem, ProblemKind
from services.models.text import clean, without_sign_in

DETAIL = 1000  # Maximum length of the detail taken from an AWS message or a proxy's page

FAILURES = (
    sdk.ClientError,
    sdk.BotoCoreError,
    ResponseParserError,
    IncompleteAnswer,
    CodeWanted,
    aiohttp.ClientError,
    OSError,  # also TimeoutError
    UnicodeError,
    UnfitFile,
    Redirected,
    RuntimeError,  # the SDK's own "refreshed, but still expired"
)
"""Exceptions that a call can raise."""

_BY_CLASS: tuple[tuple[tuple[type[BaseException], ...], ProblemKind], ...] = (
    (
        (IncompleteAnswer, ResponseParserError, UnicodeError, Redirected, sdk.FlexibleChecksumError),
        ProblemKind.INCOMPLETE,
    ),
    (
        (sdk.NoCredentialsError, sdk.PartialCredentialsError, sdk.ProfileNotFound, sdk.NoAuthTokenError),
        ProblemKind.NO_CREDENTIALS,
    ),
    ((sdk.SSOError, sdk.LoginError, sdk.TokenRetrievalError), ProblemKind.EXPIRED),
    ((sdk.RefreshWithMFAUnsupportedError, CodeWanted), ProblemKind.EXPIRED),
    ((sdk.CredentialRetrievalError, sdk.MetadataRetrievalError), ProblemKind.NO_CREDENTIALS),
    (
        (sdk.ConnectionError, sdk.HTTPClientError, sdk.IncompleteReadError, aiohttp.ClientError, OSError),
        ProblemKind.UNREACHABLE,
    ),
    ((sdk.BotoCoreError, UnfitFile), ProblemKind.INVALID),
)
_CONFIGURED = (
    sdk.ConfigParseError,
    sdk.ConfigNotFound,
    sdk.InvalidConfigError,
    sdk.InvalidDefaultsMode,
    sdk.InvalidS3AddressingStyleError,
    sdk.InvalidS3UsEast1RegionalEndpointConfigError,
    sdk.InvalidSTSRegionalEndpointsConfigError,
    sdk.InvalidRetryConfigurationError,
    sdk.InvalidChecksumConfigError,
    sdk.InvalidEndpointDiscoveryConfigurationError,
    sdk.InvalidEndpointConfigurationError,
    sdk.InvalidProxiesConfigError,
    sdk.InvalidIMDSEndpointError,
    sdk.InvalidIMDSEndpointModeError,
    sdk.UnknownCredentialError,
    sdk.UnknownTokenProviderError,
    sdk.UnknownSignatureVersionError,
    sdk.UnsupportedSignatureVersionError,
    sdk.UnsupportedS3ConfigurationError,
)
"""SDK exceptions about the AWS configuration file, or an equivalent variable, raised before any request."""


@dataclass(frozen=True, slots=True)
class Asked:
    service: str
    operation: str
    profile: str = ""
    sso: bool = False
    role_arn: str = ""
    mfa_serial: str = ""
    region: str = ""  # The region that was asked
    is_home: bool = True  # Whether that is the session's own
    endpoint: str = ""  # The endpoint in place of AWS's
    has_answered: bool = False  # Whether AWS has accepted another request of this session


def translate(error: BaseException, call: Asked, now: datetime) -> AwsError:
    """The AwsError for an exception in FAILURES; `now` dates the problem."""
    service, operation = _really(error, call)
    lack = _lack(error, call)
    kind = ProblemKind.LACKING if lack else _kind(error, service)
    detail = _detail(error)
    permission = permission_named(detail, service, operation) if kind is ProblemKind.ACCESS_DENIED else ""
    words = {
        "service": service,
        "operation": operation,
        "status": str(_answered(error)[1]),
        "permission": permission,
        "profile": call.profile,
        "detail": detail,
        "place": _place(error),
        "role": clean(call.role_arn, 200),
        "region": clean(call.region, 100),
        "endpoint": clean(_endpoint(error, call), 200),
        "config": clean(os.environ.get("AWS_CONFIG_FILE") or "~/.aws/config", 100),
    }
    wants_code = isinstance(error, CodeWanted | sdk.RefreshWithMFAUnsupportedError)
    sso = call.sso or isinstance(error, sdk.SSOError | sdk.TokenRetrievalError)
    topic = lack or _topic(error, kind, wants_code=wants_code, sso=sso)
    problem = Problem(
        kind=kind,
        summary=summary(topic, words),
        remedy=remedy(topic, words),
        once=remedy(topic, words, once=True),
        service=service,
        operation=operation,
        permission=permission,
        detail=detail,
        at=now,
    )
    if wants_code:
        serial = getattr(error, "serial", "") or call.mfa_serial
        return MfaNeeded(problem, role_arn=call.role_arn, serial=serial)
    translated = BY_KIND.get(kind, AwsError)(problem)
    translated.unknown_operation = lack in ("lacking", "lacking-host")
    translated.compile_error = _compile_error(error)
    if isinstance(error, sdk.ClientError):
        translated.code = _code(error)[0]
        translated.standing_item = error.response.get("Item")
    return translated


def _compile_error(error: BaseException) -> CompileError | None:
    if not isinstance(error, sdk.ClientError) or _code(error)[0] != "MalformedQueryException":
        return None
    details = error.response.get("queryCompileError")
    details = details if isinstance(details, dict) else {}
    location = details.get("location")
    location = location if isinstance(location, dict) else {}
    start, end = (location.get(key) for key in ("startCharOffset", "endCharOffset"))
    return CompileError(
        clean(details.get("message") or _message(error), DETAIL),
        start if isinstance(start, int) and start >= 0 else None,
        end if isinstance(end, int) and end >= 0 else None,
    )


def _lack(error: BaseException, call: Asked) -> str:
    """The topic where the endpoint lacks what was asked for; "" for every other error."""
    if isinstance(error, sdk.EndpointConnectionError):
        # Without any answer it is rather the network of this machine that finds no host.
        cause = getattr(error, "kwargs", {}).get("error")
        cause = getattr(cause, "os_error", cause)
        is_unknown = isinstance(cause, OSError) and cause.errno in (socket.EAI_NONAME, socket.EAI_NODATA)
        return "lacking-host" if is_unknown and call.has_answered and not call.endpoint else ""
    code, _status, message = _answered(error)
    if lacks_operation(code, message):
        return "lacking"
    is_off = code in NOT_OF_THE_REGION and call.has_answered and not call.is_home and not call.endpoint
    return "region-off" if is_off else ""


def _endpoint(error: BaseException, call: Asked) -> str:
    if isinstance(error, sdk.EndpointConnectionError):
        return urlsplit(str(getattr(error, "kwargs", {}).get("endpoint_url"))).hostname or ""
    if call.endpoint:
        return without_sign_in(call.endpoint)
    return f"AWS {call.region}".strip()


def _kind(error: BaseException, service: str) -> ProblemKind:
    if isinstance(error, sdk.ClientError | Foreign):
        code, status, message = _answered(error)
        return kind_of_code(code, status, message, service)
    if isinstance(error, RuntimeError):
        return ProblemKind.EXPIRED if "still expired" in str(error) else ProblemKind.OTHER
    if _names_file(error):
        return ProblemKind.INVALID
    return next((kind for classes, kind in _BY_CLASS if isinstance(error, classes)), ProblemKind.OTHER)


_TOPICS: tuple[tuple[tuple[type[BaseException], ...], str], ...] = (
    ((TimeoutError, sdk.ConnectTimeoutError, sdk.ReadTimeoutError), "timeout"),
    ((sdk.ProxyConnectionError,), "proxy"),
    ((sdk.SSLError,), "tls"),
    ((sdk.ConnectionClosedError, sdk.IncompleteReadError, sdk.ResponseStreamingError), "cut"),
    ((sdk.ProfileNotFound,), "profile"),
    ((sdk.NoRegionError,), "region"),
    ((SetupError, UnfitFile), "setup"),
    ((*_CONFIGURED, sdk.PartialCredentialsError), "config"),
    ((TooMuch,), "too-much"),
)


def _topic(error: BaseException, kind: ProblemKind, *, wants_code: bool, sso: bool) -> str:
    if wants_code:
        return "mfa"
    if _is_redirect(error):
        return "redirect"
    if kind is ProblemKind.EXPIRED and sso:
        return "expired-sso"
    if kind is ProblemKind.ACCESS_DENIED and "MultiFactorAuthentication" in _detail(error):
        return "mfa-refused"
    code, status, _body = _answered(error)
    if kind is ProblemKind.UNAVAILABLE and is_bare(code) and status in PAGES:
        return "error-page"
    if _names_file(error):
        return "setup"
    if topic := _of_role(error, kind):
        return topic
    return next((topic for classes, topic in _TOPICS if isinstance(error, classes)), kind.value)


def _of_role(error: BaseException, kind: ProblemKind) -> str:
    """The topic of a refusal to assume a role; "" for other failures."""
    if not isinstance(error, sdk.ClientError):
        return ""
    if _code(error)[0] == "PackedPolicyTooLarge":
        return "policy-too-large"
    if kind is not ProblemKind.ACCESS_DENIED:
        return ""
    if "GetSessionToken with session credentials" in _message(error):
        return "mfa-user"
    return "source-identity" if "sts:SetSourceIdentity" in _message(error) else ""


def _names_file(error: BaseException) -> bool:
    return isinstance(error, OSError) and error.filename is not None


def _really(error: BaseException, call: Asked) -> tuple[str, str]:
    """The operation that actually failed: obtaining credentials may fail inside another call."""
    operation = str(getattr(error, "operation_name", "") or call.operation)
    if operation == call.operation:
        return call.service, call.operation
    service = {"AssumeRole": "sts", "AssumeRoleWithWebIdentity": "sts", "GetRoleCredentials": "sso"}
    return service.get(operation, call.service), operation


def _answered(error: BaseException) -> tuple[str, int, str]:
    if isinstance(error, Foreign):
        return "", error.status, error.text
    return (*_code(error), _message(error)) if isinstance(error, sdk.ClientError) else ("", 0, "")


def _code(error: Any) -> tuple[str, int]:
    response = error.response
    status = response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    # The query protocol's parser leaves the bare `<Error>` of S3's form at the top.
    return str((response.get("Error") or response).get("Code") or ""), int(status or 0)


def _message(error: Any) -> str:
    return str(error.response.get("Error", {}).get("Message") or "")


def _is_redirect(error: BaseException) -> bool:
    if isinstance(error, sdk.ClientError):
        return is_redirect(_code(error)[1])
    return isinstance(error, Redirected)


def _place(error: BaseException) -> str:
    location = error.location if isinstance(error, Redirected) else ""
    if isinstance(error, sdk.ClientError):
        headers = error.response.get("ResponseMetadata", {}).get("HTTPHeaders") or {}
        location = str(headers.get("location") or "")
    try:
        host = urlsplit(location).hostname or ""
    except ValueError:
        host = ""
    return clean(host or location or "?", 100)


def _detail(error: BaseException) -> str:
    if isinstance(error, sdk.ClientError):
        code, status = _code(error)
        return f"{code or status}: {_message(error)}"[:DETAIL]
    # Of a profile or an endpoint that the SDK quotes; what they were meant to be it does not say.
    return without_sign_in(str(error) or type(error).__name__)[:DETAIL]
