"""The inspection of sign-ins asks every enabled region for everything that matters, and says what was not asked."""

import json
from datetime import timedelta
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.aws.client.errors import Incomplete
from services.aws.cloudtrail.events import event_of
from services.aws.iam.access_keys import RootUsers
from services.aws.regions import DEFAULT, Regions
from services.demo.cloudtrail import TrailStore
from services.demo.trail_records import access, change, sign_in
from services.inspections.sign_ins.reading import EVERY_WRITE, Purpose, Question, plan
from services.models.cloudtrail import AccessEvent
from services.models.problem import ProblemKind
from services.models.runbook_inspections import Trail
from services.models.verdict import DISPLAY_ORDER, Verdict
from services.runbook.loader import loads
from tests.services.aws.canned import Canned, failure
from tests.services.aws.test_cloudtrail import HIDDEN, ROLE, ROOT, login, row
from tests.services.inspections.running_world import run_inspection
from tests.services.inspections.sign_ins.test_sign_ins import OTHER, finding_on, measure, regions, rows

V = Verdict
QUIET = pytest.mark.scenario("ordinary-day", history=300)
SYDNEY, OSAKA, VIRGINIA, PARIS = "ap-southeast-2", "ap-northeast-3", "us-east-1", "eu-west-3"
OFFICE, ELSEWHERE = "203.0.113.5", "192.0.2.77"


async def week(embedded):
    return await run_inspection(embedded, "sign-ins", since=embedded.clock.now() - timedelta(days=7))


def bad(finding):
    return {each.title: each.verdict for each in finding.measures if each.verdict is not V.NORMAL}


def happened(embedded, *entries):
    with embedded.world.lock:
        embedded.world.component(TrailStore).scenario_entries = list(entries)


@pytest.mark.scenario("root-keys", history=300)
async def test_what_a_fixed_list_of_regions_and_one_event_name_would_miss(embedded):
    finding = await week(embedded)
    assert finding.verdict is V.ABNORMAL
    assert bad(finding) == {
        "Root password recoveries": V.ABNORMAL,
        "Other sign-in events to review": V.ATTENTION,
        "Unknown addresses": V.ATTENTION,
        "Unknown users": V.ATTENTION,
        "Destructive changes": V.ABNORMAL,
        "Other events of root": V.ABNORMAL,
        "Root's access keys": V.ABNORMAL,
        "Root's MFA": V.ABNORMAL,
    }
    assert measure(finding, "Regions read").shown == "18 of 18"
    (signed_in,) = rows(finding, "Sign-ins to review").rows
    assert signed_in.cells[-1] == "ap-southeast-4"
    assert [
        (each.cells[1], each.cells[-1]) for each in rows(finding, "Other sign-in events to review").rows
    ] == [
        ("PasswordRecoveryCompleted", VIRGINIA),
        ("SwitchRole", "ap-northeast-1"),
        ("PasswordRecoveryRequested", VIRGINIA),
    ]
    changed = rows(finding, "Destructive and security-relevant changes").rows
    assert [(each.cells[2], each.cells[5]) for each in changed] == [
        ("RunInstances", "sa-east-1"),
        ("DeleteLogGroup", OSAKA),
    ]
    assert "Enable MFA for root." in finding.advice
    assert {each.value for each in finding.unfamiliar} == {"temp-admin", "somebody", ELSEWHERE}


@QUIET
async def test_a_region_that_is_throttled_or_refused_is_not_judged_and_named(embedded):
    embedded.fault("cloudtrail", "LookupEvents", preset="denied", times=1)
    finding = await week(embedded)
    regions_read = measure(finding, "Regions read")
    assert (regions_read.verdict, regions_read.shown) == (V.UNKNOWN, "16 of 17")
    missed = str(regions_read.note).removeprefix("not judged: ")
    assert any(each.startswith(f"Not read in {missed}: ") for each in finding.remarks)
    assert finding.verdict is V.UNKNOWN
    embedded.fault("cloudtrail", "LookupEvents", preset="throttled")
    finding = await week(embedded)
    assert (finding.verdict, measure(finding, "Regions read").shown) == (V.UNKNOWN, "0 of 17")


