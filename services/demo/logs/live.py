"""Source: StartLiveTail (Amazon CloudWatch Logs API reference)."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

from services.demo.errors import invalid_parameter
from services.demo.logs.filter_patterns import compile_pattern
from services.demo.logs.handlers import group_named
from services.demo.logs.store import Event, Group, LogStore
from services.demo.paging import evenly
from services.demo.registry import Call, WorldView, op

UPDATE = 1.0
"""Seconds of this machine's time between updates."""
MOST = 500
"""Events in an update at most; of more, AWS sends a sample."""
LASTS = timedelta(hours=3)
"""Time of the world after which a session ends."""


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
        "sessionId": str(UUID(int=call.component(LogStore).newest + 1, version=4)),
        "logGroupIdentifiers": identifiers,
        "logEventFilterPattern": pattern,
        **{
            key: call.params[key]
            for key in ("logStreamNames", "logStreamNamePrefixes")
            if call.params.get(key)
        },
    }

    def matches_event(event: Event) -> bool:
        of_stream = (
            not (names or prefixes) or event.stream in names or event.stream.startswith(tuple(prefixes))
        )
        return of_stream and matches(event.message)

    return {"responseStream": _updates(call.world, groups, matches_event, start)}


def _updates(
    world: WorldView, groups: list[Group], matches: Callable[[Event], bool], start: dict[str, Any]
) -> Iterator[dict[str, Any]]:
    store = world.component(LogStore)
    sent, began = store.newest, world.run.now
    yield {"sessionStart": start}
    while not world.ended.wait(UPDATE):
        with world.lock:
            world.tick()
            events = [(group, event) for group in groups for event in group.since(sent) if matches(event)]
            sent = store.newest
        if world.run.now - began >= LASTS:
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
            for group, event in evenly(events, MOST)
        ]
        sampled = {"sampled": len(events) > MOST}
        yield {"sessionUpdate": {"sessionMetadata": sampled, "sessionResults": rows}}
