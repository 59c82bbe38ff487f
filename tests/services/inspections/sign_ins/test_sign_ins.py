from datetime import UTC, datetime, timedelta

import pytest

from services.aws.regions import DEFAULT
from services.calendar.calendar import Calendar
from services.clock import ManualClock
from services.inspections.allow_list import AllowList
from services.inspections.base import InspectionContext, InspectionRequest
from services.inspections.registry import make
from services.inspections.sign_ins.sign_ins_inspection import SignIns
from services.models.findings import Progress
from services.models.problem import ProblemKind
from services.models.verdict import Verdict
from services.runbook.loader import load_builtin, loads
from tests.services.aws.canned import Canned, failure
from tests.services.aws.test_cloudtrail import ROOT, login, row
from tests.services.inspections.running_world import missing_setting, run_inspection

BOOK = load_builtin("facility-prod")
NOW = datetime(2026, 1, 14, 1, 0, tzinfo=UTC)
OTHER = """
version = 1
[system]
id = "library"
title = "Library"
environment = "test"
account = "210987654321"
region = "eu-west-1"
timezone = "Europe/Berlin"
[trail]
sign_in_regions = ["eu-west-1"]
known_people = ["anaya"]
"""


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(SignIns, "pace", 0.0)
    return


def measure(finding, title):
    return next(each for each in finding.measures if each.title == title)


def rows(finding, title):
    return next(each for each in finding.evidence if each.title == title)


async def monthly(embedded, **more):
    return await run_inspection(embedded, "sign-ins", since=embedded.clock.now() - timedelta(days=30), **more)


@pytest.mark.slow
@pytest.mark.scenario("ordinary-day", history=300)
async def test_an_ordinary_month_is_normal_and_says_how_it_was_read(embedded):
    progress: list[Progress] = []
    finding = await monthly(embedded, progress=progress)
    assert finding.verdict is Verdict.NORMAL, finding.summary
    assert not finding.advice
    assert {each.verdict for each in finding.measures} == {Verdict.NORMAL}
    regions = {row.cells[0]: int(row.cells[1]) for row in rows(finding, "By region").rows}
    assert len(regions) == 17
    assert measure(finding, "Regions read").shown == "17 of 17"
    assert regions["ap-southeast-2"] > regions["ap-northeast-1"]
    assert regions["eu-north-1"] == 0
    remarks = " ".join(finding.remarks)
    assert "81 requests to 17 regions" in remarks
    assert "S3 objects" in remarks
    assert "DeleteLogGroup" in remarks
    assert progress[-1].done == progress[-1].total == 73
    assert any("ap-southeast-2" in each.text for each in progress)
    # A user whom the runbook does not know is no reason to read the keys of anybody.
    nobody = BOOK.model_copy(
        update={"trail": BOOK.trail and BOOK.trail.model_copy(update={"known_networks": ()})}
    )
    strange = await monthly(embedded, runbook=nobody)
    assert strange.verdict is Verdict.ATTENTION
    networks = frozenset(each.network for each in strange.unfamiliar)
    assert (
        await monthly(embedded, runbook=nobody, allow_list=AllowList(networks=networks))
    ).verdict is Verdict.NORMAL


@pytest.mark.slow
@pytest.mark.scenario("root-sign-in", history=300)
async def test_trap_7_root_from_sydney_without_mfa_on_a_sunday(embedded):
    finding = await monthly(embedded)
    assert finding.verdict is Verdict.ABNORMAL
    assert {each.title for each in finding.measures if each.verdict is not Verdict.NORMAL} == {
        "Root sign-ins",
        "Sign-ins without MFA",
        "Sign-ins outside opening hours",
    }
    (sign_in,) = rows(finding, "Sign-ins to review").rows
    assert sign_in.verdict is Verdict.ABNORMAL
    assert sign_in.cells[0] == "01-11(Sun) 03:12"
    assert sign_in.cells[1:3] == ("root", "root, without MFA, outside opening hours")
    assert sign_in.cells[-1] == "ap-southeast-2"
    assert "security incident" in finding.advice[0]
    # Tokyo alone, as the written runbook asks, finds nothing; and nothing is not normal.
    trail = BOOK.trail and BOOK.trail.model_copy(update={"sign_in_regions": ("ap-northeast-1",)})
    tokyo = BOOK.model_copy(update={"trail": trail})
    assert (await monthly(embedded, runbook=tokyo)).verdict is Verdict.ABNORMAL
    embedded.fault("account", preset="denied")
    embedded.fault("ec2", preset="denied")
    alone = await monthly(embedded, runbook=tokyo)
    assert (alone.verdict, measure(alone, "Root sign-ins").value) == (Verdict.UNKNOWN, 0)
    assert (await run_inspection(embedded, "access-keys")).verdict is Verdict.NORMAL


