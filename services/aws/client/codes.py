"""Maps AWS error codes to problem kinds and extracts the missing permission from a denial.

Source: "Common error types" of the CloudWatch, Logs, ECS, RDS, ELB, IAM and STS API references.
"""

import re

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
    {"UnknownOperationException", "UnknownOperation", "InvalidAction", "NotImplemented"}
)
"""Error codes of an endpoint that does not implement an operation: AWS's by protocol, and the embedded AWS's."""
_SERVER_FAULT, _NOT_IMPLEMENTED = 500, 501
_MISSING = re.compile(r"NotFound|NoSuch|DoesNotExist|Non[Ee]xistent")
_SKEWED = re.compile(r"Signature (expired|not yet current)", re.IGNORECASE)
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
    """The problem kind of an error response with this AWS error code, HTTP status and message."""
    if _SKEWED.search(message):
        return ProblemKind.CLOCK
    kind = next((kind for codes, kind in _KINDS if code in codes), None)
    if kind is ProblemKind.NO_CREDENTIALS and code == "UnauthorizedException":
        # IAM Identity Center returns this code for an expired sign-in.
        return ProblemKind.EXPIRED if service.startswith("sso") else ProblemKind.ACCESS_DENIED
    return kind or _by_status(code, status)


def lacks_operation(code: str, status: int) -> bool:
    """Whether this answer says that the endpoint does not implement the operation at all."""
    return code in UNKNOWN_OPERATION or status == _NOT_IMPLEMENTED


def is_final(code: str, status: int, content_type: str) -> bool:
    """Whether trying again cannot help: an operation that is not there, or a page that a server made of its own fault.

    AWS's errors are JSON or XML. A test server answers an operation that it lacks with a page and status 500.
    """
    page = status == _SERVER_FAULT and content_type.partition(";")[0].strip().lower() == "text/html"
    return page or lacks_operation(code, status)


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
