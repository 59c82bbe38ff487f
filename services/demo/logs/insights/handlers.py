"""Handlers for the queries of Logs Insights, and for fields, indexes, earlier and saved queries. Source:
Amazon CloudWatch Logs API reference."""

import heapq
import json
import re
from collections import Counter
from typing import Any

from services.demo.account import CALLER
from services.demo.errors import AwsErrorResponse, invalid_parameter
from services.demo.logs.handlers import group_named, group_of, now_ms
from services.demo.logs.insights.plan import QueryPlan, parse
from services.demo.logs.insights.queries import QueryStore, StoredQuery, recorded_outcome
from services.demo.logs.insights.records import (
    SYSTEM_FIELDS,
    QueryError,
    QueryRecord,
    RecordMoment,
    content_of,
    field,
    names_of,
    pointed,
    text_of,
)
from services.demo.logs.search import read_token
from services.demo.logs.store import DemoLogStore, LogEvent, LogGroupRecord, between
from services.demo.paging import decode, encode
from services.demo.registry import Call, op

DEFAULT_INDEXES = ("@logStream", "@aws.region", "@aws.account", "@source.log", "traceId")
_SPEED = 2e6  # Bytes that a query scans in a millisecond
_QUARTER_HOUR, _EIGHT_MINUTES = 900_000, 480_000


def indexes_of(group: LogGroupRecord) -> frozenset[str]:
    return frozenset((*DEFAULT_INDEXES, *group.indexes))


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


@op("logs", "PutIndexPolicy")
def put_index_policy(call: Call) -> dict[str, Any]:
    group = group_named(call, call.params["logGroupIdentifier"])
    try:
        fields = [str(name) for name in json.loads(call.params["policyDocument"])["Fields"]]
    except (ValueError, KeyError, TypeError) as error:
        raise invalid_parameter("The policy document is invalid.") from error
    if len(fields) > 20:
        raise AwsErrorResponse("LimitExceededException", "A field index policy has at most 20 fields.")
    group.indexes, group.indexed_at = tuple(fields), now_ms(call)
    return {"indexPolicy": {"logGroupIdentifier": group.arn, "source": "LOG_GROUP"}}


@op("logs", "DescribeFieldIndexes")
def describe_field_indexes(call: Call) -> dict[str, Any]:
    """The indexed fields of groups: AWS's own, then those of the policy."""
    categories = call.params.get("indexCategories") or ["DEFAULT", "CUSTOM", "INACTIVE"]
    rows = []
    for group in (group_named(call, name) for name in call.params["logGroupIdentifiers"]):
        for category, names in (("DEFAULT", DEFAULT_INDEXES), ("CUSTOM", group.indexes)):
            rows += [_index(group, name, category) for name in names if category in categories]
    return {"fieldIndexes": rows}


def _index(group: LogGroupRecord, name: str, category: str) -> dict[str, Any]:
    row: dict[str, Any] = {
        "logGroupIdentifier": group.arn,
        "fieldIndexName": name,
        "type": "FIELD_INDEX",
        "indexCategory": category,
    }
    if group.events:
        last = group.events[-1]
        row |= {"firstEventTime": max(group.events[0].at, group.indexed_at), "lastEventTime": last.at}
        row["lastScanTime"] = last.ingested
    return row


@op("logs", "DescribeQueries")
def describe_queries(call: Call) -> dict[str, Any]:
    store, params = call.component(QueryStore), call.params
    own = [
        {
            "queryLanguage": query.language,
            "queryId": identity,
            "queryString": query.text,
            "status": query.status,
            "createTime": query.created,
            "queryDuration": 100 + int(query.outcome.bytes / _SPEED),
            "bytesScanned": float(query.outcome.bytes),
            "userIdentity": CALLER,
        }
        | ({"logGroupName": query.groups[0]} if query.groups else {})
        for identity, query in reversed(store.queries.items())
    ]
    rows = [
        row
        for row in (*own, *store.history)
        if all(
            params.get(name) in (None, row.get(name)) for name in ("logGroupName", "status", "queryLanguage")
        )
    ]
    return _page("queries", "queryId", rows, params)


