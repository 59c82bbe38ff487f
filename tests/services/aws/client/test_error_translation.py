import socket
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import aiohttp
import pytest
from botocore import exceptions as sdk
from botocore.parsers import ResponseParserError

from services import i18n
from services.aws.client import remedies
from services.aws.client.codes import permission_named
from services.aws.client.errors import BY_KIND, AwsError, MfaNeeded
from services.aws.client.mfa import CodeWanted
from services.aws.client.sdk.error_translation import FAILURES, Asked, translate
from services.aws.client.validation import IncompleteAnswer
from services.models.problem import ProblemKind as Kind

NOW = datetime(2026, 4, 1, tzinfo=UTC)
ASKED = Asked("ecs", "DescribeServices", profile="prod")

CODES: list[tuple[str, int, Kind]] = [
    ("AccessDenied", 403, Kind.ACCESS_DENIED),
    ("AccessDeniedException", 400, Kind.ACCESS_DENIED),
    ("UnauthorizedOperation", 403, Kind.ACCESS_DENIED),
    ("AuthorizationError", 403, Kind.ACCESS_DENIED),
    ("OptInRequired", 403, Kind.ACCESS_DENIED),
    ("Throttling", 400, Kind.THROTTLED),
    ("ThrottlingException", 400, Kind.THROTTLED),
    ("RequestLimitExceeded", 503, Kind.THROTTLED),
    ("TooManyRequestsException", 429, Kind.THROTTLED),
    ("LimitExceededException", 400, Kind.THROTTLED),
    ("429", 429, Kind.THROTTLED),
    ("ExpiredToken", 403, Kind.EXPIRED),
    ("ExpiredTokenException", 400, Kind.EXPIRED),
    ("RequestExpired", 400, Kind.EXPIRED),
    ("InvalidClientTokenId", 403, Kind.NO_CREDENTIALS),
    ("UnrecognizedClientException", 400, Kind.NO_CREDENTIALS),
    ("MissingAuthenticationToken", 403, Kind.NO_CREDENTIALS),
    ("SignatureDoesNotMatch", 403, Kind.NO_CREDENTIALS),
    ("RequestTimeTooSkewed", 403, Kind.CLOCK),
    ("ResourceNotFoundException", 400, Kind.NOT_FOUND),
    ("ResourceNotFound", 404, Kind.NOT_FOUND),
    ("DashboardNotFoundError", 404, Kind.NOT_FOUND),
    ("ClusterNotFoundException", 400, Kind.NOT_FOUND),
    ("DBInstanceNotFound", 404, Kind.NOT_FOUND),
    ("ValidationError", 400, Kind.INVALID),
    ("InvalidParameterException", 400, Kind.INVALID),
    ("InternalFailure", 500, Kind.UNAVAILABLE),
    ("ServiceUnavailable", 503, Kind.UNAVAILABLE),
    ("SomethingNew", 500, Kind.UNAVAILABLE),
    ("502", 502, Kind.UNAVAILABLE),
    ("403", 403, Kind.INCOMPLETE),
    ("302", 302, Kind.INCOMPLETE),
]


