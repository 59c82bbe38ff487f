import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services import i18n
from services.calendar.maintenance_dates import ActionUrgency, bites, due
from services.calendar.maintenance_windows import WEEK, weekly
from services.models.problem import ProblemKind
from services.models.rds import OptIn, PendingAction
from services.models.runbook import Duty
from services.models.verdict import Verdict
from tests.services.aws.canned import failure
from tests.services.inspections.database_answers import BOOK, MONDAY, instance, judged, pending
from tests.services.inspections.running_world import missing_setting, run_inspection

WINDOW = weekly("sat:17:00-sat:18:00")
COMING = datetime(2026, 1, 17, 17, 0, tzinfo=UTC)  # Sunday 18 January, 2:00 JST
LEAD = timedelta(days=7)
ALONE = BOOK.model_copy(update={"duties": ()})  # Without duties, none comes in the window


@pytest.mark.scenario("ordinary-day", history=60)
async def test_nothing_pending_is_normal_and_nothing_readable_is_not(embedded):
    finding = await run_inspection(embedded, "maintenance")
    assert finding.verdict is Verdict.NORMAL
    assert finding.summary == "No action is pending; the next maintenance window is 01-18(Sun) 02:00 JST."
    embedded.fault("rds", "DescribePendingMaintenanceActions", preset="denied")
    finding = await run_inspection(embedded, "maintenance")
    assert finding.verdict is Verdict.UNKNOWN
    assert "rds:DescribePendingMaintenanceActions" in finding.remarks[0]
    # The rest was read.
    assert finding.measures[1].verdict is Verdict.NORMAL


@pytest.mark.scenario("forced-patch", origin=MONDAY, history=60)
async def test_a_patch_that_is_forced_before_the_next_window(embedded):
    finding = await run_inspection(embedded, "maintenance")
    assert finding.verdict is Verdict.ABNORMAL
    assert finding.summary == (
        "system-update is forced at 01-13(Tue) 13:48 JST, before the next maintenance window "
        "(01-18(Sun) 02:00 JST)."
    )
    assert finding.measures[0].note == "regardless of the window, within opening hours"
    assert finding.advice[1].endswith("at least one week before the forced date")
    assert (await run_inspection(embedded, "backups")).verdict is Verdict.NORMAL


@pytest.mark.scenario("local-window", origin=MONDAY, history=60)
async def test_trap_17_a_window_typed_in_local_time(embedded):
    finding = await run_inspection(embedded, "maintenance")
    assert finding.verdict is Verdict.ABNORMAL
    assert "entered in local time, but RDS reads it as UTC: it is Sunday 11:00–12:00 JST" in finding.summary
    assert "sat:17:00-sat:18:00 (UTC)" in finding.advice[0]


async def maintenance(*details, **more):
    runbook = more.pop("runbook", ALONE)
    return await judged(
        "maintenance",
        runbook=runbook,
        DescribeDBInstances=instance(**more),
        DescribePendingMaintenanceActions=pending(*details),
    )


def details(**dates):
    return {"Action": "system-update", "Description": "New Operating System update", **dates}


async def test_trap_4_and_5_only_an_automatic_date_inside_the_details():
    # Wednesday the 21st: applied in the first window after it, Sunday the 25th.
    finding = await maintenance(details(AutoAppliedAfterDate=datetime(2026, 1, 21, 3, 0, tzinfo=UTC)))
    assert finding.verdict is Verdict.ATTENTION
    assert finding.summary == (
        "system-update is applied at 01-25(Sun) 02:00 JST: 01-18(Sun) 02:00 JST is the last window at least 7 days before it."
    )
    assert finding.advice == (
        "Apply system-update by hand in the maintenance window of 01-18(Sun) 02:00 JST.",
    )
    (row,) = finding.evidence[0].rows
    assert row.cells[2:6] == ("01-25(Sun) 02:00 JST", "01-21(Wed) 12:00 JST", "", "01-18(Sun) 02:00 JST")


async def test_less_time_than_the_lead_remains():
    finding = await maintenance(details(AutoAppliedAfterDate=MONDAY))
    assert finding.verdict is Verdict.ABNORMAL
    assert "is applied at 01-18(Sun) 02:00 JST: less than 7 days left." in finding.summary
    assert finding.advice == ("AWS applies it in the maintenance window: notify the users of the system.",)
    finding = await maintenance(details(ForcedApplyDate=MONDAY + timedelta(days=8)))
    assert finding.verdict is Verdict.ATTENTION
    assert "no window is left at least 7 days before it; the next is 01-18(Sun) 02:00 JST." in finding.summary


NEAR = st.none() | st.integers(min_value=-3, max_value=40).map(lambda days: MONDAY + timedelta(days=days))


