"""CloudWatch Logs handlers.

Source: Amazon CloudWatch Logs API reference.
"""

import json
from collections.abc import Callable
from itertools import pairwise
from typing import Any

from services.demo.cloudwatch.paging import decode, encode, page_of
from services.demo.logs.search import PAGE, PAGE_BYTES, filter_events
from services.demo.logs.store import Event, Group, Stream, after, between, cursor_of
from services.demo.registry import Call, Fault, op

_DAY = 86_400_000
_PUT_BYTES = 1_048_576
_PUT_EVENTS = 10_000


def now_ms(call: Call) -> int:
    """The world's time, epoch milliseconds."""
    return int(call.world.clock.now().timestamp() * 1000)


def group_of(call: Call) -> Group:
    """The group that a request names, by name or by ARN. Raises Fault."""
    name, identifier = call.params.get("logGroupName"), call.params.get("logGroupIdentifier")
    if bool(name) == bool(identifier):
        raise Fault(
            "InvalidParameterException", "Exactly one of logGroupName and logGroupIdentifier is needed"
        )
    return group_named(call, name or identifier or "")


def group_named(call: Call, name: str) -> Group:
    """A group by its name or ARN. Raises Fault."""
    if name.startswith("arn:"):
        name = name.split(":log-group:", 1)[-1].removesuffix(":*")
    group = call.world.logs.groups.get((call.region, name))
    if group is None:
        raise Fault("ResourceNotFoundException", "The specified log group does not exist.")
    return group


def _stream_of(call: Call, group: Group) -> Stream:
    stream = group.streams.get(call.params["logStreamName"])
    if stream is None:
        raise Fault("ResourceNotFoundException", "The specified log stream does not exist.")
    return stream


@op("logs", "CreateLogGroup")
def create_log_group(call: Call) -> dict[str, Any]:
    """A new group."""
    name = call.params["logGroupName"]
    if (call.region, name) in call.world.logs.groups:
        raise Fault("ResourceAlreadyExistsException", "The specified log group already exists")
    call.world.logs.create_group(name, now_ms(call), call.region)
    return {}


@op("logs", "DeleteLogGroup")
def delete_log_group(call: Call) -> dict[str, Any]:
    """Remove a group and its events."""
    group = group_of(call)
    del call.world.logs.groups[call.region, group.name]
    return {}


@op("logs", "PutRetentionPolicy")
def put_retention_policy(call: Call) -> dict[str, Any]:
    """Only remembered: the store keeps the newest events, however old they are."""
    group_of(call).retention = call.params["retentionInDays"]
    return {}


@op("logs", "CreateLogStream")
def create_log_stream(call: Call) -> dict[str, Any]:
    """A new stream."""
    group, name = group_of(call), call.params["logStreamName"]
    if name in group.streams:
        raise Fault("ResourceAlreadyExistsException", "The specified log stream already exists")
    call.world.logs.create_stream(group, name, now_ms(call))
    return {}


@op("logs", "PutLogEvents")
def put_log_events(call: Call) -> dict[str, Any]:
    """Take events; those too old or too far ahead are rejected by their place, the rest is kept."""
    group = group_of(call)
    stream = _stream_of(call, group)
    events, now = call.params["logEvents"], now_ms(call)
    times = [event["timestamp"] for event in events]
    if any(second < first for first, second in pairwise(times)):
        raise Fault(
            "InvalidParameterException",
            "Log events in a single PutLogEvents request must be in chronological order.",
        )
    if (
        len(events) > _PUT_EVENTS
        or sum(len(event["message"].encode("utf-8", "surrogatepass")) + 26 for event in events) > _PUT_BYTES
    ):
        raise Fault("InvalidParameterException", "Upload too large")
    old = sum(at < now - 14 * _DAY for at in times)
    new = sum(at <= now + 7_200_000 for at in times)
    rows = [(event["timestamp"], event["message"]) for event in events[old:new]]
    call.world.logs.put(group, stream.name, rows, now)
    rejected = {"tooOldLogEventEndIndex": old} if old else {}
    if new < len(events):
        rejected["tooNewLogEventStartIndex"] = new
    return {"nextSequenceToken": "toban"} | ({"rejectedLogEventsInfo": rejected} if rejected else {})


@op("logs", "FilterLogEvents")
def filter_log_events(call: Call) -> dict[str, Any]:
    """Events of a group, in time order across its streams."""
    return filter_events(group_of(call), call.params)


@op("logs", "GetLogEvents")
def get_log_events(call: Call) -> dict[str, Any]:
    """Events of one stream, the newest page first unless startFromHead; endTime is exclusive."""
    params = call.params
    group = group_of(call)
    stream = _stream_of(call, group)
    events = [event for event in group.events if event.stream == stream.name]
    window = between(events, params.get("startTime", 0), params.get("endTime", 1 << 60) - 1)
    forward = params.get("startFromHead", False)
    low, high = window.start, window.stop
    if params.get("nextToken"):
        direction, *cursor = _read_token(params["nextToken"])
        forward = direction == "f"
        at = after(events, (cursor[0], cursor[1], cursor[2]), forward=forward)
        low, high = (max(low, at), high) if forward else (low, min(high, at))
    rows = events[low:high]
    rows = _fit(rows, params.get("limit", PAGE), forward=forward)
    return {"events": [_row(event) for event in rows]} | _tokens(rows, params)


