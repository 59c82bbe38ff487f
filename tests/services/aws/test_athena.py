import asyncio
from typing import Any

import pytest

from services.aws.athena import Athena
from services.aws.client.errors import AwsError, Incomplete
from services.models.athena import SqlResult, SqlState
from services.models.problem import ProblemKind
from tests.services.aws.canned import Canned, failure

COLUMNS = [{"Name": "address", "Type": "varchar"}, {"Name": "blocked", "Type": "bigint"}]


async def at_once(_seconds):
    await asyncio.sleep(0)


def execution(state, scanned=0, **more):
    return {
        "QueryExecution": {"Status": {"State": state} | more, "Statistics": {"DataScannedInBytes": scanned}}
    }


def page(*rows):
    data = [{"Data": [{} if cell is None else {"VarCharValue": cell} for cell in row]} for row in rows]
    return {"ResultSet": {"Rows": data, "ResultSetMetadata": {"ColumnInfo": COLUMNS}}}


def canned(*states, **more):
    pending = list(states)

    def stands(_params):
        return pending.pop(0) if len(pending) > 1 else pending[0]

    answers: dict[str, Any] = {
        "StartQueryExecution": {"QueryExecutionId": "q1"},
        "GetQueryExecution": stands,
        "StopQueryExecution": {},
    }
    return Canned(**(answers | more))


async def run(session, **more):
    return await Athena(session, sleep=at_once).run("SELECT 1", database="d", workgroup="w", **more)


async def test_the_first_row_is_the_header_and_only_on_the_first_page():
    pages = [page(("address", "blocked"), ("192.0.2.1", "4")), page(("address", "blocked"), (None, "2"))]
    session = canned(
        execution("QUEUED"), execution("RUNNING", 5), execution("SUCCEEDED", 9), GetQueryResults=pages
    )
    results: list[SqlResult] = []
    result = await run(session, on_progress=results.append)
    assert result.rows == (
        {"address": "192.0.2.1", "blocked": "4"},
        {"address": "address", "blocked": "blocked"},
        {"blocked": "2"},
    )
    assert [(each.state, each.scanned) for each in results] == [
        ("QUEUED", 0),
        ("RUNNING", 5),
        ("SUCCEEDED", 9),
    ]
    assert not session.asked("StopQueryExecution")


async def test_a_query_has_a_token_and_may_be_answered_from_an_equal_one():
    session = canned(execution("SUCCEEDED"), GetQueryResults=page(("address", "blocked")))
    await run(session)
    await run(session)
    first, second = session.asked("StartQueryExecution")
    assert first["ClientRequestToken"] != second["ClientRequestToken"]
    assert first["ResultReuseConfiguration"]["ResultReuseByAgeConfiguration"]["Enabled"] is True
    assert (first["WorkGroup"], first["QueryExecutionContext"]) == ("w", {"Database": "d"})


async def test_what_fails_says_why_and_what_runs_too_long_is_stopped():
    failed = await run(canned(execution("FAILED", StateChangeReason="SYNTAX_ERROR: line 1")))
    assert (failed.state, failed.reason, failed.rows) == (SqlState.FAILED, "SYNTAX_ERROR: line 1", ())
    slow = canned(execution("RUNNING", 7))
    result = await run(slow, longest=3.0)
    assert result.going
    assert result.scanned == 7
    assert slow.asked("StopQueryExecution") == [{"QueryExecutionId": "q1"}]


async def test_a_query_without_a_waiter_is_stopped():
    reached = asyncio.Event()

    async def for_ever(_seconds):
        reached.set()
        await asyncio.Event().wait()

    session = canned(execution("RUNNING"))
    task = asyncio.create_task(Athena(session, sleep=for_ever).run("SELECT 1", database="d", workgroup="w"))
    await reached.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert session.asked("StopQueryExecution")


async def test_an_error_on_the_way_stops_the_query_even_if_stopping_fails():
    session = canned(
        execution("RUNNING"),
        GetQueryExecution=failure(ProblemKind.THROTTLED),
        StopQueryExecution=failure(ProblemKind.INVALID),
    )
    with pytest.raises(AwsError):
        await run(session)
    assert session.asked("StopQueryExecution")


async def test_an_answer_without_its_state_or_columns_is_none():
    with pytest.raises(Incomplete):
        await run(canned({"QueryExecution": {}}))
    with pytest.raises(Incomplete):
        await run(canned(execution("SUCCEEDED"), GetQueryResults={"ResultSet": {"Rows": []}}))


@pytest.mark.parametrize(
    ("configuration", "cutoff"), [({}, None), ({"BytesScannedCutoffPerQuery": 10_000_000}, 10_000_000)]
)
async def test_a_workgroup_and_its_limit(configuration, cutoff):
    row = {"Name": "w", "State": "DISABLED", "Configuration": configuration}
    workgroup = await Athena(Canned(GetWorkGroup={"WorkGroup": row})).workgroup("w")
    assert (workgroup.enabled, workgroup.cutoff) == (False, cutoff)
