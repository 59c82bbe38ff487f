"""CloudTrail's event history; the events are the user guide's examples."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from services.aws.client.pace import RequestPace
from services.aws.cloudtrail.events import event_of
from services.aws.cloudtrail.reader import CloudTrailReader
from services.clock import ManualClock
from services.models.cloudtrail import ActorKind, SignIn
from services.models.problem import ProblemKind
from tests.services.aws.canned import Canned, failure

AT = datetime(2026, 1, 11, 3, 0, tzinfo=UTC)
ANAYA = {"type": "IAMUser", "principalId": "EXAMPLE", "accountId": "999999999999", "userName": "Anaya"}
ROOT = {"type": "Root", "principalId": "AIDACKCEVSQ6C2EXAMPLE", "arn": "arn:aws:iam::111122223333:root"}
ROLE = {
    "type": "AssumedRole",
    "principalId": "AROAJIKPFTA72SWU4L7T4:my-session-name",
    "arn": "arn:aws:sts::123456789012:assumed-role/my-role/my-session-name",
    "sessionContext": {"sessionIssuer": {"type": "Role", "userName": "my-role"}},
}
HIDDEN = {"type": "IAMUser", "accountId": "123456789012", "userName": "HIDDEN_DUE_TO_SECURITY_REASONS"}


def row(number=0, *, name="ConsoleLogin", **record):
    record = {"userIdentity": ANAYA, "eventName": name, "sourceIPAddress": "192.0.2.0"} | record
    return {
        "EventId": f"id-{number}",
        "EventName": name,
        "EventTime": AT + timedelta(minutes=number),
        "EventSource": "signin.amazonaws.com",
        "CloudTrailEvent": json.dumps(record),
    }


def login(number=0, *, outcome="Success", mfa="Yes", **record):
    extra = {"MFAUsed": mfa} if mfa else {}
    return row(number, responseElements={"ConsoleLogin": outcome}, additionalEventData=extra, **record)


@pytest.mark.parametrize(
    ("identity", "outcome", "mfa", "kind", "name", "success", "used"),
    [
        (ANAYA, "Success", "No", ActorKind.USER, "Anaya", True, False),
        (ANAYA, "Success", "Yes", ActorKind.USER, "Anaya", True, True),
        (ANAYA, "Failure", "Yes", ActorKind.USER, "Anaya", False, True),
        (ROOT, "Success", "No", ActorKind.ROOT, "root", True, False),
        (ROLE, "Success", "No", ActorKind.ROLE, "my-role/my-session-name", True, False),
        (HIDDEN, "Failure", "No", ActorKind.USER, "", False, False),
        (ANAYA, "Success", "", ActorKind.USER, "Anaya", True, None),
    ],
)
def test_the_user_guides_sign_ins(identity, outcome, mfa, kind, name, success, used):
    event = event_of(login(outcome=outcome, mfa=mfa, userIdentity=identity), "us-east-1")
    assert isinstance(event, SignIn)
    assert (event.actor.kind, event.actor.shown) == (kind, name)
    assert event.actor.hidden is (identity is HIDDEN)
    assert (event.success, event.mfa) == (success, used)


def test_trap_6_the_address_is_in_the_json_alone():
    event = event_of(login(sourceIPAddress="198.51.100.7"), "us-east-1")
    assert event.address == "198.51.100.7"


@pytest.mark.parametrize("spelt", ["YES", "Yes", "yes"])
def test_roots_mfa_is_spelt_in_capitals(spelt):
    event = event_of(login(mfa=spelt, userIdentity=ROOT), "us-east-1")
    assert isinstance(event, SignIn)
    assert event.mfa is True


def test_a_change_names_its_target():
    named = row(name="DeleteDBInstance") | {"Resources": [{"ResourceName": "facility-prod-db"}]}
    deletion = row(name="DeleteBucket", requestParameters={"bucketName": "logs", "force": True})
    refused = row(name="CreateUser", errorCode="AccessDenied", errorMessage="not\x1b allowed")
    service = row(
        name="DeleteBucket",
        userIdentity={"type": "AWSService", "invokedBy": "cloudformation.amazonaws.com"},
        sourceIPAddress="cloudformation.amazonaws.com",
    )
    events = [event_of(each, "ap-northeast-1") for each in (named, deletion, refused, service)]
    assert [each.resources for each in events if each] == [("facility-prod-db",), ("logs",), (), ()]
    assert events[2].error.startswith("AccessDenied: not")
    assert "\x1b" not in events[2].error
    assert (events[3].actor.kind, events[3].address) == (ActorKind.SERVICE, "cloudformation.amazonaws.com")


@pytest.mark.parametrize(
    "broken",
    [
        login() | {"CloudTrailEvent": "<html>"},
        login() | {"CloudTrailEvent": "[1]"},
        {key: value for key, value in login().items() if key != "CloudTrailEvent"},
        login(outcome="Maybe"),
        {key: value for key, value in login().items() if key != "EventId"},
        {key: value for key, value in login().items() if key != "EventTime"},
    ],
)
async def test_an_event_that_cannot_be_understood_is_counted(broken):
    lookup = await read_events(Canned(LookupEvents={"Events": [broken, login(5)]}))
    assert ([event.id for event in lookup.events], lookup.unreadable, lookup.is_complete) == (
        ["id-5"],
        1,
        False,
    )


async def read_events(canned, **options):
    return await CloudTrailReader(canned, pace=0).lookup(
        "ap-southeast-2", "EventName", "ConsoleLogin", since=AT, until=AT + timedelta(days=1), **options
    )


def pages(*answers):
    def answer(params):
        return answers[int(params.get("NextToken", "0"))]

    return answer


async def test_every_page_repeats_the_request_and_every_event_arrives_once():
    first = {"Events": [login(3), login(2)], "NextToken": "1"}
    last = {"Events": [login(2), login(1, userIdentity=ROOT)]}
    canned, counts = Canned(LookupEvents=pages(first, last)), []
    lookup = await read_events(canned, on_progress=counts.append)
    assert [event.id for event in lookup.events] == ["id-3", "id-2", "id-1"]
    assert (lookup.requests, lookup.is_complete, lookup.more, counts) == (2, True, False, [2, 3])
    before, after = canned.asked("LookupEvents")
    assert after == before | {"NextToken": "1"}
    assert before["MaxResults"] == 50
    assert {region for _name, _params, region in canned.calls} == {"ap-southeast-2"}


async def test_what_was_read_before_a_refusal_is_kept_and_not_whole():
    refused = failure(ProblemKind.THROTTLED)
    lookup = await read_events(Canned(LookupEvents=pages({"Events": [login()], "NextToken": "1"}, refused)))
    assert (len(lookup.events), lookup.problem, lookup.is_complete) == (1, refused.problem, False)


async def test_a_repeated_token_ends_the_listing():
    again = {"Events": [login()], "NextToken": "1"}
    lookup = await read_events(Canned(LookupEvents=pages(again, again)))
    assert (lookup.problem.kind, lookup.requests) == (ProblemKind.INCOMPLETE, 2)


@pytest.mark.parametrize(("events", "lost"), [(49, False), (50, False), (51, True), (120, True)])
async def test_a_full_page_without_its_token_is_not_the_end(events, lost):
    every = [login(number) for number in reversed(range(events))]

    def tokenless(params):
        return {"Events": [each for each in every if each["EventTime"] <= params["EndTime"]][:50]}

    lookup = await read_events(Canned(LookupEvents=tokenless))
    assert lookup.is_complete is not lost
    assert (lookup.problem is not None) is lost
    assert len(lookup.events) == min(events, 99)
    assert lookup.requests == (1 if events < 50 else 2)


async def test_no_more_pages_than_wanted():
    lookup = await read_events(Canned(LookupEvents=pages({"Events": [login()], "NextToken": "1"})), most=1)
    assert (lookup.requests, lookup.more, lookup.problem) == (1, True, None)


async def test_two_requests_a_second_and_region():
    class Skipping(ManualClock):
        async def sleep(self, seconds):
            self.advance(seconds)

    clock = Skipping(AT)
    pace = RequestPace(clock, 1, 0.5)
    departures = []
    for _request in range(3):
        await pace.turn()
        departures.append((clock.now() - AT).total_seconds())
    assert departures == [0.0, 0.5, 1.0]
    clock.advance(60)
    await pace.turn()
    assert clock.now() == AT + timedelta(seconds=61)
    reader = CloudTrailReader(Canned(LookupEvents={"Events": []}), pace=0.5, clock=clock)
    for region in ("us-east-1", "ap-southeast-2"):
        await reader.lookup(region, "EventName", "ConsoleLogin", since=AT, until=AT)
    assert clock.now() == AT + timedelta(seconds=61)
    await reader.lookup("us-east-1", "EventName", "CreateUser", since=AT, until=AT)
    assert clock.now() == AT + timedelta(seconds=61.5)


async def test_a_trail_is_asked_at_home_by_its_arn():
    trail = {
        "Name": "main",
        "TrailARN": "arn:trail/main",
        "HomeRegion": "us-east-1",
        "IsMultiRegionTrail": True,
    }
    status = {"IsLogging": False, "StopLoggingTime": AT, "LatestDeliveryError": "AccessDenied"}
    canned = Canned(DescribeTrails={"trailList": [trail]}, GetTrailStatus=status)
    (trail_status,) = await CloudTrailReader(canned).trails("ap-northeast-1")
    assert (trail_status.name, trail_status.region, trail_status.multi_region) == ("main", "us-east-1", True)
    assert (trail_status.logging, trail_status.delivery_error) == (False, "AccessDenied")
    assert canned.calls[1] == ("GetTrailStatus", {"Name": "arn:trail/main"}, "us-east-1")
    assert await CloudTrailReader(Canned(DescribeTrails={"trailList": []})).trails("ap-northeast-1") == ()
