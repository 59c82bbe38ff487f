from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.aws.client.errors import AccessDenied
from services.calendar.calendar import Calendar
from services.clock import ManualClock
from services.inspections.access_keys.access_keys_inspection import KeyRules
from services.inspections.base import InspectionContext, InspectionRequest
from services.inspections.registry import make
from services.inspections.sign_ins.sign_ins_inspection import SignIns
from services.models.base import RawId
from services.models.iam import AccessKey, KeyUse
from services.models.problem import ProblemKind
from services.models.verdict import Verdict
from services.runbook.loader import load_builtin
from tests.services.aws.canned import Canned, failure
from tests.services.inspections.running_world import missing_setting, run_inspection

BOOK = load_builtin("facility-prod")
NOW = datetime(2026, 1, 14, 1, 0, tzinfo=UTC)  # A Wednesday, 10:00 JST


@pytest.mark.scenario("old-key", history=300)
async def test_a_key_of_91_days(embedded, monkeypatch):
    monkeypatch.setattr(SignIns, "pace", 0.0)
    finding = await run_inspection(embedded, "access-keys")
    assert finding.verdict is Verdict.ABNORMAL
    assert "ci-cd-user is 91 days old" in finding.summary
    (worst, other) = finding.evidence[0].rows
    assert (worst.cells[0], worst.verdict, other.cells[0]) == (
        "ci-cd-user",
        Verdict.ABNORMAL,
        "log-export-user",
    )
    assert finding.advice[0].startswith("1. Create a new access key")
    assert (finding.measures[0].value, finding.measures[0].allowed) == (91, "at most 90 days")
    since = embedded.clock.now() - timedelta(days=1)
    assert (await run_inspection(embedded, "sign-ins", since=since)).verdict is Verdict.NORMAL
    # Without the list of users, theirs cannot be judged.
    embedded.fault("iam", "ListUsers", preset="denied")
    assert (await run_inspection(embedded, "access-keys")).verdict is Verdict.ABNORMAL


@pytest.mark.scenario("ordinary-day", history=300)
async def test_an_ordinary_day_is_normal_and_half_of_it_is_not(embedded):
    finding = await run_inspection(embedded, "access-keys")
    assert finding.verdict is Verdict.NORMAL
    assert "63 days" in finding.summary
    assert finding.measures[3].shown == "6 of all"
    embedded.fault("iam", "GetAccessKeyLastUsed", preset="denied")
    blind = await run_inspection(embedded, "access-keys")
    assert blind.verdict is Verdict.UNKNOWN
    assert any("iam:GetAccessKeyLastUsed" in each for each in blind.remarks)
    embedded.fault("iam", "ListUsers", preset="denied")
    some = await run_inspection(embedded, "access-keys")
    assert some.verdict is Verdict.UNKNOWN
    assert some.measures[3].shown == "only 1 of the runbook"
    assert any("iam:ListUsers" in each for each in some.remarks)


# On canned answers


def listed(id, days, status="Active"):
    created_at = NOW - timedelta(days=days)
    return {"UserName": "u", "AccessKeyId": f"AKIA{id:0>16}", "Status": status, "CreateDate": created_at}


def user(name):
    return {"UserName": name, "Path": "/", "UserId": "AIDA", "Arn": "arn", "CreateDate": NOW}


async def finding_on(keys, used=None, runbook=BOOK, **more):
    """`used`: days ago, by the end of a key's id; others were never used."""

    def last(params):
        for end, days in (used or {}).items():
            if params["AccessKeyId"].endswith(end):
                at = NOW - timedelta(days=days)
                return {"AccessKeyLastUsed": {"LastUsedDate": at, "ServiceName": "ecs", "Region": "r"}}
        return {"AccessKeyLastUsed": {"ServiceName": "N/A", "Region": "N/A"}}

    def of(params):
        rows = keys.get(params["UserName"])
        return failure(ProblemKind.NOT_FOUND) if rows is None else {"AccessKeyMetadata": rows}

    users = {"Users": [user(name) for name in keys]}
    root = {"SummaryMap": {"AccountAccessKeysPresent": 0, "AccountMFAEnabled": 1}}
    iam = {"ListUsers": users, "ListAccessKeys": of, "GetAccessKeyLastUsed": last, "GetAccountSummary": root}
    canned = Canned(**(iam | more))
    inspection_context = InspectionContext(
        runbook=runbook,
        calendar=Calendar(runbook),
        clock=ManualClock(NOW),
        region=runbook.system.region,
        reader=canned,
    )
    return await make(inspection_context, "access-keys").run(InspectionRequest(since=NOW, until=NOW)), canned


@pytest.mark.parametrize(
    ("days", "verdict"),
    [(82, Verdict.NORMAL), (83, Verdict.ATTENTION), (90, Verdict.ATTENTION), (91, Verdict.ABNORMAL)],
)
async def test_ninety_days_are_allowed_with_a_warning_a_week_before(days, verdict):
    finding, _canned = await finding_on({"ci-cd-user": [listed("1", days)]}, {"1": 0.1})
    assert finding.verdict is verdict