@pytest.mark.slow
@pytest.mark.scenario("stranger", history=300)
async def test_trap_8_an_unknown_identity_and_what_it_did(embedded):
    finding = await monthly(embedded)
    assert finding.verdict is Verdict.ABNORMAL
    assert measure(finding, "Failed sign-ins").value == 4
    assert measure(finding, "Failed sign-ins").verdict is Verdict.ABNORMAL
    changed = rows(finding, "Destructive and security-relevant changes").rows
    assert [each.cells[1:3] for each in changed] == [
        ("temp-admin", "DeleteDBSnapshot"),
        ("temp-admin", "CreateAccessKey"),
    ]
    assert measure(finding, "Destructive changes").note == "1 of them refused by AWS"
    assert "Destructive changes: 1 (1 of them refused by AWS)" in finding.summary
    (user,) = rows(finding, "Unexpected IAM users").rows
    assert user.cells[0] == "temp-admin"
    assert "CreateAccessKey ×1" in user.cells[-1]
    assert [(each.kind, each.value) for each in finding.unfamiliar] == [
        ("person", "temp-admin"),
        ("network", "192.0.2.77"),
    ]
    assert (await run_inspection(embedded, "access-keys")).verdict is Verdict.NORMAL
    embedded.fault("iam", preset="denied")
    denied = await monthly(embedded)
    assert measure(denied, "Unexpected IAM users").verdict is Verdict.UNKNOWN
    assert any("iam:ListUsers" in each for each in denied.remarks)
    embedded.fault("cloudtrail", preset="denied")
    before = embedded.counts()["cloudtrail.LookupEvents"]
    nothing = await monthly(embedded)
    assert nothing.verdict is Verdict.UNKNOWN
    assert nothing.problem.permission == "cloudtrail:LookupEvents"
    # What a region refuses once is not asked again.
    assert embedded.counts()["cloudtrail.LookupEvents"] - before == 17


# On canned answers


def regions(*names):
    return {"Regions": [{"RegionName": name} for name in names]}


def answers(**more):
    trail = {"Name": "t", "TrailARN": "arn:t", "HomeRegion": "eu-west-1", "IsMultiRegionTrail": True}
    return {
        "ListRegions": regions(*DEFAULT),
        "GetAccountSummary": {"SummaryMap": {"AccountAccessKeysPresent": 0, "AccountMFAEnabled": 1}},
        "ListUsers": {"Users": []},
        "DescribeTrails": {"trailList": [trail]},
        "GetTrailStatus": {"IsLogging": True},
        "LookupEvents": {"Events": []},
    } | more


def _context(runbook, canned):
    return InspectionContext(
        runbook=runbook,
        calendar=Calendar(runbook),
        clock=ManualClock(NOW),
        region=runbook.system.region,
        reader=canned,
    )


async def finding_on(runbook=None, *, since=NOW - timedelta(days=30), refusing="", **more):
    runbook = runbook or loads(OTHER).runbook
    canned = Canned(**answers(**more))
    of_script = canned.answers["LookupEvents"]

    def lookup(params):
        """What the script says; the event history as a whole goes on to the end. `refusing`: a region that denies all."""
        if canned.calls[-1][2] == refusing:
            return failure(ProblemKind.ACCESS_DENIED, "Permission missing: cloudtrail:LookupEvents.")
        if "LookupAttributes" not in params:
            canned.calls.pop()
            return {"Events": [login(0) | {"EventTime": NOW - timedelta(minutes=5)}]}
        return of_script(params) if callable(of_script) else of_script

    canned.answers["LookupEvents"] = lookup
    inspection_context = _context(runbook, canned)
    return await make(inspection_context, "sign-ins").run(InspectionRequest(since=since, until=NOW)), canned


async def test_a_region_that_cannot_be_read_is_no_quiet_region():
    denied = failure(ProblemKind.ACCESS_DENIED, "Permission missing: cloudtrail:LookupEvents.")
    count = 0

    def once(_params):
        nonlocal count
        count += 1
        return denied if count == 1 else {"Events": []}

    runbook = loads(OTHER.replace('["eu-west-1"]', '["us-east-2", "eu-west-1"]')).runbook
    finding, _canned = await finding_on(runbook, LookupEvents=once)
    assert finding.verdict is Verdict.UNKNOWN
    assert measure(finding, "Root sign-ins").verdict is Verdict.UNKNOWN
    assert measure(finding, "Root sign-ins").shown == "0 or more"
    assert rows(finding, "By region").rows[0].verdict is Verdict.UNKNOWN
    assert measure(finding, "Regions read").verdict is Verdict.UNKNOWN
    assert any("ap-northeast-1" in each and "cloudtrail:LookupEvents" in each for each in finding.remarks)


@pytest.mark.parametrize("is_home", [False, True])
@pytest.mark.parametrize("answers", [False, True])
async def test_a_region_declared_as_denied_is_left_out_and_judged_if_it_answers(answers, is_home):
    region = "eu-west-1" if is_home else "us-east-2"
    declared = f'[[trail.denied_regions]]\nregion = "{region}"\nreason = "Control Tower: RegionDeny"\n'
    finding, _canned = await finding_on(loads(OTHER + declared).runbook, refusing="" if answers else region)
    plain, _canned = await finding_on()
    remarks = [each for each in finding.remarks if region in each and "denied_regions" in each]
    if is_home and not answers:
        assert finding.verdict is Verdict.UNKNOWN, "the system's own region is never left out"
        return
    assert finding.verdict is plain.verdict
    assert len(remarks) == 1
    assert ("Control Tower: RegionDeny" in remarks[0]) is not answers
    assert (region in str(rows(finding, "By region").rows)) is answers