@given(
    auto=NEAR,
    forced=NEAR,
    current=NEAR,
    opt_in=st.sampled_from(("", "immediate", "next-maintenance", "undo-opt-in")),
    window=st.sampled_from(("sat:17:00-sat:18:00", "mon:00:00-mon:00:30", "", "nonsense")),
    waiting=st.booleans(),
    lead=st.sampled_from((0, 1, 7, 30)),
    language=st.sampled_from(("en", "ja")),
)
def test_no_sentence_contains_an_empty_value(auto, forced, current, opt_in, window, waiting, lead, language):
    # Whatever date or window is missing, in both languages: no "the next is —", no "()".
    dates = {"AutoAppliedAfterDate": auto, "ForcedApplyDate": forced, "CurrentApplyDate": current}
    row = details(**{key: value for key, value in dates.items() if value}) | (
        {"OptInStatus": opt_in} if opt_in else {}
    )
    values = {"DBInstanceClass": "db.t4g.large"} if waiting else {}
    database = instance(PreferredMaintenanceWindow=window, PendingModifiedValues=values)
    runbook = ALONE.model_copy(update={"rds": BOOK.rds.model_copy(update={"patch_lead_days": lead})})
    i18n.use(language)
    try:
        finding = asyncio.run(
            judged(
                "maintenance",
                runbook=runbook,
                DescribeDBInstances=database,
                DescribePendingMaintenanceActions=pending(row),
            )
        )
    finally:
        i18n.use("en")
    sentences = [finding.summary, *finding.advice, *finding.remarks]
    sentences += [str(text) for each in finding.measures for text in (each.shown, each.allowed, each.note)]
    empty = (
        "—",
        "()",
        "（）",
        "  ",
        " .",
        " ;",
        ": .",
        "of :",
        "at :",
        "（ ",
        " ）",
        "は、。",
        "は 。",
        "は です",
    )
    for text in sentences:
        assert not any(each in text for each in empty), text
        assert not text.endswith((":", "：", "は。", "は です。")), text


async def test_an_action_without_a_date_or_far_away_is_normal():
    far = details(AutoAppliedAfterDate=MONDAY + timedelta(days=40))
    finding = await maintenance(details(), far)
    assert finding.verdict is Verdict.NORMAL
    assert "No pending action is applied before 02-22(Sun) 02:00 JST" in finding.summary
    assert [each.shown for each in finding.measures[:2]] == ["02-22(Sun) 02:00 JST", "no date"]
    assert "No pending action is scheduled" in (await maintenance(details())).summary


async def test_trap_17_a_deployment_in_the_window_in_which_something_is_applied():
    asked = details(CurrentApplyDate=COMING) | {"OptInStatus": "next-maintenance"}
    finding = await maintenance(asked, runbook=BOOK)
    assert finding.verdict is Verdict.ATTENTION
    assert "is applied at 01-18(Sun) 02:00 JST as requested." in finding.summary
    assert "Deployment (when planned) (if planned)" in finding.summary
    assert finding.evidence[1].rows[0].cells == ("01-18(Sun) 02:00 JST", "Deployment (when planned)")
    at_three = Duty(id="x", title="later", rule="FREQ=WEEKLY;BYDAY=SU", at=("03:00",), closed_day="keep")
    later = ALONE.model_copy(update={"duties": (at_three,)})
    assert "later" not in (await maintenance(asked, runbook=later)).summary
    # Nothing is applied in the coming window, so the deployment is safe.
    assert (await maintenance(runbook=BOOK)).verdict is Verdict.NORMAL


async def test_pending_changes_are_shown_beside_it():
    finding = await maintenance(PendingModifiedValues={"DBInstanceClass": "db.t4g.large"})
    assert finding.verdict is Verdict.ATTENTION
    assert finding.summary == (
        "Waiting for the maintenance window of 01-18(Sun) 02:00 JST, with an interruption: "
        "Instance class → db.t4g.large."
    )
    assert finding.measures[2].note == "interrupts the database"
    assert finding.evidence[0].rows[0].cells == ("Instance class", "db.t4g.large", "yes")
    finding = await maintenance(PendingModifiedValues={"AllocatedStorage": 200})
    assert "interruption" not in finding.summary
    assert finding.measures[2].note == ""


@pytest.mark.parametrize(
    ("days", "verdict", "text"),
    [
        (91.0, Verdict.NORMAL, "No action is pending"),
        (90.0, Verdict.ATTENTION, "expires in 90 days"),
        (30.0, Verdict.ABNORMAL, "expires in 30 days"),
        (-1.0, Verdict.ABNORMAL, "has expired"),
        (None, Verdict.UNKNOWN, "did not return the expiry"),
    ],
)
async def test_the_certificate(days, verdict, text):
    details = None if days is None else {"CAIdentifier": "ca", "ValidTill": MONDAY + timedelta(days=days)}
    finding = await maintenance(CertificateDetails=details)
    assert finding.verdict is verdict
    assert text in finding.summary


