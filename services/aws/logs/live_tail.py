"""Source: StartLiveTail (Amazon CloudWatch Logs API reference)."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any, NamedTuple, Protocol

from services.aws.logs.events import log_lines
from services.models.logs import LogLine

LONGEST_SILENCE = 20.0
"""Seconds without an update, which come every second even if there is no event, after which the session is broken."""


class LiveUpdate(NamedTuple):
    """One update of a session; the first one, without lines, says that it has begun."""

    lines: tuple[LogLine, ...] = ()  # Events without an event id, in the order of their arrival
    sampled: bool = False  # Whether there were more than 500 events a second, of which AWS sent a part


class Streams(Protocol):
    def stream(
        self, service: str, operation: str, /, *, key: str, silence: float, **params: Any
    ) -> AsyncGenerator[dict[str, Any], None]:
        """The events of an event stream. Raises AwsError."""
        ...


class LiveTail:
    def __init__(self, session: Streams) -> None:
        self._session = session

    async def updates(self, arn: str, pattern: str = "") -> AsyncGenerator[LiveUpdate, None]:
        """Yield the updates of one session until AWS ends it; close the generator to end it, and its charge.
        `arn` is the log group's, without `:*`. Raises AwsError."""
        params: dict[str, Any] = {"logGroupIdentifiers": [arn]}
        if pattern:
            params["logEventFilterPattern"] = pattern
        stream = self._session.stream(
            "logs", "StartLiveTail", key="responseStream", silence=LONGEST_SILENCE, **params
        )
        async with aclosing(stream) as events:
            async for event in events:
                if "sessionStart" in event:
                    yield LiveUpdate()
                elif "sessionUpdate" in event:
                    update = event["sessionUpdate"]
                    metadata = update.get("sessionMetadata") or {}
                    yield LiveUpdate(
                        log_lines(update.get("sessionResults") or ()), bool(metadata.get("sampled"))
                    )
