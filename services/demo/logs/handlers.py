"""Handlers for log groups, streams and events, and for live tail: an update per second even if there are
none. Source: Amazon CloudWatch Logs API reference."""

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID

from services.demo.errors import AwsErrorResponse, invalid_parameter
from services.demo.logs.filter_patterns import compile_pattern
from services.demo.logs.search import PAGE, PAGE_BYTES, filter_events, read_token
from services.demo.logs.store import DemoLogStore, LogEvent, LogGroupRecord, Stream, after, between, cursor_of
from services.demo.paging import encode, evenly, page_of
from services.demo.registry import Call, WorldView, op

_DAY = 86_400_000
_PUT_EVENTS = 10_000


def now_ms(call: Call) -> int:
    """The world's time, epoch milliseconds."""
    return int(call.epoch * 1000)


def group_of(call: Call) -> LogGroupRecord:
    """The group of a request, by name or ARN. Raises AwsErrorResponse if there is none."""
    name, identifier = call.params.get("logGroupName"), call.params.get("logGroupIdentifier")
    if bool(name) == bool(identifier):
        raise invalid_parameter("Exactly one of logGroupName and logGroupIdentifier is needed")
    return group_named(call, name or identifier or "")


def group_named(call: Call, name: str) -> LogGroupRecord:
    """A group by its name or ARN. Raises AwsErrorResponse if there is none."""
    if name.startswith("arn:"):
        if name.endswith("*"):
            raise invalid_parameter(f"{name} does not satisfy the pattern [\\w#+=/:,.@-]*")
        name = name.split(":log-group:", 1)[-1]
    group = call.component(DemoLogStore).groups.get((call.region, name))
    if group is None:
        raise AwsErrorResponse("ResourceNotFoundException", "The specified log group does not exist.")
    return group


def _stream_of(call: Call, group: LogGroupRecord) -> Stream:
    stream = group.streams.get(call.params["logStreamName"])
    if stream is None:
        raise AwsErrorResponse("ResourceNotFoundException", "The specified log stream does not exist.")
    return stream


@op("logs", "CreateLogGroup")
def create_log_group(call: Call) -> dict[str, Any]:
    name = call.params["logGroupName"]
    if (call.region, name) in call.component(DemoLogStore).groups:
        raise AwsErrorResponse("ResourceAlreadyExistsException", "The specified log group already exists")
    call.component(DemoLogStore).create_group(name, now_ms(call), call.region)
    return {}


@op("logs", "DeleteLogGroup")
def delete_log_group(call: Call) -> dict[str, Any]:
    group = group_of(call)
    del call.component(DemoLogStore).groups[call.region, group.name]
    return {}


@op("logs", "PutRetentionPolicy")
def put_retention_policy(call: Call) -> dict[str, Any]:
    """Set the retention: older events are refused; the store bounds those it has by number, not by age."""
    group_of(call).retention = call.params["retentionInDays"]
    return {}


@op("logs", "CreateLogStream")
def create_log_stream(call: Call) -> dict[str, Any]:
    group, name = group_of(call), call.params["logStreamName"]
    if name in group.streams:
        raise AwsErrorResponse("ResourceAlreadyExistsException", "The specified log stream already exists")
    call.component(DemoLogStore).create_stream(group, name, now_ms(call))
    return {}


@op("logs", "PutLogEvents")
def put_log_events(call: Call) -> dict[str, Any]:
    """Store events; those that are too old or too far ahead are rejected, by their index."""
    group = group_of(call)
    stream = _stream_of(call, group)
    events, now = call.params["logEvents"], now_ms(call)
    times = [event["timestamp"] for event in events]
    if any(second < first for first, second in pairwise(times)):
        raise invalid_parameter("Log events in a single PutLogEvents request must be in chronological order.")
    if (
        len(events) > _PUT_EVENTS
        or sum(len(event["message"].encode("utf-8", "surrogatepass")) + 26 for event in events) > PAGE_BYTES
    ):
        raise invalid_parameter("Upload too large")
    old = sum(at < now - 14 * _DAY for at in times)
    new = sum(at <= now + 7_200_000 for at in times)
    expired = sum(at < now - group.retention * _DAY for at in times) if group.retention else 0
    rejected = {"tooOldLogEventEndIndex": old} if old else {}
    if expired > old:
        rejected["expiredLogEventEndIndex"] = expired
    if new < len(events):
        rejected["tooNewLogEventStartIndex"] = new
    rows = [(event["timestamp"], event["message"]) for event in events[max(old, expired) : new]]
    call.component(DemoLogStore).put(group, stream.name, rows, now)
    return {"nextSequenceToken": "toban"} | ({"rejectedLogEventsInfo": rejected} if rejected else {})


