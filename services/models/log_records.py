"""One log event as it is handed to a program: a line of `toban logs tail --json`."""

from datetime import datetime

from services.models.base import Clean, CleanLine, Model, RawId


class LogRecord(Model):
    """One event of a log group."""

    time: datetime
    """The event's own time (UTC), to the millisecond."""
    ingested: datetime
    """When CloudWatch Logs received it (UTC)."""
    group: RawId
    stream: Clean
    id: str
    """CloudWatch's eventId, unique within the group; "" for a line whose id is not known any more."""
    late: bool
    """Whether it became visible only after newer events had been delivered."""
    text: CleanLine
    """The message, with control characters made visible; a line feed inside is `␊`."""
