"""Logs Insights: queries that run, and the fields of a group.

Source: StartQuery, GetQueryResults, StopQuery, GetLogGroupFields (Amazon CloudWatch Logs API reference).
"""

import heapq
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal
from uuid import UUID

from services.demo.cloudwatch.paging import decode, encode
from services.demo.logs.handlers import group_named, group_of, now_ms
from services.demo.logs.insights.parse import Plan, parse
from services.demo.logs.insights.records import SYSTEM_FIELDS, content_of, names_of
from services.demo.logs.insights.run import Outcome, run
from services.demo.logs.insights.values import QueryError
from services.demo.logs.store import Event, Group, between
from services.demo.registry import Call, Fault, op

if TYPE_CHECKING:
    from services.demo.world import World

Status = Literal["Running", "Complete", "Failed", "Cancelled", "Timeout", "Unknown"]
PAGE = 10_000
_MOST_GROUPS = 50
_KEPT = 100
"""Queries that are remembered."""
_PARTIAL = 4
"""While it runs a query shows what it found in one event of so many, the newest."""
_QUARTER_HOUR, _EIGHT_MINUTES = 900_000, 480_000


@dataclass(slots=True)
class Query:
    """One started query, over what could be seen when it started."""

    plan: Plan
    events: list[tuple[str, Event]]
    """(`account:group`, event), newest first."""
    groups: int
    most: int
    polls: int
    """So many answers still say Running."""
    status: Status = "Running"
    outcome: Outcome = field(default_factory=Outcome)


class Insights:
    """The queries of a world."""

    def __init__(self, world: "World") -> None:
        self.ends: Status = "Complete"
        """How queries end from now on; with Running they never do."""
        self.polls = 1
        """How many answers say Running before the end."""
        self.queries: dict[str, Query] = {}
        self._serial = 0
        self._seed = world.scenario.seed

    def add(self, query: Query) -> str:
        """Remember a query; its id."""
        self._serial += 1
        identity = str(UUID(int=(self._seed << 96) + (0x4000 << 64) + (0x8000 << 48) + self._serial))
        self.queries[identity] = query
        if len(self.queries) > _KEPT:
            del self.queries[next(iter(self.queries))]
        return identity

    def advance(self, query: Query) -> None:
        """One more look at a query that runs."""
        if query.polls > 0 or self.ends == "Running":
            query.polls -= 1
            part = query.events[: -(-len(query.events) // _PARTIAL)]
            query.outcome = run(query.plan, part, query.most)
            return
        query.status = self.ends
        complete = self.ends == "Complete"
        query.outcome = run(query.plan, query.events, query.most) if complete else Outcome()
        query.events = []


@op("logs", "StartQuery")
def start_query(call: Call) -> dict[str, Any]:
    """Begin a query; both ends of the range, epoch seconds, are part of it."""
    params = call.params
    groups = [group_named(call, name) for name in _group_names(params)]
    if params.get("queryLanguage", "CWLI") != "CWLI":
        raise Fault("InvalidParameterException", "Only the query language CWLI is known here")
    start, end = params["startTime"] * 1000, params["endTime"] * 1000
    if end < start:
        raise Fault("InvalidParameterException", "End time should not be less than start time")
    if any(end + 999 < group.created for group in groups):
        raise Fault(
            "MalformedQueryException",
            "end date and time is either before the log groups creation time or exceeds the log groups log"
            " retention settings",
        )
    try:
        plan = parse(params["queryString"])
    except QueryError as error:
        raise Fault("MalformedQueryException", str(error)) from error
    insights = call.world.part(Insights)
    most = params.get("limit", PAGE)
    events = _events(groups, start, end)
    return {"queryId": insights.add(Query(plan, events, len(groups), most, insights.polls))}


def _group_names(params: dict[str, Any]) -> list[str]:
    one, more, identifiers = (
        params.get(key) for key in ("logGroupName", "logGroupNames", "logGroupIdentifiers")
    )
    given: list[list[str]] = [names for names in ([one] if one else None, more, identifiers) if names]
    if len(given) != 1 or len(given[0]) > _MOST_GROUPS:
        raise Fault(
            "InvalidParameterException",
            "Exactly one of logGroupName, logGroupNames and logGroupIdentifiers is needed, with at most 50"
            " log groups",
        )
    for name in given[0]:
        if "*" in name:
            raise Fault("InvalidParameterException", f"Invalid log group identifier: {name}")
    return list(dict.fromkeys(given[0]))


def _events(groups: list[Group], start: int, end: int) -> list[tuple[str, Event]]:
    found = []
    for group in groups:
        events = group.read(start)
        window = between(events, start, end)
        log = f"{group.account}:{group.name}"
        found.append([(log, event) for event in reversed(events[window.start : window.stop])])
    return found[0] if len(found) == 1 else list(heapq.merge(*found, key=lambda each: -each[1].at))


def _query_of(call: Call) -> Query:
    query = call.world.part(Insights).queries.get(call.params["queryId"])
    if query is None:
        raise Fault("ResourceNotFoundException", "The specified query does not exist.")
    return query


@op("logs", "GetQueryResults")
def get_query_results(call: Call) -> dict[str, Any]:
    """What a query found so far; partial and Running at first."""
    query, params = _query_of(call), call.params
    start = _read_token(params["nextToken"]) if params.get("nextToken") else 0
    if query.status == "Running" and not start:
        call.world.part(Insights).advance(query)
    outcome = query.outcome
    stop = start + (params.get("maxItems") or PAGE)
    more = {"nextToken": encode(str(stop))} if stop < len(outcome.rows) else {}
    return {
        "queryLanguage": "CWLI",
        "results": outcome.rows[start:stop],
        "statistics": {
            "recordsMatched": float(outcome.matched),
            "recordsScanned": float(outcome.scanned),
            "estimatedRecordsSkipped": 0.0,
            "bytesScanned": float(outcome.bytes),
            "estimatedBytesSkipped": 0.0,
            "logGroupsScanned": float(query.groups),
            "resultCount": float(len(outcome.rows)),
        },
        "status": query.status,
    } | more


def _read_token(token: str) -> int:
    try:
        return int(decode(token))
    except (Fault, ValueError) as error:
        raise Fault("InvalidParameterException", "The specified nextToken is invalid.") from error


@op("logs", "StopQuery")
def stop_query(call: Call) -> dict[str, Any]:
    """End a query that runs; one that has ended is refused."""
    query = _query_of(call)
    if query.status != "Running":
        raise Fault("InvalidParameterException", f"The specified query is not running: {query.status}.")
    query.status, query.events = "Cancelled", []
    return {"success": True}


@op("logs", "GetLogGroupFields")
def get_log_group_fields(call: Call) -> dict[str, Any]:
    """How many in a hundred of a group's events hold each field, the most frequent first."""
    group = group_of(call)
    centre = call.params.get("time")
    if centre is None:
        start, end = now_ms(call) - _QUARTER_HOUR, now_ms(call)
    else:
        start, end = centre * 1000 - _EIGHT_MINUTES, centre * 1000 + _EIGHT_MINUTES
    window = between(group.events, start, end)
    counts: Counter[str] = Counter()
    for event in group.events[window.start : window.stop]:
        counts.update(SYSTEM_FIELDS)
        counts.update(set(names_of(content_of(event.message))))
    rows = [{"name": name, "percent": count * 100 // len(window)} for name, count in counts.items()]
    return {"logGroupFields": sorted(rows, key=lambda row: (-row["percent"], row["name"]))}
