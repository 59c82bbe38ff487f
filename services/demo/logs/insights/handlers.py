"""Handlers for Logs Insights: queries, and the fields of a log group.

Source: StartQuery, GetQueryResults, StopQuery, GetLogGroupFields (Amazon CloudWatch Logs API reference).
"""

import heapq
from collections import Counter
from typing import Any

from services.demo.errors import AwsErrorResponse
from services.demo.logs.handlers import group_named, group_of, now_ms
from services.demo.logs.insights.model import Query, QueryStore
from services.demo.logs.insights.parse import parse
from services.demo.logs.insights.records import SYSTEM_FIELDS, content_of, names_of
from services.demo.logs.insights.values import QueryError
from services.demo.logs.store import Event, Group, between
from services.demo.paging import decode, encode
from services.demo.registry import Call, op

PAGE = 10_000
_MOST_GROUPS = 50
_QUARTER_HOUR, _EIGHT_MINUTES = 900_000, 480_000


@op("logs", "StartQuery")
def start_query(call: Call) -> dict[str, Any]:
    """Start a query; the range (epoch seconds) includes both ends."""
    params = call.params
    groups = [group_named(call, name) for name in _group_names(params)]
    if params.get("queryLanguage", "CWLI") != "CWLI":
        raise AwsErrorResponse("InvalidParameterException", "Only the query language CWLI is known here")
    start, end = params["startTime"] * 1000, params["endTime"] * 1000
    if end < start:
        raise AwsErrorResponse("InvalidParameterException", "End time should not be less than start time")
    if any(end + 999 < group.created for group in groups):
        raise AwsErrorResponse(
            "MalformedQueryException",
            "end date and time is either before the log groups creation time or exceeds the log groups log"
            " retention settings",
        )
    try:
        plan = parse(params["queryString"])
    except QueryError as error:
        raise AwsErrorResponse("MalformedQueryException", str(error)) from error
    store = call.component(QueryStore)
    most = params.get("limit", PAGE)
    events = _events(groups, start, end)
    return {"queryId": store.add(Query(plan, events, len(groups), most, store.polls))}


def _group_names(params: dict[str, Any]) -> list[str]:
    one, more, identifiers = (
        params.get(key) for key in ("logGroupName", "logGroupNames", "logGroupIdentifiers")
    )
    choices: list[list[str]] = [names for names in ([one] if one else None, more, identifiers) if names]
    if len(choices) != 1 or len(choices[0]) > _MOST_GROUPS:
        raise AwsErrorResponse(
            "InvalidParameterException",
            "Exactly one of logGroupName, logGroupNames and logGroupIdentifiers is needed, with at most 50"
            " log groups",
        )
    for name in choices[0]:
        if "*" in name:
            raise AwsErrorResponse("InvalidParameterException", f"Invalid log group identifier: {name}")
    return list(dict.fromkeys(choices[0]))


def _events(groups: list[Group], start: int, end: int) -> list[tuple[str, Event]]:
    by_group = []
    for group in groups:
        events = group.read(start)
        window = between(events, start, end)
        log = f"{group.account}:{group.name}"
        by_group.append([(log, event) for event in reversed(events[window.start : window.stop])])
    if len(by_group) == 1:
        return by_group[0]
    return list(heapq.merge(*by_group, key=lambda pair: -pair[1].at))


def _query_of(call: Call) -> Query:
    query = call.component(QueryStore).queries.get(call.params["queryId"])
    if query is None:
        raise AwsErrorResponse("ResourceNotFoundException", "The specified query does not exist.")
    return query


@op("logs", "GetQueryResults")
def get_query_results(call: Call) -> dict[str, Any]:
    """The results of a query so far; partial while it is Running."""
    query, params = _query_of(call), call.params
    start = _read_token(params["nextToken"]) if params.get("nextToken") else 0
    if query.status == "Running" and not start:
        call.component(QueryStore).advance(query)
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
    except (AwsErrorResponse, ValueError) as error:
        raise AwsErrorResponse("InvalidParameterException", "The specified nextToken is invalid.") from error


@op("logs", "StopQuery")
def stop_query(call: Call) -> dict[str, Any]:
    """Cancel a running query; one that has ended is refused."""
    query = _query_of(call)
    if query.status != "Running":
        raise AwsErrorResponse(
            "InvalidParameterException", f"The specified query is not running: {query.status}."
        )
    query.status, query.events = "Cancelled", []
    return {"success": True}


@op("logs", "GetLogGroupFields")
def get_log_group_fields(call: Call) -> dict[str, Any]:
    """The share of a group's events that have each field, per cent, highest first."""
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
