"""Decides whether a failed write certainly had no effect; otherwise its outcome is unknown.

Only the following counts as proof:
- the gate blocked it, or no credentials were available: no byte left the process;
- the connection was never established: refused, unknown host, connect time-out, TLS verification failure.
  The SDK's EndpointConnectionError alone proves nothing: it also covers a connection that was reset after AWS
  had acted;
- AWS itself returned a client error (4xx, with an error code and a request id): missing permission, throttled,
  credentials expired or wrong, not found, invalid, clock skew, no such operation.

The outcome is unknown after a time-out, a reset, a server error, a redirect, a proxy's page, or a response that
lacks required keys.

Imports no part of the SDK; `services.aws.client.sdk.error_outcome` evaluates the SDK's own exceptions.
"""

from services.aws.client.errors import AwsError
from services.models.problem import ProblemKind

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
    """True only if the write is proven to have changed nothing."""
    return error.problem.kind in CERTAIN if error.certain is None else error.certain
