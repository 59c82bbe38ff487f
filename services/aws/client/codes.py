"""Maps AWS error codes to problem kinds and extracts the missing permission from a denial.

Source: "Common error types" of the CloudWatch, Logs, ECS, RDS, ELB, IAM and STS API references.
"""

import re
from datetime import UTC, datetime

from services.models.problem import ProblemKind

_EXPIRED = frozenset(
    {
        "ExpiredToken",
        "ExpiredTokenException",
        "RequestExpired",
        "TokenRefreshRequired",
        "UnauthorizedSSOToken",
    }
)
_CLOCK = frozenset({"RequestTimeTooSkewed", "RequestInTheFuture"})
_NO_CREDENTIALS = frozenset(
    {
        "InvalidClientTokenId",
        "UnrecognizedClientException",
        "UnrecognizedClient",
        "AuthFailure",
        "InvalidToken",
        "InvalidAccessKeyId",
        "MissingAuthenticationToken",
        "MissingAuthenticationTokenException",
        "SignatureDoesNotMatch",
        "InvalidSignatureException",
        "IncompleteSignature",
        "IncompleteSignatureException",
        "UnauthorizedException",
    }
)
_ACCESS = frozenset(
    {
        "AccessDenied",
        "AccessDeniedException",
        "AccessDeniedError",
        "UnauthorizedOperation",
        "AuthorizationError",
        "NotAuthorized",
        "AuthorizationErrorException",
        "NotAuthorizedException",
        "UnauthorizedAccess",
        "ForbiddenException",
        "OptInRequired",
        "SubscriptionRequiredException",
    }
)
_THROTTLED = frozenset(
    {
        "Throttling",
        "ThrottlingException",
        "ThrottledException",
        "RequestThrottledException",
        "RequestThrottled",
        "TooManyRequestsException",
        "TooManyRequests",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "BandwidthLimitExceeded",
        "SlowDown",
        "PriorRequestNotComplete",
        "EC2ThrottledException",
        "LimitExceededException",
        "LimitExceeded",
        "429",
    }
)
_UNAVAILABLE = frozenset(
    {
        "InternalFailure",
        "InternalError",
        "InternalServerError",
        "InternalServiceError",
        "InternalServiceFault",
        "ServerException",
        "ServiceUnavailable",
        "ServiceUnavailableException",
        "ServiceUnavailableError",
        "RequestTimeout",
        "RequestTimeoutException",
    }
)
_KINDS = (
    (_EXPIRED, ProblemKind.EXPIRED),
    (_CLOCK, ProblemKind.CLOCK),
    (_NO_CREDENTIALS, ProblemKind.NO_CREDENTIALS),
    (_ACCESS, ProblemKind.ACCESS_DENIED),
    (_THROTTLED, ProblemKind.THROTTLED),
    (_UNAVAILABLE, ProblemKind.UNAVAILABLE),
)
UNKNOWN_OPERATION = frozenset(
    {
        "UnknownOperationException",
        "UnknownOperation",
        "InvalidAction",
        "NotImplemented",
        "NotImplementedError",
        "NotImplementedException",
    }
)
"""Error codes of an endpoint that does not implement an operation: AWS's by protocol, and those of emulators."""
_LACKS = re.compile(
    r"not (?:yet |been )*implemented|pro feature|NotImplementedError|has not yet been emulated"
    r"|is not valid for this web service|[Cc]ould not find operation|[Uu]nknown ?[Oo]peration"
    r"|[Ss]ervice '[^']+' is not enabled|not included (?:with)?in your (?:current )?\w* ?license"
    r"|[Oo]peration[^.]{0,80} not (?:supported|available) (?:in|by) (?:this|the) (?:[Rr]egion|endpoint|partition)"
)
"""The same in words, under codes that mean something else, too: AWS's, LocalStack's, moto's."""
NOT_OF_THE_REGION = frozenset(
    {"UnrecognizedClientException", "UnrecognizedClient", "InvalidClientTokenId", "AuthFailure"}
)
"""Codes with which a region that the account has not enabled refuses credentials that are good elsewhere."""
_ERROR, _SERVER_FAULT, _NOT_IMPLEMENTED = 400, 500, 501
EMULATORS_PAGES = frozenset({404, _SERVER_FAULT})
"""Statuses of the pages with which emulators answer what they lack."""
_MISSING = re.compile(r"NotFound|NoSuch|DoesNotExist|Non[Ee]xistent")
_SKEWED = re.compile(r"Signature (expired|not yet current)", re.IGNORECASE)
_THEIR_TIME = re.compile(r"\((\d{8}T\d{6}Z) [+-] ")
"""AWS's own time in its refusal: `(20260114T010000Z - 5 min.)`."""
_FAR_OFF = 300.0
"""Seconds of difference between the clocks from which a request that "has expired" is one of a wrong clock."""
_DENIED = re.compile(r"not authorized to perform:?\s+([a-z0-9-]+:[A-Za-z0-9*]+)")