@pytest.mark.parametrize(
    ("event", "verdict"),
    [
        (login(outcome="Maybe"), Verdict.UNKNOWN),
        # Whether with MFA is not known, but that nobody knows her is.
        (login(mfa="", userIdentity={"type": "IAMUser", "userName": "anaya"}), Verdict.ATTENTION),
        (login(mfa="YES", userIdentity=ROOT), Verdict.ABNORMAL),
    ],
)
async def test_what_the_event_does_not_say_is_not_normal(event, verdict):
    finding, _canned = await finding_on(LookupEvents={"Events": [event]})
    assert finding.verdict is verdict
    unsaid = {each.title for each in finding.measures if Verdict.UNKNOWN in each.verdicts}
    assert bool(unsaid - {"Destructive changes", "Security-relevant changes"}) is (
        verdict is not Verdict.ABNORMAL
    )
    assert measure(finding, "Sign-ins without MFA").verdict in (Verdict.UNKNOWN, Verdict.NORMAL)


async def test_ninety_days_at_most_with_an_overlap_and_what_is_unseen():
    finding, canned = await finding_on(since=NOW - timedelta(days=120))
    asked = canned.asked("LookupEvents")
    assert {each["StartTime"] for each in asked} == {NOW - timedelta(days=90)}
    assert any(each.startswith("Not covered: before 2025-10-16") for each in finding.remarks)
    _finding, canned = await finding_on(since=NOW - timedelta(days=31))
    assert {each["StartTime"] for each in canned.asked("LookupEvents")} == {NOW - timedelta(days=31, hours=3)}


@pytest.mark.parametrize(
    ("more", "shown", "remark"),
    [
        ({"DescribeTrails": {"trailList": []}}, "none", "90 days is lost"),
        ({"GetTrailStatus": {"IsLogging": False}}, "stopped", "90 days is lost"),
        (
            {"GetTrailStatus": {"IsLogging": True, "LatestDeliveryError": "NoSuchBucket"}},
            "logging, but files do not arrive",
            "NoSuchBucket",
        ),
        ({"DescribeTrails": failure(ProblemKind.ACCESS_DENIED, "no DescribeTrails")}, "not read", "no Descr"),
    ],
)
async def test_the_trail_itself(more, shown, remark):
    finding, _canned = await finding_on(**more)
    trail = measure(finding, "Trail")
    assert trail.shown == shown
    assert trail.verdict in (Verdict.ATTENTION, Verdict.UNKNOWN)
    assert finding.verdict is trail.verdict
    assert any(remark in each for each in finding.remarks)


async def test_another_system_has_its_own_regions_and_hours():
    night = login(9 * 60, userIdentity={"type": "IAMUser", "userName": "anaya"})
    finding, canned = await finding_on(LookupEvents={"Events": [night]})
    home = {"DescribeTrails", "GetTrailStatus"}
    assert {region for name, _params, region in canned.calls if name in home} == {"eu-west-1"}
    assert measure(finding, "Sign-ins outside opening hours").value == 1
    assert any("grave_events" in each for each in finding.remarks)
    assert measure(finding, "Destructive changes").verdict is Verdict.UNKNOWN
    quiet, _canned = await finding_on()
    assert quiet.verdict is Verdict.UNKNOWN
    assert {each.title for each in quiet.measures if each.verdict is not Verdict.NORMAL} == {
        "Destructive changes",
        "Security-relevant changes",
    }
    assert any("right regions" in each for each in quiet.remarks)


async def test_who_changed_what_where_and_from_where():
    event = row(1, name="DeleteBucket", requestParameters={"bucketName": "b"}, awsRegion="eu-west-1")
    runbook = loads(OTHER + 'grave_events = ["DeleteBucket"]\n').runbook

    def by_name(params):
        wanted = params["LookupAttributes"][0]["AttributeValue"]
        return {"Events": [event] if wanted == "DeleteBucket" else []}

    finding, _canned = await finding_on(runbook, LookupEvents=by_name)
    (changed,) = rows(finding, "Destructive and security-relevant changes").rows
    assert changed.cells[1:] == ("Anaya", "DeleteBucket", "b", "192.0.2.0", "eu-west-1", "carried out")
    assert finding.verdict is Verdict.ABNORMAL


def test_what_the_runbook_must_have():
    assert missing_setting("sign-ins", BOOK.model_copy(update={"trail": None})) == "trail"
    empty = BOOK.trail and BOOK.trail.model_copy(update={"sign_in_regions": ()})
    assert missing_setting("sign-ins", BOOK.model_copy(update={"trail": empty})) == "trail.sign_in_regions"


def test_the_first_window_reaches_as_far_back_as_the_runbook_says():
    inspection = make(_context(BOOK, Canned()), "sign-ins")
    assert inspection.first_since(NOW) == NOW - timedelta(days=30)
