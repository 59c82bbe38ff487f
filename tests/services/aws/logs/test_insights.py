"""Logs Insights through canned answers; the embedded one is asked in tests/services/inspections."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.aws.client.codes import kind_of_code
from services.aws.client.errors import Incomplete, Invalid, NotFound, Throttled
from services.aws.logs import insights
from services.aws.logs.insights import Insights
from services.aws.logs.query_text import commands, field, joined, value, verb
from services.models.insights import GroupSize, QueryResult, QueryState
from services.models.metrics import TimeSpan
from services.models.problem import ProblemKind
from tests.services.aws.canned import Canned, Pauses, SlowStart, failure, script

NOW = datetime(2026, 1, 5, 0, 0, tzinfo=UTC)
SPAN = TimeSpan(start=NOW - timedelta(hours=16), end=NOW)
GROUP = "/ecs/staff-api"
STARTED = {"queryId": "q-1"}


def answer(status, *rows, matched=0, scanned=10):
    return {
        "status": status,
        "results": [[{"field": name, "value": text} for name, text in row.items()] for row in rows],
        "statistics": {"recordsMatched": matched, "recordsScanned": scanned, "bytesScanned": 1234.0},
    }


def reader(canned, pauses=None):
    return Insights(canned, sleep=pauses or Pauses())


async def test_trap_the_range_is_in_epoch_seconds_not_milliseconds():
    canned = Canned(StartQuery=STARTED, GetQueryResults=answer("Complete"))
    await reader(canned).run(GROUP, "fields @timestamp # the time\n| limit 5", SPAN)
    [request] = canned.asked("StartQuery")
    assert (request["startTime"], request["endTime"]) == (1767513600, 1767571200)
    assert request["logGroupIdentifiers"] == [GROUP]
    assert request["queryString"] == "fields @timestamp\n| limit 5"


async def test_it_polls_until_the_query_is_complete_and_drops_the_pointer():
    pauses, results = Pauses(), list[QueryResult]()
    canned = Canned(
        StartQuery=STARTED,
        GetQueryResults=script(
            {"status": "Scheduled", "results": []},
            answer("Running", {"n": "3"}, matched=3),
            answer(
                "Complete", {"@timestamp": "2026-01-05 00:12:33.123", "n": "7", "@ptr": "CmEK"}, matched=7
            ),
        ),
    )
    result = await reader(canned, pauses).run(GROUP, "limit 1", SPAN, on_progress=results.append)
    assert result.complete
    assert result.rows == ({"@timestamp": "2026-01-05 00:12:33.123", "n": "7"},)
    assert (result.matched, result.scanned, result.bytes) == (7, 10, 1234)
    assert [each.state for each in results] == ["Scheduled", "Running", "Complete"]
    assert pauses.slept == list(insights.PAUSES[:3])
    assert not canned.asked("StopQuery")


def test_trap_the_number_of_rows_is_not_the_number_of_matches():
    result = QueryResult(state=QueryState.COMPLETE, rows=({"n": "1"},) * 100, matched=5000)
    assert not result.is_complete


@pytest.mark.parametrize("status", ["Failed", "Cancelled", "Timeout"])
async def test_a_query_that_ends_badly_is_partial_and_not_stopped_again(status):
    canned = Canned(StartQuery=STARTED, GetQueryResults=answer(status, {"n": "1"}, matched=4))
    result = await reader(canned).run(GROUP, "limit 1", SPAN)
    assert (result.complete, result.going, result.matched) == (False, False, 4)
    assert not canned.asked("StopQuery")


@pytest.mark.parametrize("name", ["", "\ufffd", "statu\ufffd"])
async def test_a_field_whose_name_cannot_be_read_is_no_field_that_the_event_lacks(name):
    canned = Canned(
        StartQuery=STARTED,
        GetQueryResults=answer("Complete", {name: "502"}, matched=1),
        StopQuery={"success": True},
    )
    with pytest.raises(Incomplete, match="a field without"):
        await reader(canned).run(GROUP, "limit 1", SPAN)


async def test_trap_a_running_query_is_partial_and_is_stopped_when_it_takes_too_long():
    canned = Canned(
        StartQuery=STARTED, GetQueryResults=answer("Running", matched=9), StopQuery={"success": True}
    )
    pauses = Pauses()
    result = await reader(canned, pauses).run(GROUP, "limit 1", SPAN, longest=8)
    assert (result.state, result.complete, result.matched) == (QueryState.RUNNING, False, 9)
    assert canned.asked("StopQuery") == [{"queryId": "q-1"}]
    assert 8 <= sum(pauses.slept) < 11


async def test_a_query_in_the_state_unknown_ends_at_once_and_is_stopped():
    pauses = Pauses()
    canned = Canned(StartQuery=STARTED, GetQueryResults=answer("Unknown"), StopQuery={"success": True})
    result = await reader(canned, pauses).run(GROUP, "limit 1", SPAN)
    assert (result.state, result.complete, result.going) == (QueryState.UNKNOWN, False, False)
    assert pauses.slept == list(insights.PAUSES[:1])
    assert canned.asked("StopQuery") == [{"queryId": "q-1"}]


async def test_an_unknown_query_state_is_polled_on():
    canned = Canned(
        StartQuery=STARTED, GetQueryResults=script(answer("Thinking"), answer("Complete", matched=1))
    )
    assert (await reader(canned).run(GROUP, "limit 1", SPAN)).matched == 1


async def test_a_cancelled_run_stops_its_query_even_when_stopping_fails():
    polling = asyncio.Event()

    def running(_params):
        polling.set()
        return answer("Running")

    canned = Canned(
        StartQuery=STARTED, GetQueryResults=running, StopQuery=failure(ProblemKind.INVALID, "not running")
    )
    task = asyncio.create_task(reader(canned).run(GROUP, "limit 1", SPAN))
    await polling.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert canned.asked("StopQuery") == [{"queryId": "q-1"}]


async def test_a_query_whose_id_comes_after_the_cancellation_is_stopped():
    canned = SlowStart(StartQuery=STARTED, StopQuery={"success": True})
    task = asyncio.create_task(reader(canned).run(GROUP, "limit 1", SPAN))
    await canned.asking.wait()
    task.cancel()
    canned.may_answer.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert canned.asked("StopQuery") == [{"queryId": "q-1"}]


async def test_a_failure_while_it_runs_stops_the_query():
    canned = Canned(
        StartQuery=STARTED, GetQueryResults=failure(ProblemKind.NOT_FOUND), StopQuery={"success": True}
    )
    with pytest.raises(NotFound):
        await reader(canned).run(GROUP, "limit 1", SPAN)
    assert canned.asked("StopQuery")


async def test_trap_limit_exceeded_at_the_start_is_waited_for():
    assert kind_of_code("LimitExceededException", 400, "", "logs") is ProblemKind.THROTTLED
    full = failure(ProblemKind.THROTTLED)
    pauses = Pauses()
    canned = Canned(StartQuery=script(full, full, STARTED), GetQueryResults=answer("Complete"))
    assert (await reader(canned, pauses).run(GROUP, "limit 1", SPAN)).complete
    assert pauses.slept == [*insights.HOUSE_FULL[:2], insights.PAUSES[0]]


async def test_trap_limit_exceeded_for_ever_is_reported():
    pauses = Pauses()
    canned = Canned(StartQuery=failure(ProblemKind.THROTTLED))
    with pytest.raises(Throttled):
        await reader(canned, pauses).run(GROUP, "limit 1", SPAN)
    assert pauses.slept == list(insights.HOUSE_FULL)


async def test_throttling_while_it_runs_is_waited_for_but_not_for_ever():
    slow = failure(ProblemKind.THROTTLED)
    canned = Canned(StartQuery=STARTED, GetQueryResults=script(slow, slow, answer("Complete", matched=2)))
    assert (await reader(canned).run(GROUP, "limit 1", SPAN)).matched == 2
    canned = Canned(StartQuery=STARTED, GetQueryResults=slow, StopQuery={"success": True})
    with pytest.raises(Throttled):
        await reader(canned).run(GROUP, "limit 1", SPAN, longest=5)
    assert canned.asked("StopQuery")


async def test_a_query_that_aws_does_not_understand_is_refused():
    canned = Canned(StartQuery=failure(ProblemKind.INVALID, "MalformedQuery"))
    with pytest.raises(Invalid):
        await reader(canned).run(GROUP, "filtre", SPAN)


@pytest.mark.parametrize("lacking", ["recordsMatched", "recordsScanned", "bytesScanned"])
async def test_a_complete_answer_without_its_counts_is_not_zero(lacking):
    broken = answer("Complete")
    del broken["statistics"][lacking]
    canned = Canned(StartQuery=STARTED, GetQueryResults=broken, StopQuery={"success": True})
    with pytest.raises(Incomplete):
        await reader(canned).run(GROUP, "limit 1", SPAN)


async def test_hostile_text_is_cleaned():
    canned = Canned(StartQuery=STARTED, GetQueryResults=answer("Complete", {"message": "a\x1b[2Jb"}))
    result = await reader(canned).run(GROUP, "limit 1", SPAN)
    assert "\x1b" not in result.rows[0]["message"]


async def test_a_region_of_its_own():
    canned = Canned(StartQuery=STARTED, GetQueryResults=answer("Complete"))
    await Insights(canned, region="us-east-1", sleep=Pauses()).run(GROUP, "limit 1", SPAN)
    assert {region for _name, _params, region in canned.calls} == {"us-east-1"}


async def test_the_fields_of_the_last_quarter_of_an_hour():
    canned = Canned(
        GetLogGroupFields={
            "logGroupFields": [{"name": "@message", "percent": 100}, {"name": "level", "percent": 42}, {}]
        }
    )
    assert await reader(canned).fields_of("arn:aws:logs:x:1:log-group:/a:*", NOW) == {
        "@message": 100,
        "level": 42,
    }
    assert canned.asked("GetLogGroupFields") == [
        {"logGroupIdentifier": "arn:aws:logs:x:1:log-group:/a", "time": 1767571200 - 480}
    ]


def group(**more):
    return {"logGroupName": GROUP, "storedBytes": 16_000, **more}


def ms(days):
    return int((NOW - timedelta(days=days)).timestamp() * 1000)


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (group(creationTime=ms(400), retentionInDays=10), (1066, 10)),
        (group(creationTime=ms(2), retentionInDays=10), (5333, 2)),
        (group(creationTime=ms(0.25)), (16_000, 0.25)),
        (group(), (16_000, None)),
        # Without its creation time it is unknown how far it reaches back.
        (group(retentionInDays=10), (1066, None)),
        (group(creationTime=-1, retentionInDays=10), (1066, None)),
    ],
)
async def test_the_size_is_the_windows_share_of_what_is_kept(row, expected):
    neighbour = {"logGroupName": GROUP + "-old", "storedBytes": 10**12}
    canned = Canned(DescribeLogGroups=[{"logGroups": [neighbour]}, {"logGroups": [row]}])
    size, days = expected
    since = None if days is None else NOW - timedelta(days=days)
    assert await reader(canned).size_of(GROUP, SPAN, NOW) == GroupSize(bytes=size, since=since)
    assert canned.asked("DescribeLogGroups") == [{"logGroupNamePrefix": GROUP}]


async def test_a_group_that_is_not_listed_has_no_size():
    canned = Canned(DescribeLogGroups={"logGroups": []})
    assert await reader(canned).size_of("arn:aws:logs:x:1:log-group:/a:*", SPAN, NOW) is None
    assert canned.asked("DescribeLogGroups") == [{"logGroupNamePrefix": "/a"}]


def test_trap_a_comment_behind_a_command_is_taken_out():
    written = """
