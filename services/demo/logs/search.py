"""FilterLogEvents: pages in time order; some of them are empty, as on AWS."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from services.demo.errors import AwsErrorResponse, invalid_parameter
from services.demo.logs.filter_patterns import compile_pattern
from services.demo.logs.store import LogEvent, LogGroupRecord, after, between, cursor_of, walk
from services.demo.paging import decode, encode

PAGE = 10_000
PAGE_BYTES = 1_048_576
SCAN = 10_000  # Events that one request with a filter scans
EMPTY_EVERY = 5  # One in so many searches of a group begins with an empty page
_2024 = 1_704_067_200_000


@dataclass(frozen=True, slots=True)
class _Search:
    start: int
    end: int
    streams: frozenset[str] | None
    limit: int
    forward: bool
    filters: bool  # The request has a pattern or names several streams: an event may be scanned in vain


def filter_events(group: LogGroupRecord, params: dict[str, Any]) -> dict[str, Any]:
    """The result of FilterLogEvents. Raises AwsErrorResponse for invalid parameters."""
    matches = compile_pattern(params.get("filterPattern") or "").matches
    token = read_token(params["nextToken"]) if params.get("nextToken") else None
    search = _search(group, params, token)
    events = group.read(search.start)
    if search.streams is not None and len(search.streams) == 1:
        events = group.streams[next(iter(search.streams))].events
    indexes = between(events, search.start, search.end)
    if token is None:
        group.searches += 1
        if indexes and group.searches % EMPTY_EVERY == 0:
            return _answer([], [None, search.forward])
    elif token[0] is not None:
        at = after(events, tuple(token[0]), forward=search.forward)
        low, high = (at, indexes.stop) if search.forward else (indexes.start, at)
        indexes = range(max(indexes.start, low), min(indexes.stop, high))
    return _page(walk(events, indexes, forward=search.forward), search, matches)


def _page(events: Iterator[LogEvent], search: _Search, matches: Callable[[str], bool]) -> dict[str, Any]:
    page: list[LogEvent] = []
    size = 0
    last: LogEvent | None = None
    for scanned, event in enumerate(events):
        if len(page) >= search.limit or (scanned >= SCAN and search.filters):
            return _answer(page, [last and cursor_of(last), search.forward])
        if (search.streams is None or event.stream in search.streams) and matches(event.message):
            size += event.size
            if page and size > PAGE_BYTES:
                return _answer(page, [last and cursor_of(last), search.forward])
            page.append(event)
        last = event
    return _answer(page, None)


def _search(group: LogGroupRecord, params: dict[str, Any], token: list[Any] | None) -> _Search:
    limit = params.get("limit", PAGE)
    if not 1 <= limit <= PAGE:
        raise invalid_parameter(f"limit must be between 1 and {PAGE}")
    forward = token[1] if token else params.get("startFromHead", True)
    start = params.get("startTime", 0)
    if not forward and start < _2024:
        raise invalid_parameter("startFromHead=false needs a startTime on or after 2024-01-01")
    end = params.get("endTime", 1 << 60)
    if end < start:
        raise invalid_parameter("endTime must not be before startTime")
    streams = _streams(group, params)
    filters = bool(params.get("filterPattern", "").strip() or (streams and len(streams) > 1))
    return _Search(start, end, streams, limit, forward, filters)


def _streams(group: LogGroupRecord, params: dict[str, Any]) -> frozenset[str] | None:
    names, prefix = params.get("logStreamNames"), params.get("logStreamNamePrefix")
    if names and prefix:
        raise invalid_parameter("logStreamNames and logStreamNamePrefix cannot be given together")
    if names:
        for name in names:
            if name not in group.streams:
                raise AwsErrorResponse(
                    "ResourceNotFoundException", "The specified log stream does not exist."
                )
        return frozenset(names)
    if prefix:
        return frozenset(name for name in group.streams if name.startswith(prefix))
    return None


def read_token(token: str) -> list[Any]:
    """What is in a token, with or without a direction before it. Raises AwsErrorResponse."""
    try:
        return list(json.loads(decode(token.rpartition("/")[2])))
    except (AwsErrorResponse, ValueError) as error:
        raise invalid_parameter("The specified nextToken is invalid.") from error


def _answer(events: list[LogEvent], cursor: list[Any] | None) -> dict[str, Any]:
    answer: dict[str, Any] = {
        "events": [
            {
                "logStreamName": event.stream,
                "timestamp": event.at,
                "message": event.message,
                "ingestionTime": event.ingested,
                "eventId": event.id,
            }
            for event in events
        ]
    }
    if cursor is not None:
        answer["nextToken"] = encode(json.dumps(cursor))
    return answer