@op("logs", "FilterLogEvents")
def filter_log_events(call: Call) -> dict[str, Any]:
    return filter_events(group_of(call), call.params)


@op("logs", "GetLogEvents")
def get_log_events(call: Call) -> dict[str, Any]:
    """Events of one stream, the newest page first unless startFromHead; endTime is exclusive."""
    params = call.params
    group = group_of(call)
    stream = _stream_of(call, group)
    group.read(params.get("startTime", 0))
    events = stream.events
    window = between(events, params.get("startTime", 0), params.get("endTime", 1 << 60) - 1)
    forward = params.get("startFromHead", False)
    low, high = window.start, window.stop
    if params.get("nextToken"):
        direction, *cursor = read_token(params["nextToken"])
        forward = direction == "f"
        at = after(events, (cursor[0], cursor[1], cursor[2]), forward=forward)
        low, high = (max(low, at), high) if forward else (low, min(high, at))
    rows = events[low:high]
    rows = _fit(rows, params.get("limit", PAGE), forward=forward)
    shown = [
        {"timestamp": event.at, "message": event.message, "ingestionTime": event.ingested} for event in rows
    ]
    return {"events": shown} | _tokens(rows, params)


def _fit(rows: list[LogEvent], limit: int, *, forward: bool) -> list[LogEvent]:
    page: list[LogEvent] = []
    size = 0
    for event in rows if forward else reversed(rows):
        size += event.size
        if len(page) >= limit or (page and size > PAGE_BYTES):
            break
        page.append(event)
    return page if forward else page[::-1]


def _tokens(rows: list[LogEvent], params: dict[str, Any]) -> dict[str, str]:
    if not rows:
        # At either end AWS returns the token of the request.
        token = params.get("nextToken") or "f/" + encode(json.dumps(["f", 0, 0, 0]))
        return {"nextForwardToken": token, "nextBackwardToken": token}
    return {
        "nextForwardToken": "f/" + encode(json.dumps(["f", *cursor_of(rows[-1])])),
        "nextBackwardToken": "b/" + encode(json.dumps(["b", *cursor_of(rows[0])])),
    }


@op("logs", "DescribeLogGroups")
def describe_log_groups(call: Call) -> dict[str, Any]:
    params = call.params
    matches = _group_filter(params)
    groups = [
        group
        for (region, name), group in sorted(call.component(DemoLogStore).groups.items())
        if region == call.region and matches(name)
    ]
    page, more = page_of(groups, lambda group: group.name, params, params.get("limit", 50), "nextToken")
    return {"logGroups": [_describe_group(group) for group in page]} | more


def _group_filter(params: dict[str, Any]) -> Callable[[str], bool]:
    prefix, pattern = params.get("logGroupNamePrefix"), params.get("logGroupNamePattern")
    identifiers = params.get("logGroupIdentifiers")
    if prefix and pattern:
        raise invalid_parameter("logGroupNamePrefix and logGroupNamePattern cannot be given together")
    names = {name.split(":log-group:", 1)[-1] for name in identifiers or ()}
    return lambda name: (
        name.startswith(prefix or "")
        and (pattern or "").lower() in name.lower()
        and (not names or name in names)
    )


def _describe_group(group: LogGroupRecord) -> dict[str, Any]:
    row: dict[str, Any] = {
        "logGroupName": group.name,
        "creationTime": group.created,
        "arn": f"{group.arn}:*",
        "logGroupArn": group.arn,
        "storedBytes": group.bytes,
    }
    return row | ({"retentionInDays": group.retention} if group.retention else {})