async def test_trap_23_every_user_is_inspected_with_at_most_two_keys():
    keys = {"ci-cd-user": [listed("1", 3)], "forgotten": [listed("2", 200), listed("3", 40)]}
    finding, _canned = await finding_on(keys, {"1": 1, "3": 1})
    assert finding.verdict is Verdict.ABNORMAL
    assert "forgotten is 200 days old" in finding.summary
    assert any("forgotten has 2 keys" in each for each in finding.remarks)
    assert any("not been used for 200 days" in each for each in finding.remarks)
    assert "Disable the older key of forgotten" in " ".join(finding.advice)


@pytest.mark.parametrize(
    ("status", "used", "verdict"),
    [
        # A rotation of the last days: it was used until then.
        ("Inactive", {"1": 1.0, "2": 5.0}, Verdict.NORMAL),
        ("Inactive", {"1": 1.0, "2": 20.0}, Verdict.ATTENTION),
        ("Inactive", {"1": 1.0}, Verdict.ATTENTION),
        ("Expired", {"1": 1.0, "2": 20.0}, Verdict.ATTENTION),
    ],
)
async def test_trap_24_a_disabled_key_is_not_too_old_but_left_over(status, used, verdict):
    keys = {"ci-cd-user": [listed("1", 3), listed("2", 120, status)]}
    finding, _canned = await finding_on(keys, used)
    assert finding.verdict is verdict
    assert (finding.measures[1].value, finding.measures[0].value) == (int(verdict is not Verdict.NORMAL), 3)
    assert any("has 2 keys" in each for each in finding.remarks)
    assert bool(finding.advice) is (verdict is not Verdict.NORMAL)


@pytest.mark.parametrize(
    ("summary", "verdict", "words"),
    [
        ({"AccountAccessKeysPresent": 1, "AccountMFAEnabled": 1}, Verdict.ABNORMAL, "Root's access keys: 1"),
        (
            {"AccountAccessKeysPresent": 0, "AccountMFAEnabled": 0},
            Verdict.ABNORMAL,
            "Root's MFA: not enabled",
        ),
        ({"AccountMFAEnabled": 1}, Verdict.UNKNOWN, "Root's access keys: not read"),
        (None, Verdict.UNKNOWN, "Root's access keys: not read"),
    ],
)
async def test_roots_own_keys_are_judged(summary, verdict, words):
    answer = failure(ProblemKind.ACCESS_DENIED) if summary is None else {"SummaryMap": summary}
    finding, canned = await finding_on({"ci-cd-user": [listed("1", 3)]}, {"1": 1}, GetAccountSummary=answer)
    assert (finding.verdict, finding.summary.startswith(words)) == (verdict, True)
    assert len(canned.asked("GetAccountSummary")) == 1


async def test_a_user_of_the_runbook_whom_iam_does_not_have_is_not_normal():
    finding, _canned = await finding_on({"other": []})
    assert finding.verdict is Verdict.UNKNOWN
    assert "ci-cd-user" in finding.summary


async def test_a_user_of_the_runbook_without_any_key_is_not_judged():
    finding, _canned = await finding_on({"ci-cd-user": [], "other": []})
    assert finding.verdict is Verdict.UNKNOWN
    assert "IAM lists no key of ci-cd-user" in finding.summary
    assert "other" not in finding.summary


async def test_nothing_at_all_is_an_error():
    denied = failure(ProblemKind.ACCESS_DENIED)
    with pytest.raises(AccessDenied):
        await finding_on({}, ListUsers=denied, ListAccessKeys=denied)


async def test_another_runbook_has_other_limits_and_no_procedure():
    spec = BOOK.access_keys and BOOK.access_keys.model_copy(update={"users": (), "max_age_days": 30})
    runbook = BOOK.model_copy(update={"access_keys": spec, "procedures": ()})
    finding, _canned = await finding_on({"a": [listed("1", 31)]}, {"1": 1}, runbook)
    assert (finding.verdict, finding.advice) == (Verdict.ABNORMAL, ())
    empty, _canned = await finding_on({}, runbook=runbook)
    assert empty.verdict is Verdict.NORMAL
    assert missing_setting("access-keys", BOOK.model_copy(update={"access_keys": None})) == "access_keys"


async def test_a_due_date_on_a_closed_day_shows_the_open_day_before():
    finding, _canned = await finding_on({"ci-cd-user": [listed("1", 60)]}, {"1": 1})
    assert finding.measures[0].note == "ci-cd-user, due 02-13(Fri)"
    finding, _canned = await finding_on({"ci-cd-user": [listed("1", 59)]}, {"1": 1})
    expected = "ci-cd-user, due 02-13(Fri) (before 02-14(Sat), which is closed)"
    assert finding.measures[0].note == expected


@given(st.integers(0, 1500), st.integers(0, 200))
def test_due_is_an_open_day_never_after_the_limit(day, age):
    assert BOOK.access_keys
    calendar = Calendar(BOOK)
    now = calendar.local(date(2026, 1, 1) + timedelta(days=day), "10:00")
    key = AccessKey(id=RawId("a"), user=RawId("u"), name="a", active=True, created=now - timedelta(days=age))
    judged = KeyRules(BOOK.access_keys, calendar, now).judge(key, KeyUse(at=now))
    assert judged.age == age
    assert judged.due <= judged.limit
    assert calendar.open_days.is_open(judged.due)
    assert (judged.verdict is Verdict.ABNORMAL) is (age > 90)
    if calendar.day_of(now) >= judged.due:
        assert judged.verdict is not Verdict.NORMAL
