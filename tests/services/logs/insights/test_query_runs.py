"""Runs of Logs Insights queries through canned answers: partial rows, pages, and queries that nobody waits for."""

import asyncio
from contextlib import aclosing
from datetime import UTC, datetime, timedelta

import pytest

from services.aws.client.errors import AwsError, Invalid, Throttled
from services.aws.logs.queries import PAGE, PEEK, InsightsQueries
from services.logs.insights.run import PAUSES, QueryRunner
from services.models.base import RawId
from services.models.insights import QueryState
from services.models.insights_queries import InsightsQuery, QueryLanguage, QueryProgress
from services.models.metrics import TimeSpan
from services.models.problem import ProblemKind
from tests.services.aws.canned import Canned, Pauses, SlowStart, failure, script

NOW = datetime(2026, 1, 5, tzinfo=UTC)
QUERY = InsightsQuery(
    text="fields n # the number\n| limit 9",
    groups=(RawId("/ecs/staff-api"),),
    span=TimeSpan(start=NOW - timedelta(hours=1), end=NOW),
)
STARTED = {"queryId": "q-1"}
STOPPED = {"success": True}


def answer(status, *numbers, token="", count=None):
    rows = [
        [{"field": "n", "value": str(number)}, {"field": "@ptr", "value": f"p{number}"}] for number in numbers
    ]
    statistics = {
        "recordsMatched": 7.0,
        "recordsScanned": 10.0,
        "bytesScanned": 1234.0,
        "estimatedBytesSkipped": 66.0,
        "logGroupsScanned": 1.0,
        "resultCount": float(len(rows) if count is None else count),
    }
    more = {"nextToken": token} if token else {}
    return {"status": status, "results": rows, "statistics": statistics} | more


def runner(canned, pauses=None):
    return QueryRunner(InsightsQueries(canned), sleep=pauses or Pauses())


async def states_of(runs, query=QUERY, **options):
    async with aclosing(runs.run(query, **options)) as states:
        return [state async for state in states]


async def test_partial_rows_come_while_it_runs_and_all_rows_at_the_end():
    pauses, charged = Pauses(), list[QueryProgress]()
    canned = Canned(
        StartQuery=STARTED,
        GetQueryResults=script(
            {"status": "Scheduled", "results": []}, answer("Running", 1), answer("Complete", 1, 2, 3)
        ),
    )
    states = await states_of(runner(canned, pauses), charge=charged.append)
    assert [state.state for state in states] == ["Scheduled", "Scheduled", "Running", "Complete"]
    assert [state.going for state in states] == [True, True, True, False]
    assert states[-1].rows.columns == ("n",)
    assert states[-1].rows.rows == (("1",), ("2",), ("3",))
    assert states[-1].rows.pointers == ("p1", "p2", "p3")
    assert (states[-1].bytes, states[-1].skipped, states[-1].is_whole) == (1234, 66, True)
    assert pauses.slept == list(PAUSES[:3])
    assert charged == [states[-1]]
    assert not canned.asked("StopQuery")


async def test_a_comment_is_not_sent_and_the_other_characters_keep_their_places():
    canned = Canned(StartQuery=STARTED, GetQueryResults=answer("Complete"))
    await states_of(runner(canned))
    [request] = canned.asked("StartQuery")
    assert request["queryString"] == "fields n             \n| limit 9"
    assert "queryLanguage" not in request
    assert request["logGroupIdentifiers"] == ["/ecs/staff-api"]


@pytest.mark.parametrize(
    ("language", "limit"), [(QueryLanguage.LOGSQL, 100_000), (QueryLanguage.PPL, 10_000), (QueryLanguage.SQL, 10_000)]
)  # fmt: skip
async def test_only_logsql_returns_more_than_ten_thousand_rows(language, limit):
    canned = Canned(StartQuery=STARTED, GetQueryResults=answer("Complete"))
    query = QUERY.model_copy(update={"language": language, "limit": 100_000})
    await states_of(runner(canned), query)
    assert canned.asked("StartQuery")[0]["limit"] == limit


async def test_rows_beyond_the_first_answer_are_read_by_pages():
    canned = Canned(
        StartQuery=STARTED,
        GetQueryResults=lambda params: (
            answer("Complete", 1, token="t", count=4)
            if params["maxItems"] == PEEK
            else answer("Complete", 3, 4, count=4)
            if params.get("nextToken") == "t"
            else answer("Complete", 1, 2, token="t", count=4)
        ),
    )
    states = await states_of(runner(canned))
    assert [len(state.rows.rows) for state in states if state.complete] == [2, 4]
    assert [state.is_whole for state in states if state.complete] == [False, True]
    assert [params["maxItems"] for params in canned.asked("GetQueryResults")] == [PEEK, PAGE, PAGE]


