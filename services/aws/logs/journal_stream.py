"""The CloudWatch Logs stream that stores the journal's hashes outside the machine, to detect edits of the
file. Source: PutLogEvents, FilterLogEvents (CloudWatch Logs API reference)."""

from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from services.aws.client.errors import AwsError, ClockSkew, NotFound
from services.aws.client.reader import Answer, not_found
from services.i18n import _
from services.models.problem import Problem, ProblemKind
from services.models.text import clean

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


PAGES = 1_000
"""Maximum pages read; FilterLogEvents returns 1 MB, about 4,000 lines, per page, and pages may be empty."""
LINES = 4_000_000  # Maximum lines read of one stream: more than ten years of a busy journal


class StreamAppender(Protocol):
    async def append(self, params: dict[str, Any], /, *, timeout: float = 10.0) -> Answer: ...

    def pages(
        self,
        service: str,
        operation: str,
        /,
        *,
        required: tuple[str, ...],
        page_limit: int,
        row_limit: int,
        **params: Any,
    ) -> AsyncGenerator[Answer, None]: ...


class JournalStream:
    """One log stream; the session only allows the one configured in the runbook."""

    def __init__(self, session: StreamAppender, group: str, stream: str) -> None:
        self._session = session
        self._group = group
        self._stream = stream

    async def put(self, at: datetime, line: str) -> None:
        """Raises AwsError, also for times that CloudWatch Logs drops: 14 days before to two hours after its own clock."""
        event = {"timestamp": (at - _EPOCH) // timedelta(milliseconds=1), "message": line}
        params = {"logGroupName": self._group, "logStreamName": self._stream, "logEvents": [event]}
        try:
            answer = await self._session.append(params)
        except NotFound as error:
            raise self._missing(error, "PutLogEvents") from error
        if answer.get("rejectedLogEventsInfo"):
            raise ClockSkew(
                Problem(
                    kind=ProblemKind.CLOCK,
                    summary=_("The line was rejected: its time is too far from AWS's."),
                    remedy=_("Set this machine's clock (NTP)."),
                    service="logs",
                    operation="PutLogEvents",
                    detail=str(answer["rejectedLogEventsInfo"]),
                    at=at,
                )
            )

    async def lines(self) -> tuple[str, ...]:
        """Every message of the stream, unmodified, oldest first. Raises AwsError."""
        messages: list[str] = []
        selection = {"logGroupName": self._group, "logStreamNames": [self._stream]}
        pages = self._session.pages(
            "logs", "FilterLogEvents", required=("events",), page_limit=PAGES, row_limit=LINES, **selection
        )
        try:
            async for page in pages:
                messages += [str(event.get("message") or "") for event in page["events"]]
        except NotFound as error:
            raise self._missing(error, "FilterLogEvents") from error
        return tuple(messages)

    def _missing(self, error: AwsError, operation: str) -> NotFound:
        return not_found(
            _("There is no stream {stream} in {group}.").format(
                stream=clean(self._stream), group=clean(self._group)
            ),
            "logs",
            operation,
            detail=error.problem.detail,
            remedy=_("Create the log group and the stream, or correct [journal] in the runbook."),
        )
