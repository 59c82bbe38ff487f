"""Permission to write: off until armed, for a limited time, and then for one exact request at a time."""

from datetime import datetime

from services.aws.errors import Refused
from services.clock import Clock
from services.i18n import _
from services.models.changes import Armed, AwsCall, canonical
from services.models.problem import Problem, ProblemKind


class Permit:
    """Leave to send exactly `call`, once."""

    def __init__(self, call: AwsCall) -> None:
        self.call = call
        self.used = False

    def fits(self, service: str, operation: str, params: object) -> bool:
        """Whether this is the request that was confirmed, and it has not been sent."""
        wanted = (self.call.service, self.call.operation, self.call.body)
        return not self.used and (service, operation, canonical(params)) == wanted


class Permits:
    """Arms and disarms writing, and issues permits while it is armed."""

    def __init__(self, clock: Clock, account: str, *, read_only: bool = False) -> None:
        self._clock = clock
        self._account = account
        self.read_only = read_only
        """Configured never to write; arming is refused."""
        self._armed: Armed | None = None

    @property
    def armed(self) -> Armed | None:
        """Until when, why and by whom; None while read-only."""
        return self._armed if self._armed and self._clock.now() < self._armed.until else None

    def arm(self, armed: Armed) -> None:
        """Allow writing until `armed.until`. Raises Refused where the console is configured read-only."""
        if self.read_only:
            raise self._refused(_("This console is configured to be read-only."))
        self._armed = armed

    def disarm(self) -> None:
        """Back to read-only at once."""
        self._armed = None

    def issue(self, call: AwsCall, account: str) -> Permit:
        """Leave to send `call`; `account` is the one AWS says we are in. Raises Refused."""
        if self.armed is None:
            raise self._refused(_("The console is read-only; arm it first."), call)
        if account != self._account:
            raise self._refused(
                _("These credentials are for account {actual}, the runbook's is {expected}.").format(
                    actual=account, expected=self._account
                ),
                call,
            )
        return Permit(call)

    def _refused(self, summary: str, call: AwsCall | None = None) -> Refused:
        at: datetime = self._clock.now()
        return Refused(
            Problem(
                kind=ProblemKind.REFUSED,
                summary=summary,
                service=call.service if call else "",
                operation=call.operation if call else "",
                at=at,
            )
        )
