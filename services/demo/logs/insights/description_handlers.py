"""Handlers that describe: fields and field indexes of log groups, earlier queries, saved queries.

Source: GetLogGroupFields, DescribeFieldIndexes, PutIndexPolicy, DescribeQueries,
DescribeQueryDefinitions (Amazon CloudWatch Logs API reference).
"""

import json
from collections import Counter
from typing import Any

from services.demo.account import CALLER
from services.demo.errors import AwsErrorResponse, invalid_parameter
from services.demo.logs.handlers import group_named, group_of, now_ms
from services.demo.logs.insights.queries import QueryStore
from services.demo.logs.insights.records import SYSTEM_FIELDS, content_of, names_of
from services.demo.logs.store import Group, between
from services.demo.paging import decode, encode
from services.demo.registry import Call, op

DEFAULT_INDEXES = ("@logStream", "@aws.region", "@aws.account", "@source.log", "traceId")
_SPEED = 2e6
"""Bytes that a query scans in a millisecond."""
_QUARTER_HOUR, _EIGHT_MINUTES = 900_000, 480_000


def indexes_of(group: Group) -> frozenset[str]:
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


def _index(group: Group, name: str, category: str) -> dict[str, Any]:
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
