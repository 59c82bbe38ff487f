from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from services.aws.client.reader import when
from services.aws.logs.query_text import field as field_name
from services.models.insights_queries import QueryRows
from services.models.logs import LEVEL_FIELDS, LEVEL_WORDS, Severity, severity_named
from services.models.metrics import TimeSpan

LEAST_SHARE = 50  # Percentage of events that must have a field for its values to be counted
WIDTHS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400)
"""Lengths of a bar, in seconds."""
_BIN, _COUNT, _LEVEL = "at", "n", "word"


@dataclass(frozen=True, slots=True)
class LevelBar:
    at: datetime  # Start of the bar (UTC)
    counts: Mapping[Severity, int] = field(default_factory=dict)  # Events by level; PLAIN has no level

    @property
    def total(self) -> int:
        return sum(self.counts.values())


@dataclass(frozen=True, slots=True)
class LevelHistogram:
    """The bars of a range, oldest first; a bar without events is absent."""

    width: timedelta
    bars: tuple[LevelBar, ...]
    complete: bool  # Whether the query has completed; else the counts are partial


def width_of(span: TimeSpan, most: int = 120) -> timedelta:
    seconds = max(1.0, (span.end - span.start).total_seconds())
    return timedelta(seconds=next((width for width in WIDTHS if seconds / width <= most), WIDTHS[-1]))


def level_field(shares: Mapping[str, int]) -> str:
    """The field with the level, from the percentage of events that have each field; "" if there is none."""
    return next((name for name in LEVEL_FIELDS if shares.get(name, 0) >= LEAST_SHARE), "")


def query_text(width: timedelta, level: str = "") -> str:
    """`level` is the field with the level; "": the first level word of the message is taken."""
    words = "" if level else rf"parse @message /\b(?<{_LEVEL}>{'|'.join(LEVEL_WORDS)})\b/" + "\n| "
    word = field_name(level) if level else _LEVEL
    length = _length(int(width.total_seconds()))
    return f"{words}stats count(*) as {_COUNT} by bin({length}) as {_BIN}, {word}\n| limit 10000"


def _length(seconds: int) -> str:
    for unit, size in (("d", 86400), ("h", 3600), ("m", 60)):
        if seconds % size == 0:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"


def histogram_of(rows: QueryRows, width: timedelta, *, complete: bool) -> LevelHistogram:
    at_place = next((place for place, name in enumerate(rows.columns) if name == _BIN), None)
    if at_place is None:
        at_place = next((i for i, name in enumerate(rows.columns) if name.startswith("bin(")), None)
    count_place = rows.column(_COUNT)
    counts: dict[datetime, dict[Severity, int]] = {}
    if at_place is not None and count_place is not None:
        levels = [i for i in range(len(rows.columns)) if i not in (at_place, count_place)]
        for row in rows.rows:
            at, count = when(row[at_place]), whole(row[count_place])
            if at is None or not count:
                continue
            word = next((row[place] for place in levels if row[place]), None)
            by_level = counts.setdefault(at, {})
            severity = severity_named(word or "")
            by_level[severity] = by_level.get(severity, 0) + count
    return LevelHistogram(width, tuple(LevelBar(at, counts[at]) for at in sorted(counts)), complete)


def whole(text: str | None) -> int:
    """The integer part of a number as Insights writes it (`12`, `12.0`); 0 for anything else."""
    try:
        return int(float(text or 0))
    except (ValueError, OverflowError):
        return 0