@QUIET
async def test_when_the_enabled_regions_are_unknown(embedded):
    embedded.fault("account", "ListRegions", preset="denied")
    finding = await week(embedded)
    assert (finding.verdict, measure(finding, "Regions read").shown) == (V.NORMAL, "17 of 17")
    assert embedded.counts()["ec2.DescribeRegions"] == 1
    embedded.fault("ec2", "DescribeRegions", preset="denied")
    finding = await week(embedded)
    regions_read = measure(finding, "Regions read")
    assert (finding.verdict, regions_read.verdict, regions_read.shown) == (V.UNKNOWN, V.UNKNOWN, "5 of 5")
    remark = next(each for each in finding.remarks if each.startswith("Not judged: the enabled regions"))
    assert "account:ListRegions" in remark
    assert SYDNEY in remark
    # What is seen in them all the same is not hidden.
    happened(embedded, sign_in(Random(1), embedded.clock.now() - timedelta(days=1), "root", OFFICE, VIRGINIA))
    assert (await week(embedded)).verdict is V.ABNORMAL


@pytest.mark.slow
@QUIET
async def test_an_event_in_a_region_that_the_runbook_does_not_list(embedded):
    random, at = Random(1), embedded.clock.now() - timedelta(hours=20)

    async def seen(*entries):
        happened(embedded, *entries)
        return bad(await week(embedded))

    assert await seen(access(random, at, "SwitchRole", "sato.kenji", OFFICE, PARIS)) == {}
    deleted = change(
        random, at, "DeleteBucket", "s3.amazonaws.com", "sato.kenji", OFFICE, PARIS, resource="b"
    )
    assert await seen(
        sign_in(random, at, "root", OFFICE, PARIS),
        access(random, at, "SwitchRole", "sato.kenji", OFFICE, OSAKA, success=False),
        access(random, at, "CheckMfa", "sato.kenji", OFFICE, PARIS, success=False),
        deleted,
    ) == {
        "Root sign-ins": V.ABNORMAL,
        "Other sign-in events to review": V.ATTENTION,
        "Destructive changes": V.ABNORMAL,
    }
    # So many changes in one region that it is asked for the names one by one.
    many = [
        change(
            random,
            at + timedelta(seconds=number),
            "RunTask",
            "ecs.amazonaws.com",
            "sato.kenji",
            OFFICE,
            PARIS,
        )
        for number in range(200)
    ]
    assert await seen(deleted, *many) == {"Destructive changes": V.ABNORMAL}


@QUIET
async def test_root_and_iam_may_be_unreadable(embedded):
    embedded.fault("iam", "GetAccountSummary", preset="denied")
    finding = await week(embedded)
    assert bad(finding) == {"Root's access keys": V.UNKNOWN, "Root's MFA": V.UNKNOWN}
    assert any("iam:GetAccountSummary" in each for each in finding.remarks)


@pytest.mark.scenario("root-keys", history=300)
async def test_roots_keys_are_reported_though_no_region_answers(embedded):
    embedded.fault("cloudtrail", preset="denied")
    finding = await week(embedded)
    assert finding.verdict is V.ABNORMAL
    assert finding.problem is not None
    assert "Root's access keys: 1" in finding.summary


# On canned answers

NAMES = ("us-east-1", "ap-northeast-1", "ap-northeast-3", "eu-west-3", "sa-east-1", "af-south-1")


@given(
    st.sets(st.sampled_from(NAMES)),
    st.sampled_from(NAMES),
    st.sets(st.sampled_from(("DeleteBucket", "StopLogging"))),
    st.lists(st.sampled_from(("a", "b")), max_size=2, unique=True),
)
def test_every_enabled_region_is_sent_every_query(enabled, home, grave, unknown_names):
    spec = Trail(
        sign_in_regions=("eu-west-3",), grave_events=tuple(sorted(grave)), global_events=("CreateUser",)
    )
    questions = plan(spec, home, sorted(enabled), unknown_names)
    for region in {*(enabled or {"eu-west-3"}), home, "us-east-1"}:
        asked = {(each.key, each.value) for each in questions if each.region == region}
        assert {("EventSource", "signin.amazonaws.com"), ("Username", "root")} <= asked
        assert {("Username", each) for each in unknown_names} <= asked
        by_name = {("EventName", each) for each in grave}
        assert by_name <= asked or ("ReadOnly", EVERY_WRITE) in asked
    assert Question("us-east-1", Purpose.GLOBAL, "CreateUser") in questions
    assert len(set(questions)) == len(questions)


async def test_a_page_limit_is_a_region_that_is_not_judged(monkeypatch):
    monkeypatch.setattr("services.aws.cloudtrail.reader.PAGES", 2)
    number = 0

    def endless(params):
        nonlocal number
        number += 1
        if params["LookupAttributes"][0]["AttributeKey"] != "EventSource":
            return {"Events": []}
        return {"Events": [], "NextToken": f"{number}"}

    finding, canned = await finding_on(LookupEvents=endless)
    assert (finding.verdict, measure(finding, "Regions read").shown) == (V.UNKNOWN, "0 of 17")
    assert any("More than 2 pages." in each for each in finding.remarks)
    # Its other questions are asked all the same.
    assert {each["LookupAttributes"][0]["AttributeKey"] for each in canned.asked("LookupEvents")} == {
        "EventSource",
        "Username",
    }


