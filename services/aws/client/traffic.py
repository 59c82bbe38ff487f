"""Observes the traffic with AWS: counts requests, and knows AWS's time, by which requests are signed where
AWS demands it. AWS's time is the Date of its newest answer plus what has passed since (monotonic)."""

from collections.abc import Callable, Mapping
from contextvars import ContextVar
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

from services.aws.client.account_proof import SENDING
from services.aws.client.codes import refuses_time, time_of_refusal
from services.aws.client.meter import UsageMeter
from services.aws.client.prices import usd_of_call
from services.aws.client.settings import LOOPBACK
from services.clock import LEAST_SKEW, Clock

_MARK = "toban_call"
_TRUSTED = "toban_trusted"
SIGNING_TIME: ContextVar[Callable[[], datetime] | None] = ContextVar("signing_time", default=None)
"""Of the session whose request is being signed; None: this machine's clock."""


class TrafficObserver:
    """Counts every request, and compares AWS's clock with this machine's at every response."""

    def __init__(self, meter: UsageMeter, wall: Clock) -> None:
        self._meter = meter
        self._wall = wall
        self._date: datetime | None = None  # AWS's time at `_answered_at`, which is of the clock's `elapsed`
        self._answered_at = 0.0
        self.has_answered = False  # Whether AWS has accepted a request
        self.signs_by_aws = False  # Whether requests are signed by AWS's time: AWS has refused this machine's
        self.refusals = 0  # How often AWS has refused the time of a signature and said which time it is

    @property
    def skew_seconds(self) -> float | None:
        """AWS's clock minus this machine's, in seconds, also after that was set; None before the first response."""
        date = self._aws_now()
        return None if date is None else (date - self._wall.now()).total_seconds()

    def signing_time(self) -> datetime:
        return (self._aws_now() if self.signs_by_aws else None) or self._wall.now()

    def _aws_now(self) -> datetime | None:
        passed = timedelta(seconds=self._wall.elapsed() - self._answered_at)
        return None if self._date is None else self._date + passed

    def attach(self, session: Any) -> None:
        session.register("before-parameter-build", self._named)
        session.register("request-created", self._created)
        session.register("before-send", self._sending)
        session.register("before-sign", self._signs)
        session.register("response-received", self._received)

    def _answered(self, date: str) -> None:
        """Compare the clocks by the Date header of a response; "" if it has none."""
        try:
            theirs = parsedate_to_datetime(date) if date else None
        except (ValueError, OverflowError):
            return
        if theirs is not None:
            theirs = theirs if theirs.tzinfo else theirs.replace(tzinfo=UTC)
            self._date, self._answered_at = theirs, self._wall.elapsed()
            if self.signs_by_aws and abs(self.skew_seconds or 0.0) < LEAST_SKEW:
                # Somebody has set this machine's clock.
                self.signs_by_aws = False

    def _named(self, params: Any, model: Any, context: dict[str, Any], **_event: Any) -> None:
        queries = params.get("MetricDataQueries") or () if isinstance(params, Mapping) else ()
        metrics = sum("MetricStat" in query for query in queries)
        service, operation = model.service_model.service_name, model.name
        usd = usd_of_call(service, operation, params) if service == "dynamodb" else None
        context[_MARK] = (service, operation, metrics, usd)

    def _created(self, request: Any, **_event: Any) -> None:
        """Runs once per attempt, retries included: AWS charges for those too."""
        service, operation, metrics, usd = request.context.get(_MARK, ("", "", 0, None))
        # The SDK verifies every certificate. Whoever could answer otherwise might collect signatures for the future.
        parts = urlsplit(request.url)
        request.context[_TRUSTED] = parts.scheme == "https" or parts.hostname in LOOPBACK
        if service:
            self._meter.count(service, operation, metrics=metrics, usd=usd)

    def _sending(self, request: Any, **_event: Any) -> None:
        if sent := SENDING.get():
            authorization = request.headers.get("Authorization", "")
            sent.note(
                request.url, authorization if isinstance(authorization, str) else authorization.decode()
            )

    def _signs(self, **_event: Any) -> None:
        SIGNING_TIME.set(self.signing_time)

    def _received(
        self,
        response_dict: dict[str, Any] | None,
        parsed_response: dict[str, Any] | None = None,
        context: Mapping[str, Any] | None = None,
        **_event: Any,
    ) -> None:
        self._answered(str(response_dict["headers"].get("date") or "") if response_dict else "")
        error = (parsed_response or {}).get("Error") or {}
        self.has_answered = self.has_answered or (bool(parsed_response) and not error)
        code, message = str(error.get("Code") or ""), str(error.get("Message") or "")
        if not refuses_time(code, message, self.skew_seconds) or not (context or {}).get(_TRUSTED):
            return
        if response_dict and not response_dict["headers"].get("date"):
            self._date, self._answered_at = time_of_refusal(message) or self._date, self._wall.elapsed()
        if self._date is not None and abs(self.skew_seconds or 0.0) >= LEAST_SKEW:
            self.signs_by_aws = True
            self.refusals += 1
