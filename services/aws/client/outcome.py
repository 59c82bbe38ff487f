"""Whether a write that failed did nothing for certain; otherwise its outcome is unknown.

Proof is one of these, and nothing else:
- the gate stopped it, or credentials were not to be had: no byte left the process;
- the connection was never made: refused, no such host, no answer to the connection attempt, no trust (TLS).
  The SDK's EndpointConnectionError alone proves nothing: it also stands for a connection that was reset
  after AWS had acted;
- AWS itself answered with an error of the client's (4xx, with an error code and a request id): missing
  permission, throttled, credentials ended or wrong, not found, invalid, clock too far off.

A time-out, a reset, a server error, a redirect, a page from something between, an answer that lacks what
it must have: unknown.

Loads no part of the SDK; `services.aws.client.sdk.outcome` looks at the SDK's own exceptions.
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
        ProblemKind.REFUSED,
    }
)
"""Kinds of which nothing was done, when it is AWS (or the gate) that says so."""


def nothing_done(error: AwsError) -> bool:
    """True only where it is proven that the write changed nothing."""
    return error.problem.kind in CERTAIN if error.certain is None else error.certain