@op("logs", "DescribeLogStreams")
def describe_log_streams(call: Call) -> dict[str, Any]:
    params = call.params
    group = group_of(call)
    by_time = params.get("orderBy") == "LastEventTime"
    if by_time and params.get("logStreamNamePrefix"):
        raise invalid_parameter("Cannot order by LastEventTime with a logStreamNamePrefix.")
    prefix = params.get("logStreamNamePrefix") or ""
    streams = [stream for name, stream in group.streams.items() if name.startswith(prefix)]
    streams.sort(key=lambda stream: (stream.last or 0, stream.name) if by_time else (0, stream.name))
    if params.get("descending"):
        streams.reverse()
    start = int(read_token(params["nextToken"])[0]) if params.get("nextToken") else 0
    stop = start + params.get("limit", 50)
    more = {"nextToken": encode(json.dumps([stop]))} if stop < len(streams) else {}
    return {"logStreams": [_describe_stream(group, stream) for stream in streams[start:stop]]} | more


def _describe_stream(group: LogGroupRecord, stream: Stream) -> dict[str, Any]:
    row: dict[str, Any] = {
        "logStreamName": stream.name,
        "creationTime": stream.created,
        "arn": f"{group.arn}:log-stream:{stream.name}",
        "storedBytes": 0,
        "uploadSequenceToken": "toban",
    }
    if stream.last is not None:
        row |= {
            "firstEventTimestamp": stream.first,
            "lastEventTimestamp": stream.last,
            "lastIngestionTime": stream.ingested,
        }
    return row


LIVE_UPDATE = 1.0  # Seconds of this machine's time between updates
LIVE_MOST = 500  # Events in an update at most; of more, AWS sends a sample
LIVE_LASTS = timedelta(hours=3)  # Time of the world after which a session ends


@op("logs", "StartLiveTail")
def start_live_tail(call: Call) -> dict[str, Any]:
    identifiers = call.params["logGroupIdentifiers"]
    if any(not name.startswith("arn:") or name.endswith(":*") for name in identifiers):
        raise invalid_parameter("logGroupIdentifiers must be ARNs without a trailing :*")
    groups = [group_named(call, name) for name in identifiers]
    names = call.params.get("logStreamNames") or []
    prefixes = call.params.get("logStreamNamePrefixes") or []
    if (names or prefixes) and len(groups) != 1:
        raise invalid_parameter("Log streams can be chosen in one log group only")
    pattern = call.params.get("logEventFilterPattern") or ""
    matches = compile_pattern(pattern).matches
    start = {
        "requestId": str(UUID(int=len(groups), version=4)),
        "sessionId": str(UUID(int=call.component(DemoLogStore).newest + 1, version=4)),
        "logGroupIdentifiers": identifiers,
        "logEventFilterPattern": pattern,
        **{
            key: call.params[key]
            for key in ("logStreamNames", "logStreamNamePrefixes")
            if call.params.get(key)
        },
    }

    def matches_event(event: LogEvent) -> bool:
        of_stream = (
            not (names or prefixes) or event.stream in names or event.stream.startswith(tuple(prefixes))
        )
        return of_stream and matches(event.message)

    return {"responseStream": _updates(call.world, groups, matches_event, start)}


def _updates(
    world: WorldView, groups: list[LogGroupRecord], matches: Callable[[LogEvent], bool], start: dict[str, Any]
) -> Iterator[dict[str, Any]]:
    store = world.component(DemoLogStore)
    sent, began = store.newest, world.run.now
    yield {"sessionStart": start}
    while not world.ended.wait(LIVE_UPDATE):
        with world.lock:
            world.tick()
            events = [(group, event) for group in groups for event in group.since(sent) if matches(event)]
            sent = store.newest
        if world.run.now - began >= LIVE_LASTS:
            yield {"SessionTimeoutException": {"message": "The session has timed out."}}
            return
        rows = [
            {
                "logStreamName": event.stream,
                "logGroupIdentifier": group.arn,
                "message": event.message,
                "timestamp": event.at,
                "ingestionTime": event.ingested,
            }
            for group, event in evenly(events, LIVE_MOST)
        ]
        sampled = {"sampled": len(events) > LIVE_MOST}
        yield {"sessionUpdate": {"sessionMetadata": sampled, "sessionResults": rows}}
