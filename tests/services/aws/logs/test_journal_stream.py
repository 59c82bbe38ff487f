from datetime import UTC, datetime
from typing import Any

import pytest

from services.aws.client.errors import AwsError, ClockSkew, NotFound, Refused
from services.aws.client.write_grants import JournalLogStream
from services.aws.logs.journal_stream import JournalStream
from tests.faults.server import FAULTS, answer, failure

GROUP, STREAM = "/toban/journal", "bastion"
AT = datetime(2026, 4, 1, 0, 0, 0, 123000, tzinfo=UTC)


@pytest.fixture
def session(open_session):
    return open_session(journal=JournalLogStream(GROUP, STREAM))


async def test_a_line_arrives_whole(session, server):
    server.always(answer({}))
    await JournalStream(session, GROUP, STREAM).put(AT, "12 abcdef 記録")
    (request,) = server.seen
    assert request.json == {
        "logGroupName": GROUP,
        "logStreamName": STREAM,
        "logEvents": [{"timestamp": 1775001600123, "message": "12 abcdef 記録"}],
    }


@pytest.mark.parametrize(
    ("group", "stream"), [("/ecs/staff-api", STREAM), (GROUP, "other"), ("", STREAM), (GROUP, "")]
)
async def test_no_other_stream_is_written(group, stream, session, server):
    with pytest.raises(AwsError):
        await JournalStream(session, group, stream).put(AT, "x")
    assert server.seen == []


@pytest.mark.parametrize(
    "named", [JournalLogStream("", ""), JournalLogStream(GROUP, ""), JournalLogStream("", STREAM)]
)
async def test_a_runbook_that_names_none_allows_none(named, open_session, server):
    with pytest.raises(Refused):
        await JournalStream(open_session(journal=named), GROUP, STREAM).put(AT, "x")
    assert server.seen == []


@pytest.mark.parametrize("operation", ["CreateLogStream", "DeleteLogStream", "CreateLogGroup"])
async def test_nothing_else_is_done_to_it(operation, session, server):
    params: dict[str, Any] = {"logGroupName": GROUP}
    if operation != "CreateLogGroup":
        params["logStreamName"] = STREAM
    with pytest.raises(Refused):
        await session.read("logs", operation, **params)
    assert server.seen == []


async def test_a_missing_stream_is_reported_with_what_to_do(session, server):
    server.always(failure("ResourceNotFoundException", "The specified log stream does not exist."))
    with pytest.raises(NotFound) as caught:
        await JournalStream(session, GROUP, STREAM).put(AT, "x")
    assert STREAM in caught.value.problem.summary
    assert caught.value.problem.remedy


async def test_a_dropped_line_is_an_error(session, server):
    server.always(answer({"rejectedLogEventsInfo": {"tooOldLogEventEndIndex": 1}}))
    with pytest.raises(ClockSkew):
        await JournalStream(session, GROUP, STREAM).put(AT, "x")


async def test_it_is_read_page_by_page(session, server):
    pages = iter(
        (
            answer({"events": [{"message": "one"}, {"message": "二"}], "nextToken": "more"}),
            answer({"events": [], "nextToken": "further"}),
            answer({"events": [{"message": "three"}]}),
        )
    )
    server.respond = lambda _seen: next(pages)
    assert await JournalStream(session, GROUP, STREAM).lines() == ("one", "二", "three")
    selection = {"logGroupName": GROUP, "logStreamNames": [STREAM]}
    assert [request.json for request in server.seen] == [
        selection, {**selection, "nextToken": "more"}, {**selection, "nextToken": "further"}
    ]  # fmt: skip


async def test_a_missing_stream_is_reported_when_it_is_read(session, server):
    server.always(failure("ResourceNotFoundException", "The specified log stream does not exist."))
    with pytest.raises(NotFound) as caught:
        await JournalStream(session, GROUP, STREAM).lines()
    assert STREAM in caught.value.problem.summary


async def test_a_failed_line_is_tried_once(session, server):
    server.always(FAULTS["503"])
    with pytest.raises(AwsError):
        await JournalStream(session, GROUP, STREAM).put(AT, "x")
    assert len(server.seen) == 1
