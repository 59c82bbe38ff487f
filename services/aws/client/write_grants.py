"""Write permission: off until armed, limited in time, and granted for one exact request at a time."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from services.aws.client.errors import Refused
from services.clock import Clock, Deadline, Mark, mark, passed
from services.i18n import _
from services.models.aws_calls import AwsCall
from services.models.canonical import canonical
from services.models.changes import Armed
from services.models.problem import Problem, ProblemKind


class WriteGrant:
    """Permission to send exactly `call`, once, until `deadline` (None: at any time). `mark` is sent in the
    user agent, by which CloudTrail's record of the request tells whose it is."""

    def __init__(self, call: AwsCall, deadline: Deadline | None = None, mark: str = "") -> None:
        self.call = call
        self.mark = mark
        self._deadline = deadline
        self.used = False  # The gate has passed a request on this grant and will not pass a second one
        self.sent = False  # The request may have left the process

    @property
    def is_overdue(self) -> bool:
        """Whether the request must not leave any more."""
        return self._deadline is not None and self._deadline.is_over

    def matches(self, service: str, operation: str, params: object) -> bool:
        try:
            request = (service, operation, canonical(params))
        except (TypeError, ValueError):
            # Parameters that are not JSON cannot have been confirmed as JSON.
            return False
        return not self.used and request == (self.call.service, self.call.operation, self.call.body)

    @contextmanager
    def in_force(self) -> Iterator[None]:
        token = _in_force.set(self)
        try:
            yield
        finally:
            _in_force.reset(token)


_in_force: ContextVar[WriteGrant | None] = ContextVar("permit in force", default=None)


def permit_in_force() -> WriteGrant | None:
    return _in_force.get()


class AppendTarget(Protocol):
    """What one session may send without a grant, beside the reads that every session may."""

    def accepts(self, service: str, operation: str, params: object) -> bool: ...


APPEND = ("logs", "PutLogEvents")
"""The only write to the account that needs no grant: the journal's latest hash, to one log stream."""


@dataclass(frozen=True, slots=True)
class JournalLogStream:
    """The one CloudWatch Logs stream that may be appended to without a grant; empty names match no stream."""

    group: str
    stream: str

    def accepts(self, service: str, operation: str, params: object) -> bool:
        if (service, operation) != APPEND:
            return False
        if not (self.group and self.stream and isinstance(params, Mapping)):
            return False
        return (params.get("logGroupName"), params.get("logStreamName")) == (self.group, self.stream)


NOWHERE = JournalLogStream("", "")


class WriteAuthorizer:
    def __init__(self, clock: Clock, account: str, *, read_only: bool = False) -> None:
        self._clock = clock
        self.account = account  # The only account that is written to
        self.read_only = read_only  # Configured as read-only; arming is refused
        self._armed: Armed | None = None
        self._since: Mark = mark(clock)
        self._lasts = 0.0

    @property
    def armed(self) -> Armed | None:
        return self._armed if self.left > 0 else None

    @property
    def left(self) -> float:
        """Seconds for which writing stays armed; setting the clock back does not extend it."""
        return self._lasts - passed(self._clock, self._since) if self._armed else 0.0

    def arm(self, armed: Armed) -> None:
        """Allow writing until `armed.until`. Raises Refused if the console is configured read-only."""
        if self.read_only:
            raise self._refused(_("This console is configured to be read-only."))
        self._since = mark(self._clock)
        self._lasts = (armed.until - self._since.at).total_seconds()
        self._armed = armed

    def disarm(self) -> None:
        self._armed = None

    def issue(
        self, call: AwsCall, account: str, deadline: Deadline | None = None, mark: str = ""
    ) -> WriteGrant:
        """A grant for `call`; `account` is the account that AWS reports for the credentials. Raises Refused."""
        self.require_armed(call)
        if account != self.account:
            raise self._refused(
                _("These credentials are for account {actual}; the runbook's is {expected}.").format(
                    actual=account, expected=self.account
                ),
                call,
            )
        return WriteGrant(call, deadline, mark)

    def require_armed(self, call: AwsCall) -> None:
        """Raises Refused while the console is read-only."""
        if self.armed is None:
            raise self._refused(_("The console is read-only; arm it first."), call)

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
