"""Athena: runs a query in a workgroup and reads its results. Source: GetWorkGroup, StartQueryExecution,
GetQueryExecution, GetQueryResults, StopQueryExecution (Amazon Athena API reference). Athena charges by bytes
scanned, so a query that nobody waits for is stopped."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from itertools import chain, repeat
from typing import Any
from uuid import uuid4

from services.aws.client.errors import AwsError
from services.aws.client.reader import Answer, Reader, finite, incomplete, rows
from services.i18n import _
from services.models.athena import SqlResult, SqlState, Workgroup
from services.models.text import clean

PAUSES = (0.1, 0.3, 0.5, 1.0, 2.0)  # Seconds between polls of a running query; the last value repeats
LONGEST = 300.0  # Seconds that a query may run (AWS itself allows half an hour)
REUSE_MINUTES = 60  # Maximum age of reused results of an identical query, which are free of charge

Sleep = Callable[[float], Awaitable[None]]
OnProgress = Callable[[SqlResult], None]


def _ignore_progress(_result: SqlResult) -> None:
    pass


class Athena:
    """Runs Athena queries; `sleep` waits on this machine's clock."""

    def __init__(self, session: Reader, *, sleep: Sleep = asyncio.sleep) -> None:
        self._session = session
        self._sleep = sleep

    async def workgroup(self, name: str) -> Workgroup:
        """A workgroup's state and limit. Raises AwsError (Invalid: there is no such workgroup)."""
        answer = await self._session.read("athena", "GetWorkGroup", required=("WorkGroup",), WorkGroup=name)
        row = answer["WorkGroup"]
        cutoff = (row.get("Configuration") or {}).get("BytesScannedCutoffPerQuery")
        return Workgroup(
            name=row.get("Name"),
            enabled=row.get("State", "ENABLED") == "ENABLED",
            cutoff=cutoff if isinstance(cutoff, int) and cutoff > 0 else None,
        )

    async def run(
        self,
        query: str,
        *,
        database: str,
        workgroup: str,
        longest: float = LONGEST,
        on_progress: OnProgress = _ignore_progress,
    ) -> SqlResult:
        """Run one query. Only a SUCCEEDED result has rows; otherwise `reason` explains the failure.
        `on_progress` is called with every polled state, because scanned bytes are charged however the query
        ends. A query that runs longer than `longest` seconds is stopped. Raises AwsError."""
        id = await self._start(query, database, workgroup)
        going = True
        try:
            result = await self._outcome(id, longest, on_progress)
            going = result.going
        finally:
            # Also on cancellation: a query that keeps running is charged.
            if going:
                await self._stop(id)
        if result.state is not SqlState.SUCCEEDED:
            return result
        return result.model_copy(update={"rows": await self._rows(id)})

    async def _start(self, query: str, database: str, workgroup: str) -> str:
        answer = await self._session.read(
            "athena",
            "StartQueryExecution",
            required=("QueryExecutionId",),
            QueryString=query,
            # Makes the request idempotent, in case something in between sends it twice.
            ClientRequestToken=uuid4().hex,
            QueryExecutionContext={"Database": database},
            WorkGroup=workgroup,
            ResultReuseConfiguration={
                "ResultReuseByAgeConfiguration": {"Enabled": True, "MaxAgeInMinutes": REUSE_MINUTES}
            },
        )
        return str(answer["QueryExecutionId"])

    async def _outcome(self, id: str, longest: float, on_state: OnProgress) -> SqlResult:
        waited = 0.0
        result = SqlResult(state=SqlState.QUEUED)
        for pause in chain(PAUSES, repeat(PAUSES[-1])):
            await self._sleep(pause)
            waited += pause
            result = _state(await self._execution(id))
            on_state(result)
            if not result.going or waited >= longest:
                break
        return result

    async def _execution(self, id: str) -> Answer:
        answer = await self._session.read(
            "athena", "GetQueryExecution", required=("QueryExecution",), QueryExecutionId=id
        )
        execution: Answer = answer["QueryExecution"]
        return execution

    async def _rows(self, id: str) -> tuple[dict[str, str], ...]:
        records: list[dict[str, str]] = []
        pages = self._session.pages(
            "athena", "GetQueryResults", required=("ResultSet",), QueryExecutionId=id, MaxResults=1000
        )
        first = True
        async for page in pages:
            result = page["ResultSet"]
            names = [str(column.get("Name")) for column in _columns(result)]
            read = [
                [cell.get("VarCharValue") for cell in row.get("Data") or ()] for row in rows(result, "Rows")
            ]
            # The first row of a SELECT's results contains the column names.
            if first and read and read[0] == names:
                read = read[1:]
            first = False
            records += [_row(names, values) for values in read]
        return tuple(records)

    async def _stop(self, id: str) -> None:
        # Best effort: AWS returns an error if the query has ended meanwhile.
        with suppress(AwsError):
            await self._session.read("athena", "StopQueryExecution", timeout=5.0, QueryExecutionId=id)


def _columns(result: Answer) -> list[Answer]:
    columns = rows(result.get("ResultSetMetadata") or {}, "ColumnInfo")
    if not columns:
        raise incomplete(_("Athena returned rows without columns."), "athena", "GetQueryResults")
    return columns


def _row(names: list[str], values: list[Any]) -> dict[str, str]:
    return {
        clean(name): clean(value) for name, value in zip(names, values, strict=False) if value is not None
    }


def _state(execution: Answer) -> SqlResult:
    status, statistics = execution.get("Status") or {}, execution.get("Statistics") or {}
    state = str(status.get("State") or "")
    if state not in set(SqlState):
        raise incomplete(_("Athena did not return the state of its query."), "athena", "GetQueryExecution")
    reuse = statistics.get("ResultReuseInformation") or {}
    return SqlResult(
        state=SqlState(state),
        reason=status.get("StateChangeReason"),
        scanned=int(finite(statistics.get("DataScannedInBytes")) or 0),
        reused=bool(reuse.get("ReusedPreviousResult")),
    )
