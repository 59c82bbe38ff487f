"""What went wrong with a read or a write, and what a person can do about it."""

from datetime import datetime
from enum import StrEnum

from services.i18n import sentences
from services.models.base import Clean, Model


class ProblemKind(StrEnum):
    """The kinds a person must act on differently."""

    ACCESS_DENIED = "access-denied"
    THROTTLED = "throttled"
    EXPIRED = "expired"
    """Credentials ended; every read fails until they are renewed."""
    NO_CREDENTIALS = "no-credentials"
    UNREACHABLE = "unreachable"
    """No connection, a time-out, or an answer cut short."""
    NOT_FOUND = "not-found"
    INVALID = "invalid"
    """AWS refused the request as malformed."""
    INCOMPLETE = "incomplete"
    """An answer without the keys it must have (a proxy's page with status 200, say)."""
    UNAVAILABLE = "unavailable"
    """AWS answered with a server error."""
    REFUSED = "refused"
    """The read-only gate stopped an operation before it left the process."""
    CLOCK = "clock"
    """This machine's clock is too far off for signatures."""
    FAULT = "fault"
    """The console itself failed: a bug of ours."""
    OTHER = "other"


class Problem(Model):
    """A failure in words; made only by `services.aws.client.sdk.error_translation` and the readers above it."""

    kind: ProblemKind
    """Decides what a person does about it."""
    summary: Clean
    """What happened, one sentence, in the screen's language."""
    remedy: Clean = ""
    """What to do about it, one sentence."""
    once: Clean = ""
    """The same where nothing asks again by itself; "" where that makes no difference."""
    service: str = ""
    """AWS service as botocore names it, e.g. `cloudwatch`."""
    operation: str = ""
    """API operation, e.g. `DescribeAlarms`."""
    permission: str = ""
    """The IAM action that is missing, e.g. `cloudwatch:DescribeAlarms`; only for ACCESS_DENIED."""
    detail: Clean = ""
    """AWS's own words."""
    at: datetime
    """When it happened (UTC)."""

    @property
    def advice(self) -> str:
        """What to do about it for who asked once: a command, an inspection."""
        return self.once or self.remedy

    @property
    def message(self) -> str:
        """What happened and what to do about it."""
        return sentences(self.summary, self.remedy)
