"""Source: DescribeLogGroups, FilterLogEvents (Amazon CloudWatch Logs API reference)."""

from collections.abc import Iterable, Sequence
from time import perf_counter
from typing import Any

from services.aws.client.reader import Answer, Reader, rows
from services.aws.logs.group_names import group_parameter
from services.background.turns import next_turn
from services.models.base import RawId
from services.models.logs import LogGroup, LogLine
from services.models.text import LINE_LIMIT, clean, clean_line

PAGE = 10_000  # FilterLogEvents' limit on events per page
_SLICE, _SLICES = 64, 8
"""Events made into lines between two looks at the clock, and how often that goes on at most before others get their turn:
500 lines of ASCII take 1 ms."""
_TURN = 0.004
"""Seconds after which others get their turn at once: foreign scripts take a hundred times as long."""
_LATEST = 253_402_214_400_000  # Epoch milliseconds up to which a time has a date; no event is dated later
GROUPS = 1_000  # Maximum number of log groups read; a longer list needs a prefix


class Logs:
    def __init__(self, session: Reader) -> None:
        self._session = session

    async def groups(self, prefix: str = "") -> tuple[LogGroup, ...]:
        """Log groups whose names start with `prefix`, by name; at most GROUPS. Raises AwsError."""
        params: dict[str, Any] = {"logGroupNamePrefix": prefix} if prefix else {}
        groups: list[LogGroup] = []
        async for page in self._session.pages("logs", "DescribeLogGroups", required=("logGroups",), **params):
            groups += [_group(row) for row in rows(page, "logGroups")]
            if len(groups) >= GROUPS:
                break
        return tuple(sorted(groups[:GROUPS], key=lambda group: group.id))

    async def page(
        self,
        group: str,
        start_ms: int,
        end_ms: int | None = None,
        pattern: str = "",
        token: str | None = None,
        limit: int = PAGE,
        streams: tuple[str, ...] = (),
        *,
        longest: int = LINE_LIMIT,
    ) -> tuple[tuple[LogLine, ...], str | None]:
        """One page of a group's events in `[start_ms, end_ms]` (epoch milliseconds), and the next token. A
        page may be empty and still have a token; None means the last page. `group` is a name or an ARN;
        `pattern` is a CloudWatch filter pattern; `streams` are the only ones read, at most 100; `longest`:
        characters of a line at most. Raises AwsError (NotFound: no such group; Invalid: a bad pattern)."""
        params: dict[str, Any] = {"startTime": max(0, start_ms), "limit": limit, **group_parameter(group)}
        if end_ms is not None:
            params["endTime"] = max(0, end_ms)
        if pattern:
            params["filterPattern"] = pattern
        if streams:
            params["logStreamNames"] = list(streams)
        if token:
            params["nextToken"] = token
        answer = await self._session.read("logs", "FilterLogEvents", required=("events",), **params)
        return await _lines_in_slices(answer["events"], longest), answer.get("nextToken") or None

    async def sample(
        self, group: str, pattern: str, start_ms: int, end_ms: int, limit: int = PAGE
    ) -> tuple[tuple[LogLine, ...], bool]:
        """The first events of `[start_ms, end_ms]` that match, at most `limit`, and whether they are all.
        Reads as many pages as the session allows: CloudWatch searches a busy group in several. Raises
        AwsError."""
        lines: list[LogLine] = []
        pages = self._session.pages(
            "logs",
            "FilterLogEvents",
            required=("events",),
            **group_parameter(group),
            filterPattern=pattern,
            startTime=max(0, start_ms),
            endTime=max(0, end_ms),
            limit=min(limit, PAGE),
        )
        is_whole = False
        async for page in pages:
            lines += log_lines(page["events"])
            is_whole = not page.get("nextToken")
            if len(lines) >= limit:
                break
        return tuple(sorted(lines, key=lambda line: (line.at, line.id))[:limit]), is_whole and len(
            lines
        ) <= limit


def log_lines(events: Iterable[Answer], longest: int = LINE_LIMIT) -> tuple[LogLine, ...]:
    """Events as cleaned single lines: a line feed inside becomes a visible ␊, JSON stays text."""
    streams: dict[str, str] = {}
    lines: list[LogLine] = []
    for event in events:
        stream = event.get("logStreamName") or ""
        if stream not in streams:
            streams[stream] = clean(stream)
        text = event.get("message")
        if not isinstance(text, str):
            text = clean(text, longest)
        at = min(int(event.get("timestamp") or 0), _LATEST)
        text = clean_line(text, longest)
        ingested_at = min(int(event.get("ingestionTime") or at), _LATEST)
        lines.append(
            LogLine(event.get("eventId") or f"{at}:{stream}:{text}", at, ingested_at, streams[stream], text)
        )
    return tuple(lines)


async def _lines_in_slices(events: Sequence[Answer], longest: int) -> tuple[LogLine, ...]:
    """`log_lines` of a page, which may be 1 MB, without keeping the event loop for longer than a frame."""
    lines: list[LogLine] = []
    due = perf_counter() + _TURN
    for number, start in enumerate(range(0, len(events), _SLICE), start=1):
        lines += log_lines(events[start : start + _SLICE], longest)
        if perf_counter() > due or number % _SLICES == 0:
            await next_turn()
            due = perf_counter() + _TURN
    return tuple(lines)


def _group(row: Answer) -> LogGroup:
    name = str(row.get("logGroupName") or "")
    return LogGroup(
        id=RawId(name),
        name=name,
        arn=RawId(row.get("logGroupArn") or str(row.get("arn") or "").removesuffix(":*")),
        stored_bytes=int(row.get("storedBytes") or 0),
        retention_days=row.get("retentionInDays"),
    )
