"""StartLiveTail: what arrives from now on, an update a second, also when there is nothing.

Source: StartLiveTail (Amazon CloudWatch Logs API reference).
"""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any
from uuid import UUID

from services.demo.logs.filter_patterns.language import PatternError, compile_pattern
from services.demo.logs.handlers import group_named
from services.demo.logs.store import Event, Group
from services.demo.registry import Call, Fault, op

if TYPE_CHECKING:
    from services.demo.world import World

UPDATE = 1.0
"""Seconds of this machine's time between updates."""
MOST = 500
"""Events that an update may hold; of more, AWS shows a sample."""


@op("logs", "StartLiveTail")
def start_live_tail(call: Call) -> dict[str, Any]:
    """A stream of sessionStart and sessionUpdate."""
    identifiers = call.params["logGroupIdentifiers"]
    if any(not name.startswith("arn:") or name.endswith(":*") for name in identifiers):
        raise Fault("InvalidParameterException", "logGroupIdentifiers must be ARNs without a trailing :*")
    groups = [group_named(call, name) for name in identifiers]
    names = call.params.get("logStreamNames") or []
    prefixes = call.params.get("logStreamNamePrefixes") or []
    if (names or prefixes) and len(groups) != 1:
        raise Fault("InvalidParameterException", "Log streams can be chosen in one log group only")
    pattern = call.params.get("logEventFilterPattern") or ""
    try:
        matches = compile_pattern(pattern)
    except PatternError as error:
        raise Fault("InvalidParameterException", str(error)) from error
    start = {
        "requestId": str(UUID(int=len(groups), version=4)),
        "sessionId": str(UUID(int=call.world.logs.newest + 1, version=4)),
        "logGroupIdentifiers": identifiers,
        "logStreamNames": names,
        "logStreamNamePrefixes": prefixes,
        "logEventFilterPattern": pattern,
    }

    def wanted(event: Event) -> bool:
        of_stream = (
            not (names or prefixes) or event.stream in names or event.stream.startswith(tuple(prefixes))
        )
        return of_stream and matches(event.message)

    return {"responseStream": _updates(call.world, groups, wanted, start)}


def _updates(
    world: "World", groups: list[Group], wanted: Callable[[Event], bool], start: dict[str, Any]
) -> Iterator[dict[str, Any]]:
    seen = world.logs.newest
    yield {"sessionStart": start}
    while not world.ended.wait(UPDATE):
        with world.lock:
            world.tick()
            found = [(group, event) for group in groups for event in group.since(seen) if wanted(event)]
            seen = world.logs.newest
        rows = [
            {
                "logStreamName": event.stream,
                "logGroupIdentifier": group.arn,
                "message": event.message,
                "timestamp": event.at,
                "ingestionTime": event.ingested,
            }
            for group, event in found[:MOST]
        ]
        sampled = {"sampled": len(found) > MOST}
        yield {"sessionUpdate": {"sessionMetadata": sampled, "sessionResults": rows}}