def _read_token(token: str) -> list[Any]:
    try:
        return list(json.loads(decode(token.split("/", 1)[-1])))
    except (Fault, ValueError) as error:
        raise Fault("InvalidParameterException", "The specified nextToken is invalid.") from error


def _fit(rows: list[Event], limit: int, *, forward: bool) -> list[Event]:
    taken: list[Event] = []
    size = 0
    for event in rows if forward else reversed(rows):
        size += len(event.message) + 26
        if len(taken) >= limit or (taken and size > PAGE_BYTES):
            break
        taken.append(event)
    return taken if forward else taken[::-1]


def _tokens(rows: list[Event], params: dict[str, Any]) -> dict[str, str]:
    if not rows:
        # At either end AWS gives back the token it was asked with.
        given = params.get("nextToken") or "f/" + encode(json.dumps(["f", 0, 0, 0]))
        return {"nextForwardToken": given, "nextBackwardToken": given}
    return {
        "nextForwardToken": "f/" + encode(json.dumps(["f", *cursor_of(rows[-1])])),
        "nextBackwardToken": "b/" + encode(json.dumps(["b", *cursor_of(rows[0])])),
    }


def _row(event: Event) -> dict[str, Any]:
    return {"timestamp": event.at, "message": event.message, "ingestionTime": event.ingested}


@op("logs", "DescribeLogGroups")
def describe_log_groups(call: Call) -> dict[str, Any]:
    """Groups by name, 50 a page."""
    params = call.params
    wanted = _group_filter(params)
    found = [
        group
        for (region, name), group in sorted(call.world.logs.groups.items())
        if region == call.region and wanted(name)
    ]
    page, more = page_of(found, lambda group: group.name, params.get("nextToken"), params.get("limit", 50))
    return {"logGroups": [_describe_group(group) for group in page]} | _lower(more)


def _group_filter(params: dict[str, Any]) -> Callable[[str], bool]:
    prefix, pattern = params.get("logGroupNamePrefix"), params.get("logGroupNamePattern")
    identifiers = params.get("logGroupIdentifiers")
    if prefix and pattern:
        raise Fault(
            "InvalidParameterException", "logGroupNamePrefix and logGroupNamePattern cannot be given together"
        )
    names = {name.split(":log-group:", 1)[-1] for name in identifiers or ()}
    return lambda name: (
        name.startswith(prefix or "")
        and (pattern or "").lower() in name.lower()
        and (not names or name in names)
    )


def _lower(more: dict[str, str]) -> dict[str, str]:
    return {"nextToken": more["NextToken"]} if more else {}


def _describe_group(group: Group) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "logGroupName": group.name,
        "creationTime": group.created,
        "metricFilterCount": 0,
        "arn": f"{group.arn}:*",
        "logGroupArn": group.arn,
        "storedBytes": group.bytes,
        "logGroupClass": "STANDARD",
    }
    return shown | ({"retentionInDays": group.retention} if group.retention else {})


@op("logs", "DescribeLogStreams")
def describe_log_streams(call: Call) -> dict[str, Any]:
    """Streams of a group, by name or by their newest event."""
    params = call.params
    group = group_of(call)
    by_time = params.get("orderBy") == "LastEventTime"
    if by_time and params.get("logStreamNamePrefix"):
        raise Fault("InvalidParameterException", "Cannot order by LastEventTime with a logStreamNamePrefix.")
    prefix = params.get("logStreamNamePrefix") or ""
    streams = [stream for name, stream in group.streams.items() if name.startswith(prefix)]
    streams.sort(key=lambda stream: (stream.last or 0, stream.name) if by_time else (0, stream.name))
    if params.get("descending"):
        streams.reverse()
    start = int(_read_token(params["nextToken"])[0]) if params.get("nextToken") else 0
    stop = start + params.get("limit", 50)
    more = {"nextToken": encode(json.dumps([stop]))} if stop < len(streams) else {}
    return {"logStreams": [_describe_stream(group, stream) for stream in streams[start:stop]]} | more


def _describe_stream(group: Group, stream: Stream) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "logStreamName": stream.name,
        "creationTime": stream.created,
        "arn": f"{group.arn}:log-stream:{stream.name}",
        "storedBytes": 0,
        "uploadSequenceToken": "toban",
    }
    if stream.last is not None:
        shown |= {
            "firstEventTimestamp": stream.first,
            "lastEventTimestamp": stream.last,
            "lastIngestionTime": stream.ingested,
        }
    return shown
