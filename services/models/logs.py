"""Log groups and log lines.

Source: FilterLogEvents, DescribeLogGroups (Amazon CloudWatch Logs API reference).
"""

from datetime import datetime
from enum import IntEnum
from typing import NamedTuple

from services.models.base import Clean, Model, RawId
from services.models.problem import Problem


class Severity(IntEnum):
    """Log severity; ordered, so that a filter is one comparison."""

    PLAIN = 0
    DEBUG = 1
    INFO = 2
    WARNING = 3
    ERROR = 4
    FATAL = 5


class LogLine(NamedTuple):
    """One log event; a tuple for speed, since a page contains 10,000."""

    id: str
    """CloudWatch's eventId: unique within the group."""
    at: int
    """The event's own time, epoch milliseconds."""
    ingested_at: int
    """Ingestion time, epoch milliseconds."""
    stream: str
    """Log stream, cleaned."""
    text: str
    """The message, cleaned, one line."""
    late: bool = False
    """It became visible after newer lines were already shown."""


class LogGroup(Model):
    """A log group to pick from."""

    id: RawId
    name: Clean
    arn: RawId = RawId("")
    stored_bytes: int = 0
    retention_days: int | None = None


class TailStats(Model):
    """Statistics of a follow loop."""

    group: Clean
    polls: int = 0
    lines: int = 0
    """Lines delivered since it began."""
    late: int = 0
    """Number of late lines among them."""
    duplicates: int = 0
    """Events read again because read windows overlap, and dropped."""
    lag: float | None = None
    """Seconds between the newest event's time and the read that brought it."""
    pages: int = 0
    newest: datetime | None = None
    complete_from: int | None = None
    """Epoch ms; from here to `complete_to`, no line that CloudWatch ingested within two minutes is missing."""
    complete_to: int | None = None
    """Epoch ms; None before the first whole read."""

    def complete_after(self, moment: int) -> "TailStats":
        """The same for a reader that lacks lines up to `moment` (epoch ms)."""
        if self.complete_from is None or self.complete_from > moment:
            return self
        return self.model_copy(update={"complete_from": moment + 1})


class TailBatch(NamedTuple):
    """The result of one step of a follow loop."""

    lines: tuple[LogLine, ...]
    """New lines, oldest first; a late one belongs among lines already delivered."""
    stats: TailStats
    problem: Problem | None = None
    """Why the newest read failed; None after a success."""
    note: str = ""
    """What the loop is doing, in words, when it is not simply following."""
