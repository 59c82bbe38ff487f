"""Athena: one workgroup with a limit, and queries that end at the second look.

Source: Amazon Athena API reference. What a query finds: `services.demo.athena.queries`.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Any
from uuid import UUID

from services.demo.athena import queries as athena_query
from services.demo.cloudwatch.paging import page_of
from services.demo.registry import Call, Fault, ToMoto, op

if TYPE_CHECKING:
    from services.demo.world import World

WORKGROUP = "facility-prod-ops"
DATABASE = "facility_logs"
RESULTS = "s3://facility-athena-results-prod/ops/"
CUTOFF = 10 * 10**9
LOOKS = 2
"""Looks at a query until it has ended."""
_GOING = ("QUEUED", "RUNNING")


@dataclass(slots=True)
class Execution:
    """One query."""

    id: str
    query: str
    database: str
    submitted: datetime
    answer: athena_query.Answer
    reused: bool
    state: str = "QUEUED"
    looks: int = 0
    completed: datetime | None = None

    def look(self, now: datetime) -> None:
        """It runs on."""
        self.looks += 1
        if self.state not in _GOING:
            return
        self.state = "RUNNING"
        if self.looks >= LOOKS:
            self.state, self.completed = "FAILED" if self.answer.error else "SUCCEEDED", now


class Queries:
    """The queries of one world."""

    def __init__(self, _world: "World") -> None:
        self.every: dict[str, Execution] = {}
        self.tokens: dict[str, str] = {}


def _queries(call: Call) -> Queries:
    if call.world.facility is None:
        raise ToMoto
    return call.world.part(Queries)


def _execution(call: Call) -> Execution:
    id = call.params["QueryExecutionId"]
    found = _queries(call).every.get(id)
    if found is None:
        raise _invalid(f"QueryExecution {id} was not found")
    return found


def _invalid(message: str) -> Fault:
    return Fault("InvalidRequestException", message)


def _workgroup(call: Call) -> str:
    name = str(call.params.get("WorkGroup") or "primary")
    if name != WORKGROUP:
        raise _invalid(f"WorkGroup {name} is not found.")
    return name


@op("athena", "GetWorkGroup")
def get_work_group(call: Call) -> dict[str, Any]:
    """The one workgroup."""
    _queries(call)
    return {
        "WorkGroup": {
            "Name": _workgroup(call),
            "State": "ENABLED",
            "Configuration": {
                "ResultConfiguration": {"OutputLocation": RESULTS},
                "EnforceWorkGroupConfiguration": True,
                "PublishCloudWatchMetricsEnabled": True,
                "BytesScannedCutoffPerQuery": CUTOFF,
                "RequesterPaysEnabled": False,
                "EngineVersion": {
                    "SelectedEngineVersion": "AUTO",
                    "EffectiveEngineVersion": "Athena engine version 3",
                },
            },
            "CreationTime": call.world.began - timedelta(days=90),
        }
    }


@op("athena", "StartQueryExecution")
def start_query_execution(call: Call) -> dict[str, Any]:
    """Begin a query; the same token begins nothing new."""
    queries, params, now = _queries(call), call.params, call.world.clock.now()
    _workgroup(call)
    text, token = params["QueryString"], params.get("ClientRequestToken")
    if token in queries.tokens:
        execution = queries.every[queries.tokens[token]]
        if execution.query != text:
            raise _invalid("Idempotent parameters do not match")
        return {"QueryExecutionId": execution.id}
    id = str(UUID(sha256(f"{len(queries.every)} {text}".encode()).hexdigest()[:32]))
    reused = _reused(queries, params, now)
    answer = reused.answer if reused else athena_query.answer(call.world, text)
    database = (params.get("QueryExecutionContext") or {}).get("Database") or "default"
    queries.every[id] = Execution(id, text, database, now, answer, reused is not None)
    if token:
        queries.tokens[token] = id
    return {"QueryExecutionId": id}


def _reused(queries: Queries, params: dict[str, Any], now: datetime) -> Execution | None:
    reuse = (params.get("ResultReuseConfiguration") or {}).get("ResultReuseByAgeConfiguration") or {}
    if not reuse.get("Enabled"):
        return None
    oldest = now - timedelta(minutes=reuse.get("MaxAgeInMinutes") or 60)
    for execution in queries.every.values():
        fresh = execution.completed is not None and execution.completed >= oldest
        if fresh and execution.state == "SUCCEEDED" and execution.query == params["QueryString"]:
            return execution
    return None


@op("athena", "GetQueryExecution")
def get_query_execution(call: Call) -> dict[str, Any]:
    """How a query stands."""
    execution, now = _execution(call), call.world.clock.now()
    execution.look(now)
    ended = {"CompletionDateTime": execution.completed} if execution.completed else {}
    error = execution.answer.error if execution.state == "FAILED" else ""
    why = {"StateChangeReason": error} if error else {}
    scanned = execution.answer.scanned if execution.state == "SUCCEEDED" and not execution.reused else 0
    return {
        "QueryExecution": {
            "QueryExecutionId": execution.id,
            "Query": execution.query,
            "StatementType": "DML",
            "ResultConfiguration": {"OutputLocation": f"{RESULTS}{execution.id}.csv"},
            "QueryExecutionContext": {"Database": execution.database},
            "Status": {"State": execution.state, "SubmissionDateTime": execution.submitted} | ended | why,
            "Statistics": {
                "EngineExecutionTimeInMillis": 640 * execution.looks,
                "DataScannedInBytes": scanned,
                "TotalExecutionTimeInMillis": 900 * execution.looks,
                "QueryQueueTimeInMillis": 120,
                "ResultReuseInformation": {"ReusedPreviousResult": execution.reused},
            },
            "WorkGroup": WORKGROUP,
            "EngineVersion": {
                "SelectedEngineVersion": "AUTO",
                "EffectiveEngineVersion": "Athena engine version 3",
            },
        }
    }


@op("athena", "GetQueryResults")
def get_query_results(call: Call) -> dict[str, Any]:
    """The rows of a query that succeeded; the very first is the names of the columns."""
    execution = _execution(call)
    if execution.state in _GOING:
        raise _invalid(f"Query has not yet finished. Current state: {execution.state}")
    if execution.state != "SUCCEEDED":
        raise _invalid(f"Query did not finish successfully. Final query state: {execution.state}")
    columns = execution.answer.columns
    rows: list[tuple[int, tuple[str | None, ...]]] = list(
        enumerate([tuple(name for name, _ in columns), *execution.answer.rows])
    )
    page, more = page_of(
        rows, lambda row: f"{row[0]:09d}", call.params.get("NextToken"), call.params.get("MaxResults") or 1000
    )
    return {
        "UpdateCount": 0,
        "ResultSet": {
            "Rows": [{"Data": [_cell(value) for value in values]} for _number, values in page],
            "ResultSetMetadata": {"ColumnInfo": [_column(name, kind) for name, kind in columns]},
        },
    } | more


def _cell(value: str | None) -> dict[str, str]:
    return {} if value is None else {"VarCharValue": value}


def _column(name: str, kind: str) -> dict[str, Any]:
    return {
        "CatalogName": "hive",
        "SchemaName": "",
        "TableName": "",
        "Name": name,
        "Label": name,
        "Type": kind,
        "Precision": 2_147_483_647 if kind == "varchar" else 19,
        "Scale": 0,
        "Nullable": "UNKNOWN",
        "CaseSensitive": kind == "varchar",
    }


@op("athena", "StopQueryExecution")
def stop_query_execution(call: Call) -> dict[str, Any]:
    """End a query that has not ended."""
    execution = _execution(call)
    if execution.state in _GOING:
        execution.state, execution.completed = "CANCELLED", call.world.clock.now()
    return {}