async def test_every_question_about_sign_ins_is_by_the_source(embedded):
    finding, canned = await finding_on(ListRegions=regions(*DEFAULT, "af-south-1"))
    asked = [params["LookupAttributes"][0] for params in canned.asked("LookupEvents")]
    source = {"AttributeKey": "EventSource", "AttributeValue": "signin.amazonaws.com"}
    assert asked.count(source) == 18
    assert not any(each["AttributeValue"] == "ConsoleLogin" for each in asked)
    assert any(each.startswith("Every enabled region was queried: ") for each in finding.remarks)
    (call,) = canned.asked("ListRegions")
    assert call == {"RegionOptStatusContains": ["ENABLED", "ENABLED_BY_DEFAULT"]}


IDENTITY_CENTER = {"type": "IdentityCenterUser", "accountId": "1", "onBehalfOf": {"userId": "u"}}


@pytest.mark.parametrize(
    ("event", "reasons", "verdict"),
    [
        (row(name="PasswordRecoveryCompleted", userIdentity=ROOT), "root's password was reset", V.ABNORMAL),
        (row(name="PasswordRecoveryRequested", userIdentity=ROOT), "recovery of root's password", V.ATTENTION),
        (row(name="EmailUpdated", userIdentity=ROOT), "root", V.ABNORMAL),
        (row(name="SwitchRole", userIdentity=ROLE, responseElements={"SwitchRole": "Success"}), "unknown address, unknown person", V.ATTENTION),
        (row(name="SwitchRole", userIdentity=ROLE), "outcome not recorded, unknown address", V.ATTENTION),
        (row(name="CheckMfa", responseElements={"CheckMfa": "Failure"}), "failed", V.ATTENTION),
        (row(name="UserAuthentication", userIdentity=IDENTITY_CENTER), "unknown address, unknown person", V.ATTENTION),
        (
            row(name="CredentialVerification", userIdentity=HIDDEN, serviceEventDetails={"CredentialVerification": "Failure"}),
            "failed",
            V.ATTENTION,
        ),
        (row(name="SomethingNew", errorMessage="no"), "failed", V.ATTENTION),
    ],
)  # fmt: skip
async def test_events_of_the_sign_in_service(event, reasons, verdict):
    finding, _canned = await finding_on(LookupEvents={"Events": [event]})
    (listed,) = rows(finding, "Other sign-in events to review").rows
    assert listed.cells[3].startswith(reasons)
    assert listed.verdict is verdict
    assert finding.verdict is verdict
    unsaid = measure(finding, "Other sign-in events to review").partial
    assert unsaid is ("not recorded" in reasons)


@pytest.mark.parametrize(
    ("summary", "keys", "mfa"),
    [
        ({"AccountAccessKeysPresent": 0, "AccountMFAEnabled": 1}, V.NORMAL, V.NORMAL),
        ({"AccountAccessKeysPresent": 2, "AccountMFAEnabled": 0}, V.ABNORMAL, V.ABNORMAL),
        ({"AccountAccessKeysPresent": 0}, V.NORMAL, V.UNKNOWN),
        ({}, V.UNKNOWN, V.UNKNOWN),
    ],
)
async def test_roots_own_keys_and_second_factor(summary, keys, mfa):
    finding, _canned = await finding_on(GetAccountSummary={"SummaryMap": summary})
    assert measure(finding, "Root's access keys").verdict is keys
    assert measure(finding, "Root's MFA").verdict is mfa
    root = await RootUsers(Canned(GetAccountSummary={"SummaryMap": summary})).root()
    assert root.access_keys == summary.get("AccountAccessKeysPresent")


@pytest.mark.parametrize(
    "answered", [{"Regions": []}, {"Regions": [{}]}, regions("us-east-1", "evil.example/x")]
)
async def test_regions_without_names_are_incomplete(answered):
    for reading in (
        Regions(Canned(ListRegions=answered)).listed(),
        Regions(Canned(DescribeRegions=answered)).described(),
    ):
        with pytest.raises(Incomplete):
            await reading
    assert await Regions(Canned(DescribeRegions=regions("us-east-1"))).described() == ("us-east-1",)


