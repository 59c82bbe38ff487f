import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.parsers import ResponseParser

from services.aws.client.errors import Incomplete
from services.aws.client.meter import UsageMeter
from services.aws.client.response_limits import MIB, MOST_BYTES, MOST_BYTES_OF, MOST_ROWS, MOST_ROWS_OF
from services.aws.client.sdk import parsers
from services.demo.registry import HANDLERS
from services.inspections.base import InspectionRequest
from services.inspections.running.runner import InspectionRunner
from services.models.verdict import Verdict
from tests.faults.server import answer
from tests.services.aws.loop_turns import loop_turns
from tests.services.inspections.running_world import context

HUNDRED_THOUSAND = 100_000


def alarms(count, **more):
    row = {"StateValue": "OK", "ActionsEnabled": True, "StateTransitionedTimestamp": 1_768_000_000.0, **more}
    return {
        "MetricAlarms": [{"AlarmName": f"a{number}", **row} for number in range(count)],
        "CompositeAlarms": [],
    }


async def beaten(work):
    """(how often the loop ran while `work` was done, what it raised)."""
    async with loop_turns() as turns:
        try:
            await work
        except Incomplete as error:
            return turns.count, error
    return turns.count, None


@pytest.fixture
def decoded(monkeypatch):
    sizes: list[int] = []
    load: Callable[[bytes], Any] = parsers.loads

    def loads(body):
        sizes.append(len(body))
        return load(body)

    monkeypatch.setattr(parsers, "loads", loads)
    return sizes


@pytest.fixture
def walked(monkeypatch):
    """The shapes that the SDK's own parser walked, which is what holds the loop."""
    shapes: list[str] = []
    walk = ResponseParser._parse_shape

    def parse(self, shape, node):
        shapes.append(shape.name)
        return walk(self, shape, node)

    monkeypatch.setattr(ResponseParser, "_parse_shape", parse)
    return shapes


async def test_a_hundred_thousand_alarms_are_not_judged_and_hold_nothing_up(
    empty_aws, monkeypatch, decoded, walked
):
    flood = alarms(HUNDRED_THOUSAND)

    def describe(_call):
        return flood

    monkeypatch.setitem(HANDLERS, ("cloudwatch", "DescribeAlarms"), describe)
    async with context(empty_aws) as started:
        inspection_runner = InspectionRunner(
            started.runbook,
            started.calendar,
            started.reader,
            started.clock,
            UsageMeter(started.clock),
            region=started.region,
        )
        now = started.clock.now()
        finding = await inspection_runner.run("alarms", InspectionRequest(since=now, until=now))
    assert finding.verdict is Verdict.UNKNOWN
    assert "too many rows or bytes" in finding.summary
    assert all(size < MOST_BYTES_OF["cloudwatch"] for size in decoded)
    assert not walked


async def test_more_rows_than_a_page_has_are_refused_before_they_are_walked(session, server, walked):
    server.always(answer(alarms(MOST_ROWS + 1)))
    with pytest.raises(Incomplete) as refused:
        await session.read("cloudwatch", "DescribeAlarms")
    assert refused.value.problem.detail == f"{MOST_ROWS + 1:,}, and at most {MOST_ROWS:,} are read"
    assert not walked
    server.always(answer(alarms(MOST_ROWS)))
    assert len((await session.read("cloudwatch", "DescribeAlarms"))["MetricAlarms"]) == MOST_ROWS


async def test_eighteen_megabytes_are_dropped_while_they_arrive(session, server, decoded):
    server.always(answer({"events": [{"message": "x" * 18 * MIB, "timestamp": 1}]}))
    beats, error = await beaten(session.read("logs", "FilterLogEvents", logGroupName="g"))
    assert isinstance(error, Incomplete)
    assert "too many rows or bytes" in error.problem.summary
    assert f"{MOST_BYTES_OF['logs']:,} bytes" in error.problem.detail
    assert error.problem.remedy
    assert not decoded
    assert len(server.seen) == 1, "what is too large once is not asked for again"
    assert beats > 1
    # The connection of the rest was closed; the next question has one of its own.
    server.always(answer({"events": []}))
    assert (await session.read("logs", "FilterLogEvents", logGroupName="g"))["events"] == []


async def test_a_page_as_large_as_aws_sends_is_read(session, server):
    events = [
        {"message": '"' * 100, "eventId": "3" * 56, "timestamp": 1}
        for _number in range(MOST_ROWS_OF["FilteredLogEvents"])
    ]
    server.always(answer({"events": events}))
    assert len((await session.read("logs", "FilterLogEvents", logGroupName="g"))["events"]) == len(events)


async def test_a_body_of_xml_has_a_bound_too(session, server):
    server.always(answer({"x": "x" * MOST_BYTES}))
    with pytest.raises(Incomplete) as refused:
        await session.read("rds", "DescribeDBInstances", required=("DBInstances",))
    assert f"{MOST_BYTES:,} bytes" in refused.value.problem.detail


async def test_the_rows_of_one_question_are_bounded(session, server):
    def respond(request):
        token = str(int(json.loads(request.body).get("NextToken", 0)) + 1)
        return answer({**alarms(100), "NextToken": token})

    server.respond = respond
    pages = session.pages("cloudwatch", "DescribeAlarms", row_limit=250)
    for _page in range(2):
        assert len((await anext(pages))["MetricAlarms"]) == 100
    with pytest.raises(Incomplete) as refused:
        await anext(pages)
    assert "too many rows" in refused.value.problem.summary
