import unicodedata
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.aws.client.errors import Invalid
from services.aws.logs.events import GROUPS, Logs, log_lines
from services.models.problem import ProblemKind
from services.models.text import clean
from tests.services.aws.canned import Canned, failure
from tests.services.aws.loop_turns import loop_turns


def event(identity, message, at=1000, **more):
    return {
        "eventId": identity,
        "timestamp": at,
        "ingestionTime": at + 500,
        "logStreamName": "ecs/staff-api/1",
        "message": message,
        **more,
    }


async def test_a_page_of_lines_and_its_token():
    canned = Canned(FilterLogEvents={"events": [event("1", '{"level":"INFO"}')], "nextToken": "t"})
    lines, token = await Logs(canned).page("/ecs/staff-api", 5, 10, "ERROR", "before", 100)
    assert lines == (("1", 1000, 1500, "ecs/staff-api/1", '{"level":"INFO"}', False),)
    assert token == "t"
    assert canned.asked("FilterLogEvents") == [
        {
            "logGroupName": "/ecs/staff-api",
            "startTime": 5,
            "endTime": 10,
            "filterPattern": "ERROR",
            "nextToken": "before",
            "limit": 100,
        }
    ]


async def test_an_arn_an_empty_page_and_no_end():
    canned = Canned(FilterLogEvents={"events": []})
    assert await Logs(canned).page("arn:aws:logs:r:1:log-group:/g", -5) == ((), None)
    assert await Logs(canned).page("arn:aws:logs:r:1:log-group:/g:*", 0) == ((), None)
    request = {"logGroupIdentifier": "arn:aws:logs:r:1:log-group:/g", "startTime": 0, "limit": 10_000}
    assert canned.asked("FilterLogEvents") == [request, request], "AWS prints `:*` and does not take it"


async def test_a_sample_of_a_group_by_its_arn():
    canned = Canned(FilterLogEvents={"events": []})
    assert await Logs(canned).sample("arn:aws:logs:r:1:log-group:/g:*", "ERROR", 0, 9) == ((), True)
    (request,) = canned.asked("FilterLogEvents")
    assert request["logGroupIdentifier"] == "arn:aws:logs:r:1:log-group:/g"
    assert "logGroupName" not in request


async def test_a_bad_pattern_is_an_error():
    with pytest.raises(Invalid):
        await Logs(Canned(FilterLogEvents=failure(ProblemKind.INVALID))).page("/g", 0, pattern="[")


def test_a_message_becomes_one_harmless_line():
    (line,) = log_lines([event("1", "a\r\n\tat b\x1b[31m\u202e\n\n", logStreamName="s\x07")])
    assert line.text == "a␊  at b␛[31m<RLO>"
    assert line.stream == "s␇"


def test_what_is_absent_or_of_another_type_does_no_harm():
    first, second = log_lines([{}, {"message": 5, "timestamp": 7, "eventId": ""}])
    assert (first.at, first.text, first.stream) == (0, "", "")
    assert (second.text, second.ingested_at, second.id) == ("5", 7, "7::5")


@settings(deadline=None)
@given(st.text(max_size=40), st.text(max_size=40))
def test_lines_are_always_clean(message, stream):
    (line,) = log_lines([event("1", message, logStreamName=stream)])
    assert clean(line.text) == line.text
    assert not any(unicodedata.category(character) in ("Cc", "Cs") for character in line.text + line.stream)


@settings(deadline=None)
@given(st.text(alphabet=st.characters(categories=("Mn", "Mc", "Me", "Lo", "Ll")), max_size=30))
def test_no_base_carries_more_than_two_combining_marks(text):
    run = longest = 0
    for character in clean(text):
        run = run + 1 if unicodedata.combining(character) else 0
        longest = max(longest, run)
    assert longest <= 2


async def test_groups_by_prefix():
    rows = [
        {"logGroupName": "/b", "storedBytes": 7, "retentionInDays": 30, "arn": "arn:b:*"},
        {"logGroupName": "/a", "logGroupArn": "arn:a"},
    ]
    canned = Canned(DescribeLogGroups=[{"logGroups": rows[:1]}, {"logGroups": rows[1:]}])
    groups = await Logs(canned).groups("/")
    assert [(group.id, group.arn, group.stored_bytes, group.retention_days) for group in groups] == [
        ("/a", "arn:a", 0, None),
        ("/b", "arn:b", 7, 30),
    ]
    assert canned.asked("DescribeLogGroups") == [{"logGroupNamePrefix": "/"}]


async def test_an_account_with_countless_groups_is_not_read_to_its_end():
    page = {"logGroups": [{"logGroupName": f"/{index}"} for index in range(GROUPS)]}
    canned = Canned(DescribeLogGroups=[page, failure(ProblemKind.INVALID)])
    assert len(await Logs(canned).groups()) == GROUPS


async def test_others_get_their_turn_while_a_large_page_is_read():
    events = [event(str(number), f"line {number}", number) for number in range(5_000)]
    async with loop_turns() as turns:
        lines, _token = await Logs(Canned(FilterLogEvents={"events": events})).page("/ecs/staff-api", 0)
    assert lines == log_lines(events)
    assert turns.count >= 4


async def test_a_page_of_foreign_scripts_leaves_others_their_turn():
    canned = Canned(FilterLogEvents={"events": [event(str(each), "สวัสดี" * 60) for each in range(1_000)]})
    async with loop_turns() as turns:
        await Logs(canned).page("/g", 0)
    assert turns.count > 5


def test_an_absurd_time_of_an_event_still_has_a_date():
    lines = log_lines([event("1", "a", 2**62, ingestionTime=2**62), event("2", "b", -5)])
    assert [datetime.fromtimestamp(line.at / 1000, UTC).year for line in lines] == [9999, 1969]
    assert [datetime.fromtimestamp(line.ingested_at / 1000, UTC).year for line in lines] == [9999, 1970]
