from datetime import datetime
from enum import StrEnum

from services.i18n import sentences
from services.models.base import Clean, Model


class ProblemKind(StrEnum):
    """Kinds of failures; each needs a different reaction."""

    ACCESS_DENIED = "access-denied"
    THROTTLED = "throttled"
    EXPIRED = "expired"  # The credentials have expired; every read fails until they are renewed
    NO_CREDENTIALS = "no-credentials"
    UNREACHABLE = "unreachable"  # No connection, a time-out, or a truncated response
    NOT_FOUND = "not-found"
    INVALID = "invalid"  # AWS refused the request as malformed
    INCOMPLETE = "incomplete"
    """The response lacks required keys (a proxy's page with status 200, for example)."""
    UNAVAILABLE = "unavailable"  # AWS answered with a server error
    LACKING = "lacking"
    """The endpoint, the region or the partition does not have the operation; waiting does not help."""
    REFUSED = "refused"
    """The operation is not on the allow-list and was stopped before it left the process, or the answer is of another
    account or region than the runbook's."""
    CLOCK = "clock"  # This machine's clock is too far off for signed requests
    FAULT = "fault"  # Internal error: a bug of the console
    OTHER = "other"


class Problem(Model):
    """A failure in words. Made by `error_translation` and the readers above it."""

    kind: ProblemKind
    """Kind of failure."""
    summary: Clean
    """What happened: one sentence in the screen's language."""
    remedy: Clean = ""
    """What to do about it: one sentence; "" if there is no advice."""
    once: Clean = ""
    """The remedy after a read that is not repeated automatically; "" if it is the same as `remedy`."""
    service: str = ""
    """AWS service as botocore names it, e.g. `cloudwatch`; "" if no service is concerned."""
    operation: str = ""
    """API operation, e.g. `DescribeAlarms`; "" if no operation is concerned."""
    permission: str = ""
    """The missing IAM action, e.g. `cloudwatch:DescribeAlarms`; "" unless `kind` is ACCESS_DENIED."""
    detail: Clean = ""
    """AWS's own error message; "" if there is none."""
    at: datetime
    """When it happened (UTC)."""

    @property
    def advice(self) -> str:
        return self.once or self.remedy

    @property
    def message_once(self) -> str:
        return sentences(self.summary, self.advice)

    @property
    def message(self) -> str:
        return sentences(self.summary, self.remedy)
