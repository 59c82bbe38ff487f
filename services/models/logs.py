"""Source: FilterLogEvents, DescribeLogGroups (Amazon CloudWatch Logs API reference)."""

from collections.abc import Sequence
from datetime import datetime
from enum import IntEnum
from typing import Literal, NamedTuple

from services.models.base import Clean, Model, RawId
from services.models.problem import Problem

LogFormId = Literal["waf", "json", "postgresql", "plain"]
"""The forms of log lines, in the order in which they are recognised; each is a module of `widgets.logs.form`."""


class Severity(IntEnum):
    """Log severity; ordered, so that a filter is one comparison."""

    PLAIN = 0
    DEBUG = 1
    INFO = 2
    WARNING = 3
    ERROR = 4
    FATAL = 5


class LogLine(NamedTuple):
    """One log event; a tuple rather than a model for speed, because a page contains 10,000."""

    id: str  # CloudWatch's eventId: unique within the group
    at: int  # The event's own time, epoch milliseconds
    ingested_at: int  # Ingestion time, epoch milliseconds
    stream: str  # Log stream name, sanitized for display
    text: str  # The message as one line, sanitized for display
    late: bool = False  # Whether it became visible only after newer lines were shown


class LogGroup(Model):
    id: RawId
    name: Clean
    arn: RawId = RawId("")
    stored_bytes: int = 0
    retention_days: int | None = None
    """Days for which events are kept; None: without limit."""


LATEST = 6_000_000  # Milliseconds by which a line may be late and is expected to be shown


class LateGap(NamedTuple):
    """Times in which late lines were not looked for, and can no longer be, because their ids were dropped."""

    lateness: float  # Seconds; lines that are later than this may be missing, at 0 any line
    start: int  # Epoch milliseconds
    end: int

    def joined(self, other: "LateGap | None") -> "LateGap":
        if other is None:
            return self
        return LateGap(
            min(self.lateness, other.lateness), min(self.start, other.start), max(self.end, other.end)
        )


class TailStats(Model):
    group: Clean
    polls: int = 0
    """Number of rounds of reads."""
    lines: int = 0
    """Number of lines delivered so far."""
    late: int = 0
    """Number of late lines among them."""
    duplicates: int = 0
    """Number of events that were dropped because overlapping reads returned them again."""
    lag: float | None = None
    """Seconds between the newest event's time and the read that returned it; None: the last round read no newer event."""
    rate: float = 0.0
    """New lines a second, over the last minute."""
    pages: int = 0
    """Number of requests answered."""
    throttled: int = 0
    """Number of requests during the last minute that AWS refused because the account sent too many."""
    waiting: float = 0.0
    """Seconds for which the last round waited for the account's limit of requests."""
    newest: datetime | None = None
    read_to: int | None = None
    """Epoch ms; when the last complete round began: what was visible then has been delivered. None before the first."""
    complete_from: int | None = None
    """Epoch ms; between this and `complete_to` no line is missing that was visible within `lateness`."""
    complete_to: int | None = None
    """Epoch ms; None before the first complete read."""
    lateness: float = 0.0
    """Seconds by which a line may be late and is still shown, by rounds and sweeps."""
    incomplete_from: int | None = None
    """Epoch ms; since then lines that are later than `lateness` may be missing, because the group's rate does not allow
    to look for them. None: there is no such time."""
    late_gap: LateGap | None = None
    """Older times in which late lines may be missing for good; None: there are none."""

    @classmethod
    def merged(cls, group: str, parts: Sequence["TailStats"]) -> "TailStats":
        """Statistics of a pane that shows several groups: sums, and of each doubt the greatest."""
        lags = [part.lag for part in parts if part.lag is not None]
        newest = [part.newest for part in parts if part.newest is not None]
        starts = [part.complete_from for part in parts]
        ends = [part.complete_to for part in parts]
        reads = [part.read_to for part in parts]
        gaps = [part.incomplete_from for part in parts if part.incomplete_from is not None]
        late_gap = None
        for part in parts:
            late_gap = part.late_gap.joined(late_gap) if part.late_gap is not None else late_gap
        return cls(
            group=group,
            polls=sum(part.polls for part in parts),
            lines=sum(part.lines for part in parts),
            late=sum(part.late for part in parts),
            duplicates=sum(part.duplicates for part in parts),
            lag=max(lags, default=None),
            rate=sum(part.rate for part in parts),
            pages=sum(part.pages for part in parts),
            throttled=sum(part.throttled for part in parts),
            waiting=max((part.waiting for part in parts), default=0.0),
            newest=max(newest, default=None),
            read_to=None
            if None in reads
            else min((read for read in reads if read is not None), default=None),
            complete_from=max((start for start in starts if start is not None), default=None),
            # A group that was not read yet is complete nowhere.
            complete_to=None if None in ends else min((end for end in ends if end is not None), default=None),
            lateness=min((part.lateness for part in parts), default=0.0),
            incomplete_from=min(gaps, default=None),
            late_gap=late_gap,
        )

    def late_lines_read(self, at: int | None) -> "TailStats":
        """Statistics for a pane to which all late lines were added that were visible `at` a time (epoch ms)."""
        if at is None or (self.incomplete_from is None and self.late_gap is None):
            return self
        # What is not older than this may still become visible.
        start = at - LATEST
        gap, incomplete_from = self.late_gap, self.incomplete_from
        if gap is not None:
            gap = gap._replace(start=max(gap.start, start)) if gap.end >= start else None
        if incomplete_from is not None:
            incomplete_from = max(incomplete_from, start)
        return self.model_copy(update={"incomplete_from": incomplete_from, "late_gap": gap})

    def complete_after(self, moment: int) -> "TailStats":
        """Statistics for a pane that lacks lines up to `moment` (epoch ms)."""
        if self.complete_from is None or self.complete_from > moment:
            return self
        return self.model_copy(update={"complete_from": moment + 1})

    def complete_since(self, moment: int | None) -> "TailStats":
        """Statistics for a pane that holds the lines before the loop's as well, from `moment` (epoch ms) on."""
        if moment is None or self.complete_from is None or self.complete_from <= moment:
            return self
        return self.model_copy(update={"complete_from": moment})