def recorded(event):
    """As the user guide's records are: with everything that LookupEvents lists beside them."""
    record = json.loads(event["CloudTrailEvent"])
    listed = {"eventID": event["EventId"], "eventSource": event["EventSource"]}
    return event | {
        "CloudTrailEvent": json.dumps(record | listed),
        "ReadOnly": "false",
        "Username": "somebody",
    }


CHANGED = row(name="DeleteBucket", requestParameters={"bucketName": "b"}) | {
    "EventSource": "s3.amazonaws.com"
}
SIGNIN = "signin.amazonaws.com"
TROUBLES: dict[str, tuple[str, Any]] = {
    "root signed in": ("LookupEvents", login(userIdentity=ROOT, mfa="No")),
    "no MFA": ("LookupEvents", login(mfa="No")),
    "failed": ("LookupEvents", login(outcome="Failure")),
    "recovery": ("LookupEvents", row(name="PasswordRecoveryCompleted", userIdentity=ROOT)),
    "switched role": ("LookupEvents", row(name="SwitchRole", userIdentity=ROLE, responseElements={"SwitchRole": "Success"})),
    "bucket": ("LookupEvents", CHANGED),
    "root acted": ("LookupEvents", row(name="RunInstances", userIdentity=ROOT) | {"EventSource": "ec2.amazonaws.com"}),
    "root's keys": ("GetAccountSummary", {"SummaryMap": {"AccountAccessKeysPresent": 1, "AccountMFAEnabled": 0}}),
    "regions": ("ListRegions", regions(*DEFAULT)),
}  # fmt: skip


QUESTIONS = {"bucket": "DeleteBucket", "root acted": "root"}


def losses(answer):
    """The answer with a key lost, null, of another type, or cut short, one after another, at every depth."""
    if isinstance(answer, dict):
        for name, value in answer.items():
            yield {key: item for key, item in answer.items() if key != name}
            for other in (None, *(losses(value) if isinstance(value, dict | list) else ())):
                yield answer | {name: other}
            if name == "CloudTrailEvent":
                yield answer | {name: value[: len(value) // 2]}
                for record in losses(json.loads(value)):
                    yield answer | {name: json.dumps(record)}
    elif isinstance(answer, list):
        for place, value in enumerate(answer):
            for item in losses(value):
                yield [*answer[:place], item, *answer[place + 1 :]]
    if isinstance(answer, dict | list):
        return
    yield from ([], 7, "\ud800", float("nan"))


@pytest.mark.parametrize("trouble", list(TROUBLES))
async def test_a_damaged_answer_is_never_judged_better(trouble):
    book = loads(OTHER + 'grave_events = ["DeleteBucket"]\nglobal_events = ["CreateUser"]\n').runbook
    operation, whole = TROUBLES[trouble]
    if operation == "LookupEvents":
        whole = {"Events": [recorded(whole)]}

    async def judged(answer):
        required = {"LookupEvents": "Events", "GetAccountSummary": "SummaryMap", "ListRegions": "Regions"}
        refused = required[operation] not in answer or answer[required[operation]] is None
        error = failure(ProblemKind.INCOMPLETE)  # what the session makes of an answer without it
        answered = error if refused else answer

        def asked(params):
            value = params["LookupAttributes"][0]["AttributeValue"]
            return answered if value == QUESTIONS.get(trouble, SIGNIN) else {"Events": []}

        more = {operation: asked if operation == "LookupEvents" else answered}
        finding, _canned = await finding_on(book, DescribeRegions=error, **more)
        return finding

    before, tried = (await judged(whole)).verdict, 0
    assert (before is V.NORMAL) is (trouble == "regions")
    for damaged in losses(whole):
        after = await judged(damaged)
        tried += 1
        assert not after.complete or DISPLAY_ORDER.index(after.verdict) <= DISPLAY_ORDER.index(before), (
            damaged
        )
    assert tried > 4
    assert isinstance(event_of(row(name="CheckMfa"), VIRGINIA), AccessEvent)


@pytest.mark.parametrize(
    "event",
    [
        row(userIdentity={"type": {"a": 1}}),
        row(userIdentity={"type": "Root\ufffd", "userName": "root"}),
        row(userIdentity={"invokedBy": "ecs.amazonaws.com", "arn": ROOT["arn"]}),
        row(eventID="another"),
        row(eventTime="2001-01-01T00:00:00Z"),
        row(name="SwitchRole", responseElements="x"),
        row(name="SwitchRole", responseElements={"SwitchRole": "no such word"}),
        row() | {"EventName": "CheckMf"},
    ],
)
def test_a_contradictory_or_anonymous_event_is_not_understood(event):
    assert event_of(event, VIRGINIA) is None
