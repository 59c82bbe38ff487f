"""Source: "Common error types" of the CloudWatch, Logs, ECS, RDS, ELB, IAM and STS API references."""

import re
from datetime import UTC, datetime

from services.models.problem import ProblemKind

_SIGNATURE = frozenset({"InvalidSignatureException", "SignatureDoesNotMatch"})
"""Codes that refuse the time of a signature if their message says so."""
_CODES = {
    ProblemKind.EXPIRED: ("ExpiredToken", "RequestExpired", "TokenRefreshRequired", "UnauthorizedSSOToken"),
    ProblemKind.CLOCK: ("RequestTimeTooSkewed", "RequestInTheFuture"),
    ProblemKind.NO_CREDENTIALS: (
        "InvalidClientTokenId",
        "UnrecognizedClient",
        "AuthFailure",
        "InvalidToken",
        "InvalidAccessKeyId",
        "MissingAuthenticationToken",
        "SignatureDoesNotMatch",
        "InvalidSignatureException",
        "IncompleteSignature",
    ),
    ProblemKind.ACCESS_DENIED: (
        "AccessDenied",
        "AccessDeniedError",
        "UnauthorizedOperation",
        "AuthorizationError",
        "NotAuthorized",
        "UnauthorizedAccess",
        "ForbiddenException",
        "OptInRequired",
        "SubscriptionRequiredException",
    ),
    ProblemKind.THROTTLED: (
        "Throttling",
        "ThrottledException",
        "RequestThrottled",
        "TooManyRequests",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "BandwidthLimitExceeded",
        "SlowDown",
        "PriorRequestNotComplete",
        "EC2ThrottledException",
        "LimitExceeded",
        "429",
    ),
    ProblemKind.UNAVAILABLE: (
        "InternalFailure",
        "InternalError",
        "InternalServerError",
        "InternalServiceError",
        "InternalServiceFault",
        "ServerException",
        "ServiceUnavailable",
        "ServiceUnavailableError",
        "RequestTimeout",
    ),
}
"""A code that ends with `Exception`, as those of JSON protocols do, counts as the one without it, too."""
UNKNOWN_OPERATION = frozenset(
    {
        "UnknownOperationException",
        "UnknownOperation",
        "InvalidAction",
        "MethodNotAllowed",
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
_FOREIGN_CODE = re.compile(
    r'\A\s*(?:\{.*?"(?:__type|[Cc]ode)"\s*:\s*"(?:[^"]*#)?(\w+)"'
    r"|<(?!!doctype|html).*?<Code>(\w+)</Code>"
    r"|(?![<{]).*?\b(NotImplementedError): )",
    re.DOTALL | re.IGNORECASE,
)
"""The code in a body of another protocol than the service's: JSON, XML, the last line of moto's trace; never a page's."""
NOT_OF_THE_REGION = frozenset(
    {"UnrecognizedClientException", "UnrecognizedClient", "InvalidClientTokenId", "AuthFailure"}
)
"""Codes with which a region that the account has not enabled refuses credentials that are good elsewhere."""
PAGES = frozenset({404, 405, 500, 501})
"""Statuses of error pages with which emulators answer what they lack, and proxies what they cannot pass on just now."""
_MISSING = re.compile(r"NotFound|NoSuch|DoesNotExist|Non[Ee]xistent")
_SKEWED = re.compile(r"Signature (expired|not yet current)", re.IGNORECASE)
_THEIR_TIME = re.compile(r"\((\d{8}T\d{6}Z) [+-] ")
"""AWS's own time in its refusal: `(20260114T010000Z - 5 min.)`."""
_FAR_OFF = 300.0
"""Seconds of difference between the clocks from which a request that "has expired" is one of a wrong clock."""
_DENIED = re.compile(r"not authorized to perform:?\s+([a-z0-9-]+:[A-Za-z0-9*]+)")

_PREFIXES = {
    "elbv2": "elasticloadbalancing",
    "elb": "elasticloadbalancing",
    "stepfunctions": "states",
    "service-quotas": "servicequotas",
}
"""IAM's service prefix where it differs from botocore's service name."""
_ACTIONS = {("s3", "ListObjectsV2"): "s3:ListBucket", ("budgets", "DescribeBudgets"): "budgets:ViewBudget"}
"""Operations whose IAM action has a different name (service authorization reference)."""


def kind_of_code(code: str, status: int, message: str, service: str) -> ProblemKind:
    if code in _SIGNATURE and _SKEWED.search(message):
        return ProblemKind.CLOCK
    if lacks_operation(code, message):
        return ProblemKind.LACKING
    if code == "UnauthorizedException":
        # IAM Identity Center returns this code for an expired sign-in.
        return ProblemKind.EXPIRED if service.startswith("sso") else ProblemKind.ACCESS_DENIED
    names = {code, code.removesuffix("Exception")}
    return next((kind for kind, codes in _CODES.items() if names & {*codes}), _by_status(code, status))


def refuses_time(code: str, message: str, skew: float | None) -> bool:
    """Whether an error refuses the time of the signature; `skew`: AWS's clock minus this machine's, in seconds."""
    # EC2's code for a signature's time is its code for expired credentials, too.
    is_far = skew is not None and abs(skew) >= _FAR_OFF
    says_so = code in _SIGNATURE and bool(_SKEWED.search(message))
    return code in _CODES[ProblemKind.CLOCK] or says_so or (code == "RequestExpired" and is_far)


def time_of_refusal(message: str) -> datetime | None:
    stated = _THEIR_TIME.search(message)
    return datetime.strptime(stated[1], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC) if stated else None


def is_bare(code: str) -> bool:
    """Whether an error has a status at most; AWS always sends a code."""
    return not code or code.isdigit()


def lacks_operation(code: str, message: str = "") -> bool:
    """Whether an error proves that the operation is not there; of an answer without a code, `message` is its
    body. A status alone proves nothing: a proxy can send any, for a minute."""
    if is_bare(code):
        stated = _FOREIGN_CODE.match(message)
        code = next(filter(None, stated.groups())) if stated else ""
    return code in UNKNOWN_OPERATION or (not is_bare(code) and bool(_LACKS.search(message)))


def _by_status(code: str, status: int) -> ProblemKind:
    if _MISSING.search(code):
        return ProblemKind.NOT_FOUND
    if status >= 500 or (status in PAGES and is_bare(code)):
        return ProblemKind.UNAVAILABLE
    if status == 429:
        return ProblemKind.THROTTLED
    # A bare status comes from a proxy or gateway in between.
    return ProblemKind.INCOMPLETE if is_bare(code) else ProblemKind.INVALID


def permission_named(message: str, service: str, operation: str) -> str:
    named = _DENIED.search(message)
    return named[1] if named else permission_of(service, operation)


def permission_of(service: str, operation: str) -> str:
    return _ACTIONS.get((service, operation)) or f"{_PREFIXES.get(service, service)}:{operation}"