def _client_error(code, status, message="m", operation="DescribeServices"):
    response = {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return sdk.ClientError(response, operation)  # the SDK ships no types


@pytest.mark.parametrize(("code", "status", "kind"), CODES)
def test_each_code_has_its_kind_and_class(code, status, kind):
    error = translate(_client_error(code, status), ASKED, NOW)
    assert error.problem.kind is kind
    assert type(error) is BY_KIND[kind]
    assert error.problem.at == NOW
    assert code in error.problem.detail


URL = {"endpoint_url": "http://x"}
EXCEPTIONS: list[tuple[BaseException, Kind]] = [
    (sdk.NoCredentialsError(), Kind.NO_CREDENTIALS),
    (sdk.PartialCredentialsError(provider="p", cred_var="v"), Kind.NO_CREDENTIALS),
    (sdk.ProfileNotFound(profile="prod"), Kind.NO_CREDENTIALS),
    (sdk.CredentialRetrievalError(provider="p", error_msg="e"), Kind.NO_CREDENTIALS),
    (sdk.UnauthorizedSSOTokenError(), Kind.EXPIRED),
    (sdk.SSOTokenLoadError(error_msg="e"), Kind.EXPIRED),
    (sdk.TokenRetrievalError(provider="sso", error_msg="InvalidGrant"), Kind.EXPIRED),
    (sdk.RefreshWithMFAUnsupportedError(), Kind.EXPIRED),
    (CodeWanted("arn:aws:iam::111122223333:mfa/taro"), Kind.EXPIRED),
    (
        RuntimeError("Credentials were refreshed, but the refreshed credentials are still expired."),
        Kind.EXPIRED,
    ),
    (sdk.EndpointConnectionError(**URL), Kind.UNREACHABLE),
    (sdk.ConnectTimeoutError(**URL), Kind.UNREACHABLE),
    (sdk.ReadTimeoutError(**URL), Kind.UNREACHABLE),
    (sdk.ConnectionClosedError(**URL), Kind.UNREACHABLE),
    (sdk.ProxyConnectionError(proxy_url="http://p"), Kind.UNREACHABLE),
    (sdk.SSLError(error="e", **URL), Kind.UNREACHABLE),
    (sdk.HTTPClientError(error="e"), Kind.UNREACHABLE),
    (sdk.ResponseStreamingError(error="e"), Kind.UNREACHABLE),
    (aiohttp.ClientPayloadError("cut"), Kind.UNREACHABLE),
    (TimeoutError(), Kind.UNREACHABLE),
    (ConnectionResetError(), Kind.UNREACHABLE),
    (ResponseParserError("html"), Kind.INCOMPLETE),
    (IncompleteAnswer("MetricAlarms"), Kind.INCOMPLETE),
    (UnicodeDecodeError("utf-8", b"\xff", 0, 1, "bad"), Kind.INCOMPLETE),
    (sdk.ParamValidationError(report="r"), Kind.INVALID),
    (sdk.NoRegionError(), Kind.INVALID),
    (RuntimeError("the session is closed"), Kind.OTHER),
]


@pytest.mark.parametrize(("error", "kind"), EXCEPTIONS, ids=lambda value: type(value).__name__)
def test_each_exception_of_the_sdk_has_its_kind(error, kind):
    assert isinstance(error, FAILURES)
    problem = translate(error, ASKED, NOW).problem
    assert problem.kind is kind
    assert problem.summary
    assert problem.remedy


def test_every_exception_of_botocore_is_caught_and_translated():
    def below(parent):
        return {parent}.union(*(below(child) for child in parent.__subclasses__()))

    for kind in below(sdk.BotoCoreError):
        bare: Any = kind.__new__(kind)
        translated = translate(bare, ASKED, NOW)
        assert isinstance(translated, AwsError)
        assert translated.problem.summary, kind


def test_a_denial_names_the_permission_that_aws_names():
    message = (
        "User: arn:aws:sts::111122223333:assumed-role/r/s is not authorized to perform: cloudwatch:GetMetricData"
        " because no identity-based policy allows the cloudwatch:GetMetricData action"
    )
    problem = translate(_client_error("AccessDenied", 403, message), ASKED, NOW).problem
    assert problem.permission == "cloudwatch:GetMetricData"
    assert "cloudwatch:GetMetricData" in problem.summary
    assert "cloudwatch:GetMetricData" in problem.remedy


@pytest.mark.parametrize(
    ("service", "operation", "permission"),
    [
        ("elbv2", "DescribeTargetHealth", "elasticloadbalancing:DescribeTargetHealth"),
        (
            "application-autoscaling",
            "DescribeScalableTargets",
            "application-autoscaling:DescribeScalableTargets",
        ),
        ("logs", "FilterLogEvents", "logs:FilterLogEvents"),
        ("rds", "DescribeDBInstances", "rds:DescribeDBInstances"),
    ],
)
def test_a_denial_without_a_name_is_named_after_the_call(service, operation, permission):
    assert permission_named("Access denied", service, operation) == permission


def test_a_denial_while_getting_credentials_is_about_that():
    problem = translate(_client_error("AccessDenied", 403, "no", "AssumeRole"), ASKED, NOW).problem
    assert problem.permission == "sts:AssumeRole"
    assert problem.service == "sts"


def test_a_signature_from_the_wrong_hour_is_the_clock():
    message = "Signature expired: 20260401T000000Z is now earlier than 20260401T010000Z"
    for code in ("InvalidSignatureException", "SignatureDoesNotMatch"):
        assert translate(_client_error(code, 403, message), ASKED, NOW).problem.kind is Kind.CLOCK


def test_an_ended_sso_login_names_the_command():
    problem = translate(sdk.UnauthorizedSSOTokenError(), ASKED, NOW).problem
    assert "aws sso login --profile prod" in problem.remedy
    by_token = translate(_client_error("ExpiredToken", 403), Asked("ecs", "X", sso=True), NOW).problem
    assert "`aws sso login`" in by_token.remedy
    assert "sso" not in translate(_client_error("ExpiredToken", 403), ASKED, NOW).problem.remedy


def test_a_wanted_code_carries_role_and_device():
    call = Asked("ecs", "X", role_arn="arn:aws:iam::111122223333:role/ops", mfa_serial="from-profile")
    error = translate(CodeWanted("arn:aws:iam::111122223333:mfa/taro"), call, NOW)
    assert isinstance(error, MfaNeeded)
    assert (error.role_arn, error.serial) == (call.role_arn, "arn:aws:iam::111122223333:mfa/taro")
    later = translate(sdk.RefreshWithMFAUnsupportedError(), call, NOW)
    assert isinstance(later, MfaNeeded)
    assert later.serial == "from-profile"


def test_words_of_aws_cannot_harm():
    hostile = "\x1b[2J[@click=app.quit]x[/] {permission} \u202e"
    problem = translate(_client_error("AccessDenied", 403, hostile), ASKED, NOW).problem
    assert "\x1b" not in problem.detail
    assert "\u202e" not in problem.detail
    try:
        i18n.use("ja")
        assert translate(_client_error("Throttling", 400, hostile), ASKED, NOW).problem.summary
    finally:
        i18n.use("en")


def test_a_single_attempt_never_says_that_it_continues_by_itself():
    for topic in remedies._REMEDIES:
        words = dict.fromkeys(
            ("profile", "permission", "service", "operation", "place", "config", "role"), "x"
        )
        lasting = remedies.remedy(topic, words)
        once = remedies.remedy(topic, words, once=True)
        assert ("automatically" in lasting) == bool(once), topic
        assert "automatically" not in once


def _unknown_host(number):
    key: Any = SimpleNamespace(host="h", port=443, is_ssl=True, ssl=True)
    cause = aiohttp.ClientConnectorError(key, socket.gaierror(number, "Name or service not known"))
    return sdk.EndpointConnectionError(
        endpoint_url="https://application-autoscaling.xx-1.amazonaws.com/", error=cause
    )


@pytest.mark.parametrize(
    ("number", "answered", "endpoint", "kind"),
    [
        (socket.EAI_NONAME, True, "", Kind.LACKING),
        (socket.EAI_NONAME, False, "", Kind.UNREACHABLE),
        (socket.EAI_NONAME, True, "http://localstack:4566", Kind.UNREACHABLE),
        (socket.EAI_AGAIN, True, "", Kind.UNREACHABLE),
    ],
)
def test_a_host_that_does_not_exist_is_a_service_that_the_region_lacks(number, answered, endpoint, kind):
    call = Asked("application-autoscaling", "X", region="xx-1", endpoint=endpoint, has_answered=answered)
    error = translate(_unknown_host(number), call, NOW)
    assert error.problem.kind is kind
    assert error.unknown_operation is (kind is Kind.LACKING)
    assert ("application-autoscaling.xx-1.amazonaws.com" in error.problem.summary) is (kind is Kind.LACKING)


@pytest.mark.parametrize(("is_home", "answered"), [(True, True), (False, True), (False, False)])
@pytest.mark.parametrize("code", ["UnrecognizedClientException", "InvalidClientTokenId", "AuthFailure"])
def test_a_region_that_is_not_enabled_has_a_sentence_of_its_own(code, is_home, answered):
    call = Asked("ecs", "X", region="me-south-1", is_home=is_home, has_answered=answered)
    problem = translate(_client_error(code, 403), call, NOW).problem
    is_off = answered and not is_home
    assert (problem.kind is Kind.LACKING) is is_off
    assert ("me-south-1 is not enabled" in problem.summary) is is_off
    assert problem.kind in (Kind.LACKING, Kind.NO_CREDENTIALS)


def test_a_page_from_aws_itself_is_no_sign_of_what_it_lacks():
    response = {
        "Error": {"Code": "404", "Message": "<html>"},
        "ResponseMetadata": {"HTTPStatusCode": 404, "HTTPHeaders": {"content-type": "text/html"}},
    }
    error: Any = sdk.ClientError(response, "DescribeServices")
    translated = translate(error, ASKED, NOW)
    assert translated.problem.kind is Kind.UNAVAILABLE
    assert not translated.unknown_operation
    assert "(HTTP 404)" in translated.problem.summary