async def test_another_window_than_the_runbooks():
    finding = await maintenance(PreferredMaintenanceWindow="mon:01:00-mon:02:00")
    assert finding.verdict is Verdict.ABNORMAL
    assert finding.summary == "The maintenance window is Monday 10:00–11:00 JST, not the runbook's."
    assert (await maintenance(PreferredMaintenanceWindow=None)).verdict is Verdict.UNKNOWN
    assert ALONE.rds
    silent = ALONE.model_copy(update={"rds": ALONE.rds.model_copy(update={"window_utc": ""})})
    finding = await maintenance(runbook=silent, PreferredMaintenanceWindow="mon:01:00-mon:02:00")
    assert finding.verdict is Verdict.UNKNOWN
    assert "rds.window_utc" in finding.summary
    assert missing_setting("maintenance", BOOK.model_copy(update={"rds": None})) == "rds"


async def test_an_answer_without_details_is_not_nothing_pending():
    broken = {"PendingMaintenanceActions": [{"ResourceIdentifier": "arn"}]}
    for answer in (broken, failure(ProblemKind.THROTTLED)):
        finding = await judged(
            "maintenance",
            runbook=ALONE,
            DescribeDBInstances=instance(),
            DescribePendingMaintenanceActions=answer,
        )
        assert finding.verdict is Verdict.UNKNOWN
        assert finding.problem is not None


def action(**given):
    return PendingAction(action="system-update", **given)


@pytest.mark.parametrize(
    ("given", "at"),
    [
        ({"auto_after": datetime(2026, 1, 14, tzinfo=UTC)}, COMING),
        ({"auto_after": datetime(2025, 12, 1, tzinfo=UTC)}, COMING),
        ({"auto_after": COMING + timedelta(hours=2)}, COMING + WEEK),
        ({"auto_after": COMING, "forced": COMING - timedelta(days=2)}, COMING - timedelta(days=2)),
        ({"auto_after": COMING, "forced": COMING + timedelta(days=2)}, COMING),
        ({"auto_after": COMING, "forced": COMING, "current": COMING + WEEK}, COMING + WEEK),
        ({"opt_in": OptIn.NEXT_WINDOW}, COMING),
        ({"opt_in": OptIn.IMMEDIATE, "current": COMING}, MONDAY),
        ({}, None),
    ],
)
def test_trap_5_the_date_that_bites(given, at):
    assert bites(action(**given), WINDOW, MONDAY) == at


@pytest.mark.parametrize(
    ("days", "standing"),
    [
        (5.0, ActionUrgency.FORCED),
        (5.8, ActionUrgency.LATE),
        (6.9, ActionUrgency.LATE),
        (8.0, ActionUrgency.LAST_WINDOW),
        (12.8, ActionUrgency.LAST_WINDOW),
        (19.7, ActionUrgency.LAST_WINDOW),
        (19.8, ActionUrgency.FAR),
    ],
)
def test_a_forced_date_against_windows_and_lead(days, standing):
    # The coming window is 5.7 days away, the one after it 12.7.
    deadline = due(action(forced=MONDAY + timedelta(days=days)), WINDOW, MONDAY, LEAD)
    assert deadline.urgency is standing
    assert (deadline.manual_window is None) is (standing is ActionUrgency.FORCED)


def test_without_a_window_a_week_is_left_to_act():
    forced = [due(action(forced=MONDAY + timedelta(days=days)), None, MONDAY, LEAD) for days in (6, 8, 15)]
    assert [each.urgency for each in forced] == [
        ActionUrgency.LATE,
        ActionUrgency.LAST_WINDOW,
        ActionUrgency.FAR,
    ]
    assert due(action(auto_after=COMING), None, MONDAY, LEAD).at == COMING


@given(
    st.integers(0, 60 * 24 * 60),
    st.integers(0, 60 * 24 * 60),
    st.integers(0, 14),
    st.sampled_from(["auto", "forced"]),
)
def test_acting_by_the_date_shown_is_in_time(now, ahead, lead, kind):
    assert WINDOW
    at = MONDAY + timedelta(minutes=now)
    wanted = at + timedelta(minutes=ahead)
    given = {"auto_after": wanted} if kind == "auto" else {"forced": wanted}
    deadline = due(action(**given), WINDOW, at, timedelta(days=lead))
    assert deadline.at is not None
    assert deadline.at >= wanted
    if kind == "auto":
        assert deadline.in_window
        assert deadline.urgency is not ActionUrgency.FORCED
    if deadline.manual_window is not None:
        assert at <= deadline.manual_window < deadline.at
        assert deadline.manual_window in WINDOW
    if deadline.urgency is ActionUrgency.FAR:
        # Next week's window, which a weekly run still precedes, leaves the lead too.
        assert deadline.manual_window is not None
        assert WINDOW.chance(at) + WEEK <= deadline.at - timedelta(days=lead)
