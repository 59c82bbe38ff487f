"""Observes the traffic with AWS: counts requests and measures the clock skew."""

from collections.abc import Mapping
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Any

from services.aws.client.account_proof import SENDING
from services.aws.client.meter import UsageMeter
from services.aws.client.prices import usd_of_call
from services.clock import Clock

_MARK = "toban_call"


class TrafficObserver:
    """Counts every request, and compares AWS's clock with this machine's at every response."""

    def __init__(self, meter: UsageMeter, wall: Clock) -> None:
        self._meter = meter
        self._wall = wall
        self.skew_seconds: float | None = None
        """AWS's clock minus this machine's, in seconds; None before the first response."""

    def attach(self, session: Any) -> None:
        """Register on all of the session's clients."""
        session.register("before-parameter-build", self._named)
        session.register("request-created", self._created)
        session.register("before-send", self._sending)
        session.register("response-received", self._received)

    def sent(self, service: str, operation: str) -> None:
        """Count a request that no client of the SDK sends; it is none for metrics."""
        self._meter.count(service, operation)

    def answered(self, date: str) -> None:
        """Compare the clocks by the Date header of a response; "" if it has none."""
        try:
            theirs = parsedate_to_datetime(date) if date else None
        except (ValueError, OverflowError):
            return
        if theirs is not None:
            theirs = theirs if theirs.tzinfo else theirs.replace(tzinfo=UTC)
            self.skew_seconds = (theirs - self._wall.now()).total_seconds()

    def _named(self, params: Any, model: Any, context: dict[str, Any], **_event: Any) -> None:
        queries = params.get("MetricDataQueries") or () if isinstance(params, Mapping) else ()
        metrics = sum("MetricStat" in query for query in queries)
        service, operation = model.service_model.service_name, model.name
        usd = usd_of_call(service, operation, params) if service == "dynamodb" else None
        context[_MARK] = (service, operation, metrics, usd)

    def _created(self, request: Any, **_event: Any) -> None:
        """Runs once per attempt, retries included: AWS charges for those too."""
        service, operation, metrics, usd = request.context.get(_MARK, ("", "", 0, None))
        if service:
            self._meter.count(service, operation, metrics=metrics, usd=usd)

    def _sending(self, request: Any, **_event: Any) -> None:
        if sent := SENDING.get():
            authorization = request.headers.get("Authorization", "")
            sent.note(
                request.url, authorization if isinstance(authorization, str) else authorization.decode()
            )

    def _received(self, response_dict: dict[str, Any] | None, **_event: Any) -> None:
        self.answered(str(response_dict["headers"].get("date") or "") if response_dict else "")
