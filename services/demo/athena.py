"""Athena: one workgroup with a limit, and queries that end at the second poll. It answers from the firewall's
logs the one form of query that the console sends; there is no SQL engine: a query of any other form fails
with an error. Source: Amazon Athena API reference."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any, NamedTuple
from uuid import UUID

from services.demo.account import SYSTEM
from services.demo.errors import AwsErrorResponse
from services.demo.paging import page_of
from services.demo.registry import Call, op
from services.demo.waf import BlockedRequest, FirewallLog

TABLE, PARTITION = "waf_logs", "day"
COLUMNS = (
    ("grouped", "bigint"),
    ("address", "varchar"),
    ("country", "varchar"),
    ("rule", "varchar"),
    ("uri", "varchar"),
    ("blocked", "bigint"),
)
_SHAPE = re.compile(
    r"SELECT grouping\(address, rule, uri\) AS grouped, address, country, rule, uri, count\(\*\) AS blocked "
    r"FROM \( SELECT httprequest\.clientip AS address, httprequest\.country AS country, "
    r"terminatingruleid AS rule, httprequest\.uri AS uri "
    r'FROM "(?P<table>\w+)" WHERE action = \'BLOCK\' '
    r'AND "(?P<partition>\w+)" IN \((?P<days>[^)]*)\) '
    r'AND "timestamp" >= (?P<start>\d+) AND "timestamp" < (?P<end>\d+)'
    r"(?: AND webaclid = '[^']*')? \) "
    r"GROUP BY GROUPING SETS \(\(address, country\), \(rule\), \(uri\), \(\)\) "
    r"ORDER BY blocked DESC LIMIT (?P<limit>\d+)"
)
_DAY = "%Y/%m/%d"

Row = tuple[str | None, ...]


class AthenaAnswer(NamedTuple):
    """The result of a query, or its error."""

    rows: Sequence[Row] = ()
    scanned: int = 0
    error: str = ""
    columns: Sequence[tuple[str, str]] = COLUMNS


def answer(log: FirewallLog, query: str) -> AthenaAnswer:
    match = _SHAPE.fullmatch(" ".join(query.split()))
    if match is None:
        return AthenaAnswer(error="NOT_SUPPORTED: The embedded AWS does not know queries of this shape.")
    if match["table"] != TABLE:
        return AthenaAnswer(
            error=f"TABLE_NOT_FOUND: line 3:8: Table 'awsdatacatalog.{match['table']}' does not exist"
        )
    if match["partition"] != PARTITION:
        return AthenaAnswer(error=f"COLUMN_NOT_FOUND: Column '{match['partition']}' cannot be resolved")
    days = set(re.findall(r"'([^']*)'", match["days"]))
    blocked = [
        request
        for request in log.blocked(int(match["start"]), int(match["end"]))
        if datetime.fromtimestamp(request.at / 1000, UTC).strftime(_DAY) in days
    ]
    scanned = log.size_of([datetime.strptime(day, _DAY).replace(tzinfo=UTC).date() for day in sorted(days)])
    return AthenaAnswer(_grouped(blocked)[: int(match["limit"])], scanned)


def _grouped(blocked: Sequence[BlockedRequest]) -> list[Row]:
    """`grouping()` has a bit for each of address, rule and URI, set if the row is not grouped by it."""
    counts: Counter[Row] = Counter({("7", None, None, None, None): 0})
    for request in blocked:
        counts["3", request.address, request.country, None, None] += 1
        counts["5", None, None, request.rule, None] += 1
        counts["6", None, None, None, request.uri] += 1
        counts["7", None, None, None, None] += 1
    ordered = sorted(counts.items(), key=lambda item: (-item[1], [value or "" for value in item[0]]))
    return [(*key, str(count)) for key, count in ordered]


POLLS = 2  # How often a query is polled until it has ended
ACTIVE = ("QUEUED", "RUNNING")  # States of a query that has not ended


@dataclass(slots=True)
class Execution:
    id: str
    query: str
    database: str
    submitted: datetime
    answer: AthenaAnswer
    reused: bool  # Its answer is that of an earlier query
    state: str = "QUEUED"
    polls: int = 0
    completed: datetime | None = None

    def poll(self, now: datetime) -> None:
        self.polls += 1
        if self.state not in ACTIVE:
            return
        self.state = "RUNNING"
        if self.polls >= POLLS:
            self.state, self.completed = "FAILED" if self.answer.error else "SUCCEEDED", now


class ExecutionStore:
    def __init__(self) -> None:
        self.executions: dict[str, Execution] = {}
        self.tokens: dict[str, str] = {}  # Id of the query by the ClientRequestToken it was started with


WORKGROUP = f"{SYSTEM}-prod-ops"
DATABASE = f"{SYSTEM}_logs"
RESULTS = f"s3://{SYSTEM}-athena-results-prod/ops/"
CUTOFF = 10 * 10**9  # Bytes that one query may scan


def _execution(call: Call) -> Execution:
    id = call.params["QueryExecutionId"]
    execution = call.component(ExecutionStore).executions.get(id)
    if execution is None:
        raise _invalid(f"QueryExecution {id} was not found")
    return execution


def _invalid(message: str) -> AwsErrorResponse:
    return AwsErrorResponse("InvalidRequestException", message)


def _workgroup(call: Call) -> str:
    name = str(call.params.get("WorkGroup") or "primary")
    if name != WORKGROUP:
        raise _invalid(f"WorkGroup {name} is not found.")
    return name


@op("athena", "GetWorkGroup", of_system=True)
def get_work_group(call: Call) -> dict[str, Any]:
    return {
        "WorkGroup": {
            "Name": _workgroup(call),
            "State": "ENABLED",
            "Configuration": {"BytesScannedCutoffPerQuery": CUTOFF, "EngineVersion": {}},
            "CreationTime": call.run.began - timedelta(days=90),
        }
    }


@op("athena", "StartQueryExecution", of_system=True)
def start_query_execution(call: Call) -> dict[str, Any]:
    store, params, now = call.component(ExecutionStore), call.params, call.now
    _workgroup(call)
    text, token = params["QueryString"], params.get("ClientRequestToken")
    if token in store.tokens:
        execution = store.executions[store.tokens[token]]
        if execution.query != text:
            raise _invalid("Idempotent parameters do not match")
        return {"QueryExecutionId": execution.id}
    id = str(UUID(sha256(f"{len(store.executions)} {text}".encode()).hexdigest()[:32]))
    earlier = _reusable(store, params, now)
    result = earlier.answer if earlier else answer(call.component(FirewallLog), text)
    database = (params.get("QueryExecutionContext") or {}).get("Database") or "default"
    store.executions[id] = Execution(id, text, database, now, result, earlier is not None)
    if token:
        store.tokens[token] = id
    return {"QueryExecutionId": id}


def _reusable(store: ExecutionStore, params: dict[str, Any], now: datetime) -> Execution | None:
    reuse = (params.get("ResultReuseConfiguration") or {}).get("ResultReuseByAgeConfiguration") or {}
    if not reuse.get("Enabled"):
        return None
    oldest = now - timedelta(minutes=reuse.get("MaxAgeInMinutes") or 60)
    for execution in store.executions.values():
        fresh = execution.completed is not None and execution.completed >= oldest
        if fresh and execution.state == "SUCCEEDED" and execution.query == params["QueryString"]:
            return execution
    return None


@op("athena", "GetQueryExecution", of_system=True)
def get_query_execution(call: Call) -> dict[str, Any]:
    execution = _execution(call)
    execution.poll(call.now)
    ended = {"CompletionDateTime": execution.completed} if execution.completed else {}
    error = execution.answer.error if execution.state == "FAILED" else ""
    why = {"StateChangeReason": error} if error else {}
    scanned = execution.answer.scanned if execution.state == "SUCCEEDED" and not execution.reused else 0
    return {
        "QueryExecution": {
            "QueryExecutionId": execution.id,
            "Query": execution.query,
            "QueryExecutionContext": {"Database": execution.database},
            "Status": {"State": execution.state, "SubmissionDateTime": execution.submitted} | ended | why,
            "Statistics": {
                "DataScannedInBytes": scanned,
                "ResultReuseInformation": {"ReusedPreviousResult": execution.reused},
            },
            "WorkGroup": WORKGROUP,
            "EngineVersion": {},
        }
    }


@op("athena", "GetQueryResults", of_system=True)
def get_query_results(call: Call) -> dict[str, Any]:
    """The rows of a query that succeeded; the first row of all holds the names of the columns."""
    execution = _execution(call)
    if execution.state in ACTIVE:
        raise _invalid(f"Query has not yet finished. Current state: {execution.state}")
    if execution.state != "SUCCEEDED":
        raise _invalid(f"Query did not finish successfully. Final query state: {execution.state}")
    columns = execution.answer.columns
    rows: list[tuple[int, tuple[str | None, ...]]] = list(
        enumerate([tuple(name for name, _ in columns), *execution.answer.rows])
    )
    size = call.params.get("MaxResults") or 1000
    page, more = page_of(rows, lambda row: f"{row[0]:09d}", call.params, size)
    return {
        "ResultSet": {
            "Rows": [{"Data": [_cell(value) for value in values]} for _number, values in page],
            "ResultSetMetadata": {"ColumnInfo": [_column(name, kind) for name, kind in columns]},
        }
    } | more


def _cell(value: str | None) -> dict[str, str]:
    return {} if value is None else {"VarCharValue": value}


def _column(name: str, kind: str) -> dict[str, Any]:
    return {
        "TableName": "",
        "Name": name,
        "Label": name,
        "Type": kind,
        "Precision": 2_147_483_647 if kind == "varchar" else 19,
        "Scale": 0,
    }


@op("athena", "StopQueryExecution", of_system=True)
def stop_query_execution(call: Call) -> dict[str, Any]:
    execution = _execution(call)
    if execution.state in ACTIVE:
        execution.state, execution.completed = "CANCELLED", call.now
    return {}
