"""Asks Logs Insights for lines that arrived late, where sweeps cannot look for them. Only Logs Insights knows
the time of ingestion in a query; it charges the bytes that it scans. Source: "Supported logs and discovered
fields" (CloudWatch Logs User Guide)."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Protocol

from services.clock import Clock
from services.logs.filter_patterns.trial import LONGEST, MOST
from services.models.base import RawId
from services.models.filter_patterns import PatternError, Terms, parse
from services.models.insights_queries import InsightsQuery, QueryRows
from services.models.logs import LogLine
from services.models.metrics import TimeSpan
from services.models.query_cells import milliseconds_of

MOST_ROWS = 10_000  # Late lines that one query returns at most
MOST_TRIED = 1_000  # Late lines that a filter pattern is tried on at most
_PAUSE = 0.25  # Seconds between two trials: AWS allows five requests a second


class FindsMatches(Protocol):
    async def matching(self, pattern: str, messages: Sequence[str]) -> frozenset[str]:
        """Those of the messages that match. Raises AwsError."""
        ...


def late_lines_query(
    group: str, lateness: float, start: int, now: datetime, pattern: str = ""
) -> InsightsQuery:
    """The query for lines from `start` (epoch milliseconds) until `now` that are later than `lateness`
    (seconds). Logs Insights has another language than filter patterns: with `pattern` the query returns all
    lines that match, and maybe more; `only_matching` drops the others."""
    text = "\n| ".join(
        (
            "fields @timestamp, @ingestionTime, @message, @logStream",
            f"filter @ingestionTime - @timestamp > {round(lateness * 1000)}",
            *(f"filter {condition}" for condition in _necessary(pattern)),
            "sort @timestamp asc",
            f"limit {MOST_ROWS}",
        )
    )
    first = datetime.fromtimestamp(start // 1000, UTC)
    span = TimeSpan(start=min(first, now - timedelta(seconds=1)), end=now)
    return InsightsQuery(text=text, groups=(RawId(group),), span=span)


def late_lines_of(rows: QueryRows) -> list[LogLine]:
    places = [rows.column(name) for name in ("@timestamp", "@ingestionTime", "@message", "@logStream")]
    lines: list[LogLine] = []
    for row in rows.rows:
        at_text, ingested_text, text, stream = (None if place is None else row[place] for place in places)
        at = _epoch_ms(at_text)
        if at is not None:
            ingested_at = _epoch_ms(ingested_text) or at
            lines.append(LogLine("", at, ingested_at, stream or "", text or "", late=True))
    return lines


async def only_matching(
    filters: FindsMatches, pattern: str, lines: Sequence[LogLine], clock: Clock
) -> list[LogLine]:
    """Those of the first MOST_TRIED lines that match a filter pattern, by CloudWatch Logs itself. Raises AwsError."""
    matching: list[LogLine] = []
    for number, some in enumerate(_portions([line for line in lines[:MOST_TRIED] if line.text])):
        if number:
            await clock.sleep(_PAUSE)
        texts = await filters.matching(pattern, [line.text for line in some])
        matching += [line for line in some if line.text in texts]
    return matching


def _portions(lines: Sequence[LogLine]) -> Iterator[list[LogLine]]:
    portion: list[LogLine] = []
    size = 0
    for line in lines:
        size += len(line.text)
        if portion and (len(portion) == MOST or size > LONGEST):
            yield portion
            portion, size = [], len(line.text)
        portion.append(line)
    if portion:
        yield portion


def _necessary(pattern: str) -> list[str]:
    """Conditions that every line meets which the pattern matches; () where the two languages differ."""
    try:
        parsed = parse(pattern)
    except PatternError:
        return []
    if not isinstance(parsed, Terms):
        return []
    plain = {
        term.value.text: term.sign
        for term in parsed.terms
        if term.value.kind != "regex" and not {'"', "\\"} & set(term.value.text)
    }
    required = [_contains(text) for text, sign in plain.items() if sign == ""]
    if required or len(plain) < len(parsed.terms) or set(plain.values()) != {"?"}:
        return required
    return [" or ".join(_contains(text) for text in plain)]


def _contains(text: str) -> str:
    return f'@message like "{text}"'


def _epoch_ms(text: str | None) -> int | None:
    """`2026-01-05 00:12:33.123` in UTC, or epoch milliseconds, which AWS returns for `@ingestionTime`."""
    return int(text) if text and text.isdecimal() and text.isascii() else milliseconds_of(text)
