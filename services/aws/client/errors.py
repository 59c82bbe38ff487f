"""The exception hierarchy for reading and writing AWS; nothing else is raised for a failed call. Imports no
botocore, so feeds and tests can use it; `services.aws.client.sdk.error_translation` creates the errors."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from services.i18n import _
from services.models.problem import Problem, ProblemKind
from services.models.text import clean

if TYPE_CHECKING:
    from services.models.insights_queries import CompileError


class AwsError(Exception):
    """Reading or writing AWS failed; `problem` describes how, in words."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.summary)
        self.problem = problem
        self.certain: bool | None = None
        """For a write: whether it is proven to have had no effect; None: decided by the problem kind.
        Use `services.aws.client.errors.nothing_done` to evaluate it."""
        self.request_id = ""  # AWS's request id of the failed request; "" when AWS did not respond
        self.unknown_operation = False  # The endpoint does not implement this operation at all
        self.code = ""
        """AWS's own code of the error, e.g. `ConditionalCheckFailedException`; "" when AWS did not respond."""
        self.standing_item: dict[str, Any] | None = None
        """For a conditional put to DynamoDB: the item that stands there instead; None if the answer has none."""
        self.compile_error: CompileError | None = None
        """Where a query of Logs Insights does not compile; None for every other error."""


class AccessDenied(AwsError):
    pass


class Throttled(AwsError):
    pass


class Expired(AwsError):
    pass


class MfaNeeded(Expired):
    """An MFA code is required to start a session; pass it to `AwsSession.assume`."""

    def __init__(self, problem: Problem, *, role_arn: str = "", serial: str = "") -> None:
        super().__init__(problem)
        self.role_arn = clean(role_arn)
        self.serial = clean(serial)


class NoCredentials(AwsError):
    pass


class Unreachable(AwsError):
    """No connection, a time-out, or a truncated response."""


class NotFound(AwsError):
    pass


class Invalid(AwsError):
    pass


class Incomplete(AwsError):
    """A response lacks required keys."""


class Unavailable(AwsError):
    pass


class Lacking(AwsError):
    """The endpoint, the region or the partition does not have the operation."""


class Refused(AwsError):
    """The read-only gate blocked the operation before it left the process."""


class WrongAccount(Refused):
    """The answers are of another account or region than the runbook's."""


class ClockSkew(AwsError):
    """This machine's clock is too far off for AWS to accept its signatures."""


BY_KIND: dict[ProblemKind, type[AwsError]] = {
    ProblemKind.ACCESS_DENIED: AccessDenied,
    ProblemKind.THROTTLED: Throttled,
    ProblemKind.EXPIRED: Expired,
    ProblemKind.NO_CREDENTIALS: NoCredentials,
    ProblemKind.UNREACHABLE: Unreachable,
    ProblemKind.NOT_FOUND: NotFound,
    ProblemKind.INVALID: Invalid,
    ProblemKind.INCOMPLETE: Incomplete,
    ProblemKind.UNAVAILABLE: Unavailable,
    ProblemKind.LACKING: Lacking,
    ProblemKind.REFUSED: Refused,
    ProblemKind.CLOCK: ClockSkew,
}


def endless(service: str, operation: str, detail: str, now: datetime) -> Incomplete:
    text = _("The response never stops paging ({service} {operation}).")
    return _incomplete(text, service, operation, detail, now)


def too_many_rows(service: str, operation: str, limit: int, now: datetime) -> Incomplete:
    text = _("There are too many rows to read them all ({service} {operation}).")
    return _incomplete(text, service, operation, _("More than {limit} rows.", limit=f"{limit:,}"), now)


def _incomplete(text: str, service: str, operation: str, detail: str, now: datetime) -> Incomplete:
    return Incomplete(
        Problem(
            kind=ProblemKind.INCOMPLETE,
            summary=text.format(service=service, operation=operation),
            detail=detail,
            service=service,
            operation=operation,
            at=now,
        )
    )


# Decides whether a failed write certainly had no effect; otherwise its outcome is unknown.
#
# Only the following counts as proof:
# - the gate blocked it, or no credentials were available: no byte left the process;
# - the connection was never established: refused, unknown host, connect time-out, TLS verification failure.
# The SDK's EndpointConnectionError alone proves nothing: it also covers a connection that was reset after AWS
# had acted;
# - AWS itself returned a client error (4xx, with an error code and a request id): missing permission, throttled,
# credentials expired or wrong, not found, invalid, clock skew, no such operation.
#
# The outcome is unknown after a time-out, a reset, a server error, a redirect, a proxy's page, or a response that
# lacks required keys.
#
# Imports no part of the SDK; `services.aws.client.sdk.role_sessions` evaluates the SDK's own exceptions.


CERTAIN = frozenset(
    {
        ProblemKind.ACCESS_DENIED,
        ProblemKind.THROTTLED,
        ProblemKind.EXPIRED,
        ProblemKind.NO_CREDENTIALS,
        ProblemKind.NOT_FOUND,
        ProblemKind.INVALID,
        ProblemKind.CLOCK,
        ProblemKind.LACKING,
        ProblemKind.REFUSED,
    }
)
"""Problem kinds that mean the write had no effect, provided AWS or the gate reported them."""


def nothing_done(error: AwsError) -> bool:
    return error.problem.kind in CERTAIN if error.certain is None else error.certain