@op("logs", "DescribeQueryDefinitions")
def describe_query_definitions(call: Call) -> dict[str, Any]:
    params = call.params
    prefix, language = params.get("queryDefinitionNamePrefix") or "", params.get("queryLanguage")
    rows = [
        row
        for row in sorted(call.component(QueryStore).definitions, key=lambda row: row["name"])
        if row["name"].startswith(prefix) and language in (None, row["queryLanguage"])
    ]
    return _page("queryDefinitions", "queryDefinitionId", rows, params)


def _page(key: str, identity: str, rows: list[dict[str, Any]], params: dict[str, Any]) -> dict[str, Any]:
    identities = [row[identity] for row in rows]
    after = decode(params["nextToken"]) if params.get("nextToken") else ""
    start = identities.index(after) + 1 if after in identities else 0
    stop = start + params.get("maxResults", 1000)
    return {key: rows[start:stop]} | ({"nextToken": encode(identities[stop - 1])} if stop < len(rows) else {})


PAGE = 10_000
_MOST_GROUPS = 50
_GROUP_KEYS = ("logGroupName", "logGroupNames", "logGroupIdentifiers")
_SQL_GROUPS = re.compile(
    r"\b(?:FROM|JOIN)\s+`(?:logGroups\(logGroupIdentifier:\s*\[([^\]]*)\]\)|([^`]+))`", re.I
)
"""Log groups in the text of an SQL query: several in quotes, or one."""


@op("logs", "StartQuery")
def start_query(call: Call) -> dict[str, Any]:
    """Start a query; the range (epoch seconds) includes both ends. PPL and SQL answer with a recorded table."""
    params, store = call.params, call.component(QueryStore)
    text, language = params["queryString"], params.get("queryLanguage", "CWLI")
    start, end = params["startTime"] * 1000, params["endTime"] * 1000
    if end < start:
        raise invalid_parameter("End time should not be less than start time")
    plan = _plan(text) if language == "CWLI" else None
    groups = _groups(call, language, plan)
    if any(end + 999 < group.created for group in groups):
        message = (
            "end date and time is either before the log groups creation time or exceeds the log groups log"
            " retention settings"
        )
        raise AwsErrorResponse("MalformedQueryException", message)
    names = [group.name for group in groups]
    query = StoredQuery(plan, [], names, params.get("limit", PAGE), store.polls, text, language, now_ms(call))
    if plan is None:
        query.outcome = recorded_outcome(language, query.most)
    else:
        query.events = _events(groups, start, end)
        query.indexes = {f"{group.account}:{group.name}": indexes_of(group) for group in groups}
    return {"queryId": store.add(query)}


def _plan(text: str) -> QueryPlan:
    try:
        return parse(text)
    except QueryError as error:
        start, end = error.span or (0, len(text))
        location = {"startCharOffset": start, "endCharOffset": end}
        details = {"queryCompileError": {"location": location, "message": str(error)}}
        raise AwsErrorResponse("MalformedQueryException", str(error), details=details) from error


def _groups(call: Call, language: str, plan: QueryPlan | None) -> list[LogGroupRecord]:
    if plan is not None and plan.sources:
        prefixes = tuple(plan.sources.get("namePrefix", [""]))
        accounts = plan.sources.get("accountIdentifiers", [])
        classes = plan.sources.get("class", ["STANDARD"])
        return [
            group
            for (region, name), group in call.component(DemoLogStore).groups.items()
            if region == call.region
            and name.startswith(prefixes)
            and "STANDARD" in classes
            and (not accounts or group.account in accounts)
        ][:_MOST_GROUPS]
    if language == "SQL":
        if any(call.params.get(key) for key in _GROUP_KEYS):
            raise invalid_parameter("A query in SQL names its log groups in its text.")
        names = [
            name.strip(" '\"")
            for several, one in _SQL_GROUPS.findall(call.params["queryString"])
            for name in (several.split(",") if several else [one])
        ]
        return [group_named(call, name) for name in names]
    return [group_named(call, name) for name in _group_names(call.params)]


