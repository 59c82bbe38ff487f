"""Asks Logs Insights for lines that arrived late, where sweeps cannot look for them.

Only Logs Insights knows the time of ingestion in a query; it charges the bytes that it scans. Source: "Supported logs
and discovered fields" (CloudWatch Logs User Guide).
"""

from datetime import UTC, datetime, timedelta

from services.models.base import RawId
from services.models.insights_queries import InsightsQuery, QueryRows
from services.models.logs import LogLine
from services.models.metrics import TimeSpan
from services.models.query_cells import milliseconds_of

MOST_ROWS = 10_000
"""Late lines that one query returns at most."""


def late_lines_query(group: str, lateness: float, start: int, now: datetime) -> InsightsQuery:
    """The query for lines from `start` (epoch milliseconds) until `now` that are later than `lateness` (seconds)."""
    text = "\n| ".join(
        (
            "fields @timestamp, @ingestionTime, @message, @logStream",
            f"filter @ingestionTime - @timestamp > {round(lateness * 1000)}",
            "sort @timestamp asc",
            f"limit {MOST_ROWS}",
        )
    )
    first = datetime.fromtimestamp(start // 1000, UTC)
    span = TimeSpan(start=min(first, now - timedelta(seconds=1)), end=now)
    return InsightsQuery(text=text, groups=(RawId(group),), span=span)


def late_lines_of(rows: QueryRows) -> list[LogLine]:
    """The rows as lines without an event id, marked late; rows without a time are passed over."""
    places = [rows.column(name) for name in ("@timestamp", "@ingestionTime", "@message", "@logStream")]
    lines: list[LogLine] = []
    for row in rows.rows:
        at_text, ingested_text, text, stream = (None if place is None else row[place] for place in places)
        at = _epoch_ms(at_text)
        if at is not None:
            ingested_at = _epoch_ms(ingested_text) or at
            lines.append(LogLine("", at, ingested_at, stream or "", text or "", late=True))
    return lines


def _epoch_ms(text: str | None) -> int | None:
    """`2026-01-05 00:12:33.123` in UTC, or epoch milliseconds, which AWS returns for `@ingestionTime`."""
    return int(text) if text and text.isdecimal() and text.isascii() else milliseconds_of(text)
