import json
from dataclasses import replace
from datetime import timedelta
from random import Random

import pytest

from services.aws.regions import DEFAULT, Regions, missing_defaults
from services.demo.account import BY_DEFAULT
from services.demo.cloudtrail import TrailStore
from services.demo.trail_records import access, change
from services.inspections.sign_ins.reading import FEW_PAGES, Gathered, Purpose, Question
from services.models.cloudtrail import EnabledRegions, Lookup
from services.models.problem import ProblemKind
from services.models.verdict import Verdict
from tests.services.aws.canned import failure
from tests.services.inspections.sign_ins.test_sign_ins import finding_on, measure, rows
from tests.services.inspections.sign_ins.test_sign_ins_regions import (
    ELSEWHERE,
    QUIET,
    VIRGINIA,
    happened,
    week,
)

V = Verdict


def of_root(embedded, checks):
    """So many second factors of root, and before them an instance that root started."""
    random, at = Random(1), embedded.clock.now() - timedelta(hours=8)
    started = change(random, at, "RunInstances", "ec2.amazonaws.com", "root", ELSEWHERE, VIRGINIA)
    later = [at + timedelta(seconds=10 * number) for number in range(checks)]
    happened(
        embedded, started, *(access(random, each, "CheckMfa", "root", ELSEWHERE, VIRGINIA) for each in later)
    )


@QUIET
async def test_root_activity_behind_many_other_events_is_found_or_not_judged(embedded):
    acts = "Other events of root"
    of_root(embedded, 120)
    root_events = measure(await week(embedded), acts)
    assert (root_events.verdict, root_events.shown) == (V.ABNORMAL, "1")
    of_root(embedded, 50 * FEW_PAGES + 5)
    finding = await week(embedded)
    root_events = measure(finding, acts)
    assert (root_events.verdict, root_events.shown) == (V.UNKNOWN, "0 or more")
    assert measure(finding, "Regions read").note == f"not judged: {VIRGINIA}"
    assert any(each.startswith(f"{VIRGINIA}: only the newest 500 events of root") for each in finding.remarks)
    assert (
        next(row for row in rows(finding, "By region").rows if row.cells[0] == VIRGINIA).verdict is V.UNKNOWN
    )


@pytest.mark.parametrize("purpose", [Purpose.SIGN_IN, Purpose.ROOT, Purpose.GRAVE])
def test_nothing_read_through_an_endless_page_is_whole(purpose):
    part = Lookup(region=VIRGINIA, value="", more=True)
    gathered = Gathered(answers=[(Question(VIRGINIA, purpose, "x"), part)])
    assert not gathered.is_complete(purpose)
    assert gathered.unjudged() == (VIRGINIA,)
    assert not Gathered(regions=EnabledRegions(problem=failure(ProblemKind.INCOMPLETE).problem)).is_complete(
        purpose
    )


@pytest.mark.scenario("root-keys", history=300)
@pytest.mark.parametrize("half", [0, 1])
async def test_a_default_region_that_is_not_listed_is_read_and_reported(embedded, monkeypatch, half):
    whole = await week(embedded)
    monkeypatch.setattr("services.demo.account.BY_DEFAULT", BY_DEFAULT[half::2])
    finding = await week(embedded)
    regions_read = measure(finding, "Regions read")
    assert (regions_read.verdict, regions_read.shown) == (V.UNKNOWN, "18 of 18")
    lost = ", ".join(each for each in DEFAULT if each not in BY_DEFAULT[half::2])
    assert f"Not judged: AWS did not list {lost}; it was queried anyway." in finding.remarks
    assert not any("could not be read" in each for each in finding.remarks)
    for of_whole in whole.measures:
        assert measure(finding, of_whole.title).verdict is not V.NORMAL or of_whole.verdict is V.NORMAL
    assert measure(finding, "Other events of root").verdict is V.ABNORMAL


@QUIET
async def test_a_region_that_one_list_lacks_and_the_other_has_is_no_problem(embedded, monkeypatch):
    listed = Regions.listed
    monkeypatch.setattr(Regions, "listed", lambda self: _but_one(listed(self)))
    finding = await week(embedded)
    assert (finding.verdict, measure(finding, "Regions read").shown) == (V.NORMAL, "17 of 17")


async def _but_one(names):
    return (await names)[1:]


def test_accounts_of_other_partitions_have_none_of_the_default_regions():
    assert missing_defaults(["cn-north-1", "cn-northwest-1"]) == ()
    assert missing_defaults(DEFAULT) == ()
    assert missing_defaults(["us-gov-west-1", "us-east-1"]) == tuple(
        each for each in DEFAULT if each != "us-east-1"
    )


@pytest.mark.scenario("stranger", history=300)
@pytest.mark.parametrize(
    ("name", "listed"),
    [("\ud800", ""), ("temp-admi\ud800", ""), ("", ""), (None, ""), (7, ""), ("other", "temp-admin")],
)
async def test_a_failure_whose_name_cannot_be_read_counts_as_the_same_persons(embedded, name, listed):
    with embedded.world.lock:
        entries = embedded.world.component(TrailStore).scenario_entries
        failed = [
            place
            for place, each in enumerate(entries)
            if '"Failure"' in each.record and each.username == "temp-admin"
        ]
        for place in failed[:2]:
            record = json.loads(entries[place].record)
            record["userIdentity"]["userName"] = name
            entries[place] = replace(entries[place], record=json.dumps(record), username=listed)
    finding = await week(embedded)
    failures = measure(finding, "Failed sign-ins")
    assert (failures.verdict, failures.value) == (V.ABNORMAL, 4)
    assert failures.note == "2 with an unreadable name, counted for every person"
    assert any("name cannot be read" in row.cells[2] for row in rows(finding, "Sign-ins to review").rows)
    assert {each.value for each in finding.unfamiliar} == {"temp-admin", ELSEWHERE}


@pytest.mark.parametrize("figure", ["AccountAccessKeysPresent", "AccountMFAEnabled"])
async def test_a_root_figure_that_is_no_number_is_reported(figure):
    summary = {"AccountAccessKeysPresent": 0, "AccountMFAEnabled": 1} | {figure: -1}
    finding, _canned = await finding_on(GetAccountSummary={"SummaryMap": summary})
    assert finding.verdict is V.UNKNOWN
    assert f"IAM returned an unreadable value for {figure}." in finding.remarks
