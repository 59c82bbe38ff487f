"""One log event as it is handed to a program: a line of `toban logs tail --json`, and of an export as JSON lines."""

from datetime import UTC, datetime
from typing import Annotated

from pydantic import PlainSerializer

from services.models.base import Clean, CleanLine, Model, RawId
from services.models.logs import LogLine


def _written(at: datetime) -> str:
    """`2026-01-14T01:00:00.120Z`: all of one length, so that they sort as text."""
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"


Millisecond = Annotated[datetime, PlainSerializer(_written, return_type=str, when_used="json")]


class LogRecord(Model):
    """One event of a log group."""

    time: Millisecond
    """The event's own time (UTC), to the millisecond."""
    ingested: Millisecond
    """When CloudWatch Logs received it (UTC)."""
    group: RawId
    stream: Clean
    id: str
    """CloudWatch's eventId, unique within the group; "" for a line whose id is not known any more."""
    late: bool
    """Whether it became visible only after newer events had been delivered."""
    text: CleanLine
    """The message, with control characters made visible; a line feed inside is `␊`."""


def record_of(group: str, line: LogLine, text: str) -> LogRecord:
    return LogRecord.model_construct(
        time=_moment(line.at),
        ingested=_moment(line.ingested_at),
        group=RawId(group),
        stream=line.stream,
        id=line.id,
        late=line.late,
        text=text,
    )


def _moment(at: int) -> datetime:
    return datetime.fromtimestamp(at / 1000, UTC)