_PREFIXES = {
    "devops-agent": "aidevops",
    "elbv2": "elasticloadbalancing",
    "elb": "elasticloadbalancing",
    "stepfunctions": "states",
    "service-quotas": "servicequotas",
}
"""IAM's service prefix where it differs from botocore's service name."""
_ACTIONS = {("s3", "ListObjectsV2"): "s3:ListBucket", ("budgets", "DescribeBudgets"): "budgets:ViewBudget"}
"""Operations whose IAM action has a different name (service authorization reference)."""


def kind_of_code(code: str, status: int, message: str, service: str) -> ProblemKind:
    if _SKEWED.search(message):
        return ProblemKind.CLOCK
    if lacks_operation(code, status, message):
        return ProblemKind.LACKING
    kind = next((kind for codes, kind in _KINDS if code in codes), None)
    if kind is ProblemKind.NO_CREDENTIALS and code == "UnauthorizedException":
        # IAM Identity Center returns this code for an expired sign-in.
        return ProblemKind.EXPIRED if service.startswith("sso") else ProblemKind.ACCESS_DENIED
    return kind or _by_status(code, status)


def refuses_time(code: str, message: str, skew: float | None) -> bool:
    """Whether an error refuses the time of the signature; `skew`: AWS's clock minus this machine's, in seconds."""
    # EC2's code for a signature's time is its code for expired credentials, too.
    is_far = skew is not None and abs(skew) >= _FAR_OFF
    return code in _CLOCK or bool(_SKEWED.search(message)) or (code == "RequestExpired" and is_far)


def time_of_refusal(message: str) -> datetime | None:
    """AWS's time as the refusal of a signature states it; None if it does not."""
    stated = _THEIR_TIME.search(message)
    return datetime.strptime(stated[1], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC) if stated else None


def lacks_operation(code: str, status: int, message: str = "") -> bool:
    return code in UNKNOWN_OPERATION or status == _NOT_IMPLEMENTED or bool(_LACKS.search(message))


def is_page(status: int, content_type: str) -> bool:
    """Whether an error is a page for people, which AWS never sends."""
    return status >= _ERROR and content_type.partition(";")[0].strip().lower() == "text/html"


def is_final(code: str, status: int, content_type: str) -> bool:
    """Whether trying again cannot help: an operation that is not there, or a page that a server made of its own fault.

    AWS's errors are JSON or XML. A test server answers an operation that it lacks with a page and status 500.
    """
    return (status == _SERVER_FAULT and is_page(status, content_type)) or lacks_operation(code, status)


def _by_status(code: str, status: int) -> ProblemKind:
    if _MISSING.search(code):
        return ProblemKind.NOT_FOUND
    if status >= 500:
        return ProblemKind.UNAVAILABLE
    if status == 429:
        return ProblemKind.THROTTLED
    # AWS always sends a code; a bare status comes from a proxy or gateway in between.
    return ProblemKind.INCOMPLETE if not code or code.isdigit() else ProblemKind.INVALID


def permission_named(message: str, service: str, operation: str) -> str:
    """The IAM action that was denied: as named in the message, else derived from the operation."""
    named = _DENIED.search(message)
    return named[1] if named else permission_of(service, operation)


def permission_of(service: str, operation: str) -> str:
    """The IAM action that an operation requires; `service` is botocore's name."""
    return _ACTIONS.get((service, operation)) or f"{_PREFIXES.get(service, service)}:{operation}"
