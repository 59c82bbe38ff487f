"""Source: Amazon Athena API reference. The results of a query: `services.demo.athena.queries`."""

from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

from services.demo.account import SYSTEM
from services.demo.athena.model import ACTIVE, Execution, ExecutionStore
from services.demo.athena.queries import answer
from services.demo.errors import AwsErrorResponse
from services.demo.paging import page_of
from services.demo.registry import Call, op
from services.demo.waf.log import FirewallLog

WORKGROUP = f"{SYSTEM}-prod-ops"
DATABASE = f"{SYSTEM}_logs"
RESULTS = f"s3://{SYSTEM}-athena-results-prod/ops/"
CUTOFF = 10 * 10**9
"""Bytes that one query may scan."""


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
            "StatementType": "DML",
            "ResultConfiguration": {"OutputLocation": f"{RESULTS}{execution.id}.csv"},
            "QueryExecutionContext": {"Database": execution.database},
            "Status": {"State": execution.state, "SubmissionDateTime": execution.submitted} | ended | why,
            "Statistics": {
                "EngineExecutionTimeInMillis": 640 * execution.polls,
                "DataScannedInBytes": scanned,
                "TotalExecutionTimeInMillis": 900 * execution.polls,
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


@op("athena", "StopQueryExecution", of_system=True)
def stop_query_execution(call: Call) -> dict[str, Any]:
    execution = _execution(call)
    if execution.state in ACTIVE:
        execution.state, execution.completed = "CANCELLED", call.now
    return {}