def _group_names(params: dict[str, Any]) -> list[str]:
    one, more, identifiers = (params.get(key) for key in _GROUP_KEYS)
    choices: list[list[str]] = [names for names in ([one] if one else None, more, identifiers) if names]
    if len(choices) != 1 or len(choices[0]) > _MOST_GROUPS:
        raise invalid_parameter(
            "Exactly one of logGroupName, logGroupNames and logGroupIdentifiers is needed, with at most 50"
            " log groups"
        )
    for name in choices[0]:
        if "*" in name:
            raise invalid_parameter(f"Invalid log group identifier: {name}")
    return list(dict.fromkeys(choices[0]))


def _events(groups: list[LogGroupRecord], start: int, end: int) -> list[tuple[str, LogEvent]]:
    by_group = []
    for group in groups:
        events = group.read(start)
        window = between(events, start, end)
        log = f"{group.account}:{group.name}"
        by_group.append([(log, event) for event in reversed(events[window.start : window.stop])])
    if len(by_group) == 1:
        return by_group[0]
    return list(heapq.merge(*by_group, key=lambda pair: -pair[1].at))


def _query_of(call: Call) -> StoredQuery:
    query = call.component(QueryStore).queries.get(call.params["queryId"])
    if query is None:
        raise AwsErrorResponse("ResourceNotFoundException", "The specified query does not exist.")
    return query


@op("logs", "GetQueryResults")
def get_query_results(call: Call) -> dict[str, Any]:
    """The results of a query so far; partial while it is Running."""
    query, params = _query_of(call), call.params
    start = read_token(params["nextToken"])[0] if params.get("nextToken") else 0
    if query.status == "Running" and not start:
        with call.unlocked():
            call.component(QueryStore).advance(query)
    outcome = query.outcome
    stop = start + (params.get("maxItems") or PAGE)
    more = {"nextToken": encode(f"[{stop}]")} if stop < len(outcome.rows) else {}
    return {
        "queryLanguage": query.language,
        "results": outcome.rows[start:stop],
        "statistics": {
            "recordsMatched": float(outcome.matched),
            "recordsScanned": float(outcome.scanned),
            "estimatedRecordsSkipped": float(outcome.skipped),
            "bytesScanned": float(outcome.bytes),
            "estimatedBytesSkipped": float(outcome.bytes_skipped),
            "logGroupsScanned": float(len(query.groups)),
            "resultCount": float(len(outcome.rows)),
        },
        "status": query.status,
    } | more


@op("logs", "GetLogRecord")
def get_log_record(call: Call) -> dict[str, Any]:
    """All fields of the event that a `@ptr` leads to; its times are epoch milliseconds."""
    try:
        log, at, number = pointed(call.params["logRecordPointer"])
    except ValueError as error:
        raise invalid_parameter("The specified log record pointer is invalid.") from error
    events = group_named(call, log.partition(":")[2]).read(at)
    matching = [events[index] for index in between(events, at, at) if events[index].number == number]
    if not matching:
        raise AwsErrorResponse("ResourceNotFoundException", "The specified log record does not exist.")
    record = QueryRecord(matching[0], log)
    names = dict.fromkeys([*SYSTEM_FIELDS, "@ptr", *names_of(record.content)])
    values = {name: field(name)(record) for name in names}
    return {
        "logRecord": {
            name: str(int(value)) if isinstance(value, RecordMoment) else text_of(value)
            for name, value in values.items()
            if value is not None
        }
    }


@op("logs", "StopQuery")
def stop_query(call: Call) -> dict[str, Any]:
    query = _query_of(call)
    if query.status != "Running":
        raise invalid_parameter(f"The specified query is not running: {query.status}.")
    query.status, query.events = "Cancelled", []
    return {"success": True}