# 1秒以上のクエリ
fields @timestamp, @message
| filter @message like /duration/
| parse @message /duration: (?<duration>\\d+\\.\\d+) ms/
| filter duration > 1000  # 1秒以上のクエリ | sort nothing
  # | filter other = 1
| sort duration desc
| limit 20"""
    assert commands(written) == (
        "fields @timestamp, @message",
        "filter @message like /duration/",
        r"parse @message /duration: (?<duration>\d+\.\d+) ms/",
        "filter duration > 1000",
        "sort duration desc",
        "limit 20",
    )


@pytest.mark.parametrize(
    "command",
    [
        'filter message like "#1 | 2"',
        "filter message like /a|b#c/",
        r"filter message like /a\/b|c/",
        "filter message =~ /#/",
        "filter message = 'it|s # here'",
        "parse @message /(?<a>x|y)/",
        "parse @message 'user=*|*' as user, rest",
        "fields `a|b`",
        "fields a / b / c as d",
        r'filter m = "a \" | b"',
    ],
)
def test_bars_and_hashes_within_quotes_and_expressions_are_text(command):
    assert commands(f"{command} # said\n| limit 1") == (command, "limit 1")


def test_commands_by_their_verbs():
    assert [verb(each) for each in commands("FIELDS a | Stats count(*) |")] == ["fields", "stats"]
    assert commands(" # nothing") == ()
    assert verb("") == ""


@given(
    st.lists(
        st.sampled_from(['filter a = "x|#"', "limit 5", "filter m like /a|#/", "sort n desc"]), max_size=5
    )
)
def test_taking_apart_and_joining_changes_nothing(parts):
    assert commands(joined(parts)) == tuple(parts)


@given(st.text(max_size=60))
def test_any_text_can_be_taken_apart(text):
    parts = commands(text)
    assert all(each == each.strip() != "" for each in parts)


def test_names_and_values_as_a_query_spells_them():
    assert [field(name) for name in ("@timestamp", "log.level", "http-status", "a`b")] == [
        "@timestamp",
        "log.level",
        "`http-status`",
        "`ab`",
    ]
    assert [value(text) for text in ("ERROR", "50", '"\\')] == ['"ERROR"', "50", '"\\"\\\\"']