async def test_a_reader_that_leaves_stops_the_query_and_is_charged_what_is_known():
    canned = Canned(StartQuery=STARTED, GetQueryResults=answer("Running", 1), StopQuery=STOPPED)
    charged = list[QueryProgress]()
    runs = runner(canned)
    async with aclosing(runs.run(QUERY, charge=charged.append)) as states:
        async for state in states:
            if state.rows.rows:
                assert runs.running == {"q-1"}
                break
    assert canned.asked("StopQuery") == [{"queryId": "q-1"}]
    assert [state.bytes for state in charged] == [1234]
    assert not runs.running


async def test_an_exception_of_the_reader_stops_the_query():
    canned = Canned(StartQuery=STARTED, GetQueryResults=answer("Running", 1), StopQuery=STOPPED)

    async def work():
        async with aclosing(runner(canned).run(QUERY)) as states:
            async for state in states:
                if state.rows.rows:
                    raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await work()
    assert canned.asked("StopQuery")


async def test_a_cancelled_task_stops_the_query():
    canned = Canned(StartQuery=STARTED, GetQueryResults=answer("Running", 1), StopQuery=STOPPED)
    polled = asyncio.Event()

    async def work():
        async with aclosing(runner(canned).run(QUERY)) as states:
            async for state in states:
                if state.rows.rows:
                    polled.set()

    task = asyncio.create_task(work())
    await polled.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert canned.asked("StopQuery")


async def test_a_query_whose_id_comes_after_the_reader_has_left_is_stopped():
    canned = SlowStart(StartQuery=STARTED, StopQuery=STOPPED)
    runs = runner(canned)
    task = asyncio.create_task(states_of(runs))
    await canned.asking.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    canned.may_answer.set()
    await runs.close()
    assert canned.asked("StopQuery") == [{"queryId": "q-1"}]


async def test_the_end_of_the_console_stops_what_still_runs():
    canned = Canned(StartQuery=STARTED, GetQueryResults=answer("Running", 1), StopQuery=STOPPED)
    runs = runner(canned)
    states = runs.run(QUERY)
    while not (await anext(states)).rows.rows:
        pass
    await runs.close()
    assert canned.asked("StopQuery")
    await states.aclose()


async def test_a_query_that_runs_too_long_is_stopped_and_its_rows_stay_partial():
    canned = Canned(StartQuery=STARTED, GetQueryResults=answer("Running", 1), StopQuery=STOPPED)
    last = (await states_of(runner(canned), longest=8))[-1]
    assert (last.given_up, last.going, last.complete, len(last.rows.rows)) == (True, False, False, 1)
    assert canned.asked("StopQuery")


@pytest.mark.parametrize("status", ["Failed", "Cancelled", "Timeout"])
async def test_a_query_that_ends_badly_is_neither_going_nor_complete(status):
    canned = Canned(StartQuery=STARTED, GetQueryResults=answer(status, 1))
    last = (await states_of(runner(canned)))[-1]
    assert (last.state, last.going, last.complete) == (QueryState(status), False, False)
    assert not canned.asked("StopQuery")


async def test_the_limit_of_concurrent_queries_is_waited_out_and_then_reported():
    busy = failure(ProblemKind.THROTTLED)
    canned = Canned(StartQuery=script(busy, busy, STARTED), GetQueryResults=answer("Complete"))
    assert (await states_of(runner(canned)))[-1].complete
    with pytest.raises(Throttled):
        await states_of(runner(Canned(StartQuery=busy)))


async def test_throttled_polls_are_repeated():
    busy = failure(ProblemKind.THROTTLED)
    canned = Canned(StartQuery=STARTED, GetQueryResults=script(busy, busy, answer("Complete", 1)))
    assert (await states_of(runner(canned)))[-1].is_whole


@pytest.mark.parametrize(
    ("kind", "charged"), [(ProblemKind.UNREACHABLE, 1), (ProblemKind.INVALID, 0), (ProblemKind.THROTTLED, 0)]
)
async def test_a_query_is_charged_where_it_may_have_been_started(kind, charged):
    charges = list[QueryProgress]()
    with pytest.raises(AwsError):
        await states_of(runner(Canned(StartQuery=failure(kind))), charge=charges.append)
    assert len(charges) == charged


async def test_a_malformed_query_is_raised():
    with pytest.raises(Invalid):
        await states_of(runner(Canned(StartQuery=failure(ProblemKind.INVALID))))


async def test_pages_whose_token_repeats_end_and_are_not_the_whole_result():
    canned = Canned(StartQuery=STARTED, GetQueryResults=answer("Complete", 1, token="again", count=5))
    last = (await states_of(runner(canned)))[-1]
    assert (last.complete, last.is_whole) == (True, False)


async def test_a_result_with_further_pages_is_read_to_its_end_whatever_its_statistics_say():
    first, second = answer("Complete", 1, token="t"), answer("Complete", 2, count=1)
    canned = Canned(
        StartQuery=STARTED, GetQueryResults=lambda params: second if params.get("nextToken") else first
    )
    last = (await states_of(runner(canned)))[-1]
    assert [row[0] for row in last.rows.rows] == ["1", "2"]
    assert last.is_whole
