"""What AWS's error codes mean to us, and which permission a refusal names.

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
"""What an endpoint says of an operation that it does not have: AWS by protocol, and the embedded AWS."""
_MISSING = re.compile(r"NotFound|NoSuch|DoesNotExist|Nonexistent")
_SKEWED = re.compile(r"Signature (expired|not yet current)", re.IGNORECASE)
_DENIED = re.compile(r"not authorized to perform:?\s+([a-z0-9-]+:[A-Za-z0-9*]+)")

_PREFIXES = {"elbv2": "elasticloadbalancing", "elb": "elasticloadbalancing", "stepfunctions": "states"}
"""IAM's name of a service where it differs from botocore's."""
_ACTIONS = {("s3", "ListObjectsV2"): "s3:ListBucket", ("budgets", "DescribeBudgets"): "budgets:ViewBudget"}
"""Calls whose action has another name (service authorization reference)."""


def kind_of_code(code: str, status: int, message: str, service: str) -> ProblemKind:
    """The kind of an error answer: `code` as AWS spells it, HTTP `status`, `message`."""
    if _SKEWED.search(message):
        return ProblemKind.CLOCK
    kind = next((kind for codes, kind in _KINDS if code in codes), None)
    if kind is ProblemKind.NO_CREDENTIALS and code == "UnauthorizedException":
        # IAM Identity Center says this of a sign-in that ended.
        return ProblemKind.EXPIRED if service.startswith("sso") else ProblemKind.ACCESS_DENIED
    return kind or _by_status(code, status)


def _by_status(code: str, status: int) -> ProblemKind:
    if _MISSING.search(code):
        return ProblemKind.NOT_FOUND
    if status >= 500:
        return ProblemKind.UNAVAILABLE
    if status == 429:
        return ProblemKind.THROTTLED
    # AWS always sends a code; a bare status comes from something between here and AWS.
    return ProblemKind.INCOMPLETE if not code or code.isdigit() else ProblemKind.INVALID


def permission_named(message: str, service: str, operation: str) -> str:
    """The IAM action that a refusal is about: as AWS names it, else made from the call."""
    named = _DENIED.search(message)
    return named[1] if named else permission_of(service, operation)


def permission_of(service: str, operation: str) -> str:
    """The IAM action that a call needs; `service` as botocore names it."""
    return _ACTIONS.get((service, operation)) or f"{_PREFIXES.get(service, service)}:{operation}"
