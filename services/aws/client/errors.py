"""The one family of errors that reading and writing AWS can raise.

    AwsError
    ├── AccessDenied     a permission is missing; `problem.permission` names it
    ├── Throttled        AWS asks for fewer requests
    ├── Expired          credentials ended
    │   └── MfaNeeded    a six-digit code starts a new session
    ├── NoCredentials    none were found
    ├── Unreachable      no connection, a time-out, an answer cut short
    ├── NotFound
    ├── Invalid          AWS refused the request as malformed
    ├── Incomplete       an answer lacks keys that it must have
    ├── Unavailable      a server error
    ├── Refused          the read-only gate stopped it
    └── ClockSkew        this machine's clock is wrong

Loads no botocore, so feeds and tests may import it; `services.aws.client.sdk.translation` makes them.
"""

from services.models.problem import Problem, ProblemKind
from services.models.text import clean


class AwsError(Exception):
    """Reading or writing AWS failed; `problem` says how, in words."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.summary)
        self.problem = problem
        self.certain: bool | None = None
        """Of a write: whether it is proven that nothing was done; None: only the kind tells.
        Ask `services.aws.client.outcome.nothing_done`."""
        self.request_id = ""
        """What AWS calls the request it refused; "" where AWS did not answer."""
        self.unknown_operation = False
        """The endpoint says that it has no such operation, whatever the request asks."""


class AccessDenied(AwsError):
    """A permission is missing."""


class Throttled(AwsError):
    """AWS asks for fewer requests."""


class Expired(AwsError):
    """Credentials ended."""


class MfaNeeded(Expired):
    """Only a code from the MFA device starts a session; `AwsSession.assume` takes it."""

    def __init__(self, problem: Problem, *, role_arn: str = "", serial: str = "") -> None:
        super().__init__(problem)
        self.role_arn = clean(role_arn)
        self.serial = clean(serial)


class NoCredentials(AwsError):
    """No credentials were found."""


class Unreachable(AwsError):
    """No connection, a time-out, or an answer cut short."""


class NotFound(AwsError):
    """The thing asked for does not exist."""


class Invalid(AwsError):
    """AWS refused the request as malformed."""


class Incomplete(AwsError):
    """An answer lacks keys that it must have."""


class Unavailable(AwsError):
    """AWS answered with a server error."""


class Refused(AwsError):
    """The read-only gate stopped the operation before it left the process."""


class ClockSkew(AwsError):
    """This machine's clock is too far off."""


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
    ProblemKind.REFUSED: Refused,
    ProblemKind.CLOCK: ClockSkew,
}