class TailBatch(NamedTuple):
    lines: tuple[LogLine, ...]  # New lines, oldest first; a late one belongs between lines delivered before
    stats: TailStats
    problem: Problem | None = None  # Why the latest read failed; None after a success
    note: str = ""  # What the follower is doing, in words; "" while it simply follows


LEVEL_NAMES: dict[str, Severity] = {
    name: severity
    for severity, names in {
        Severity.FATAL: "EMERG EMERGENCY ALERT FATAL CRIT CRITICAL PANIC F",
        Severity.ERROR: "ERROR SEVERE ERR E",
        Severity.WARNING: "WARN WARNING W",
        Severity.INFO: "NOTICE INFO INFORMATION INFORMATIONAL LOG I",
        Severity.DEBUG: "DEBUG TRACE VERBOSE FINE FINER FINEST SILLY D",
    }.items()
    for name in names.split()
}
"""In upper case; LOG is PostgreSQL's ordinary message."""
LEVEL_WORDS = (
    "EMERG(?:ENCY)?", "ALERT", "FATAL", "CRIT(?:ICAL)?", "PANIC", "ERROR", "SEVERE", "ERR", "WARN(?:ING)?", "NOTICE",
    "INFO", "LOG", "DEBUG", "TRACE",
)  # fmt: skip
"""Regular expressions of the names that state a level wherever they stand as a word in capitals; the other names mean
something else in a sentence."""
LEVEL_FIELDS = ("level", "severity", "levelname", "loglevel", "log_level", "log.level", "lvl")
"""Fields of JSON events that name the level, the most usual first."""


def severity_named(name: str) -> Severity:
    text = name.strip()
    if text.isdecimal() and text.isascii():
        return severity_numbered(int(text))
    return LEVEL_NAMES.get(text.upper(), Severity.PLAIN)


def severity_numbered(level: int) -> Severity:
    if level < 10:
        return Severity.PLAIN
    return Severity(min(Severity.FATAL, max(Severity.DEBUG, level // 10 - 1)))
