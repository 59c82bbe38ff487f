import json
from datetime import UTC, datetime, timedelta

import pytest

from services.calendar.calendar import Calendar
from services.clock import ManualClock
from services.inspections.base import InspectionContext, InspectionRequest
from services.inspections.registry import make
from services.models.problem import ProblemKind
from services.models.runbook import Runbook
from services.models.verdict import Verdict
from services.runbook.loader import load_builtin
from services.runbook.roles import with_english_roles
from tests.services.aws.canned import Canned, failure
from tests.services.inspections.running_world import missing_setting, run_inspection

NINE = datetime(2026, 1, 14, 0, 0, tzinfo=UTC)  # 9:00 JST on a Wednesday
CLOSED = NINE - timedelta(hours=15, minutes=45)
BOOK = load_builtin("facility-prod")
RECORD = "Post what is abnormal to #ops-alerts in Slack. Serious problems belong in the operations report"
V = Verdict


def measure(finding, title):
    return next(each for each in finding.measures if each.title == title)


def verdicts(finding):
    """Those that are not normal."""
    return {each.title: each.verdict for each in finding.measures if each.verdict is not V.NORMAL}


# ── On the embedded AWS ────────────────────────────────────────────────────────────────────────────


@pytest.mark.scenario("ordinary-day", origin=NINE, history=16.2 * 3600)
async def test_an_ordinary_night_is_normal_though_alarm_low_fires(embedded):
    for other in ("dashboard", "scaling"):
        finding = await run_inspection(embedded, other, since=CLOSED)
        assert (finding.verdict, finding.advice) == (V.NORMAL, ()), finding.summary
    finding = await run_inspection(embedded, "alarms", since=CLOSED)
    assert (finding.verdict, verdicts(finding)) == (V.NORMAL, {})
    assert finding.summary == "The runbook's 7 alarms are OK and none fired in 15.8 h."
    assert [each.title for each in finding.measures][:7] == [each.title for each in BOOK.alarms]
    assert (finding.advice, finding.spells, finding.evidence) == ((), (), ())
    assert any("Auto Scaling alarms are excluded" in each for each in finding.remarks)


@pytest.mark.scenario("alarm-at-night", origin=NINE, history=16.2 * 3600)
async def test_trap_10_what_fired_and_recovered_at_night_is_found_at_nine(embedded):
    finding = await run_inspection(embedded, "alarms", since=CLOSED)
    assert finding.verdict is V.ATTENTION
    (alarm_period,) = finding.spells
    assert (alarm_period.alarm, alarm_period.state, alarm_period.began is None, alarm_period.ended is None) == ("rds-cpu-high", "alarm", False, False)  # fmt: skip
    assert finding.summary == "Fired and recovered: RDS CPU 01-14(Wed) 01:17–01:23 JST (6m)."
    assert verdicts(finding) == {"RDS CPU": V.ATTENTION, "Fired since the last sign-off": V.ATTENTION}
    assert finding.measures[0].title == "RDS CPU", "the worst first"
    assert finding.measures[0].shown == "OK"
    spell_table, changes = finding.evidence
    assert spell_table.rows[0].cells[:5] == (
        "rds-cpu-high (RDS CPU)", "firing", "01-14(Wed) 01:17:00", "01-14(Wed) 01:23:00", "6m",
    )  # fmt: skip
    assert [row.cells[2:4] for row in changes.rows] == [("firing", "OK"), ("OK", "firing")]
    assert "RDS CPU high: Check the CPU curve" in finding.advice[0]
    assert finding.advice[1:] == (RECORD,)
    embedded.fault("cloudwatch", "DescribeAlarmHistory", preset="denied")
    finding = await run_inspection(embedded, "alarms", since=CLOSED)
    assert verdicts(finding) == {"Fired since the last sign-off": V.UNKNOWN}
    assert finding.verdict is V.UNKNOWN
    assert (
        finding.summary
        == "Alarms fired since the last sign-off cannot be read. The runbook's 7 alarms are OK now."
    )
    assert "cloudwatch:DescribeAlarmHistory" in finding.remarks[0]


@pytest.mark.scenario("no-data", origin=NINE, history=7200)
async def test_trap_9_an_alarm_without_data_is_never_green(embedded):
    finding = await run_inspection(embedded, "alarms", hours=1.5)
    assert (finding.verdict, verdicts(finding)) == (V.UNKNOWN, {"RDS connections": V.UNKNOWN})
    assert finding.summary == "No data: RDS connections."
    assert finding.measures[0].note.startswith("since 01-14(Wed) 08:0")
    assert "DatabaseConnections" in finding.advice[0]
    assert finding.spells[0].state == "insufficient"


@pytest.mark.scenario("alarm-missing", origin=NINE, history=3600)
async def test_trap_9_missing_disabled_and_muted_alarms_are_found(embedded):
    finding = await run_inspection(embedded, "alarms", hours=0.5)
    assert finding.verdict is V.ABNORMAL
    assert finding.summary == "Missing: RDS connections; notifies nobody: ECS memory, ALB latency."
    assert verdicts(finding) == {
        "RDS connections": V.ABNORMAL, "ECS memory": V.ATTENTION, "ALB latency": V.ATTENTION,
    }  # fmt: skip
    assert measure(finding, "ALB latency").note.startswith("muted by maintenance-work until 01-24")
    assert "rds-connections-high" in finding.advice[0]
    embedded.fault("cloudwatch", "ListAlarmMuteRules", preset="denied")
    finding = await run_inspection(embedded, "alarms", hours=0.5)
    assert verdicts(finding)["Mute rules"] is V.UNKNOWN
    assert "It is not known which alarms are muted." in finding.summary
    assert any("cloudwatch:ListAlarmMuteRules" in each for each in finding.remarks)


# ── On canned answers ────────────────────────────────────────────────────────────────────────────────────────


def row(name, state="OK", minutes=6000, **more):
    """A metric alarm, so many minutes in its state."""
    return {
        "AlarmName": name,
        "StateValue": state,
        "StateReason": "because",
        "ActionsEnabled": True,
        "StateTransitionedTimestamp": NINE - timedelta(minutes=minutes),
        "Namespace": "AWS/ApplicationELB",
        "MetricName": "HTTPCode_Target_5XX_Count",
        "Statistic": "Sum",
        "Period": 60,
        "TreatMissingData": "missing",
        "AlarmActions": ["arn:aws:sns:ap-northeast-1:123456789012:ops-alerts"],
        **more,
    }


def change(name, minutes, before, after):
    """A StateUpdate so many minutes ago."""
    data = {"oldState": {"stateValue": before}, "newState": {"stateValue": after, "stateReason": "x > y"}}
    return {
        "AlarmName": name,
        "Timestamp": NINE - timedelta(minutes=minutes),
        "HistoryItemType": "StateUpdate",
        "HistoryData": json.dumps(data),
    }


def runbook_with(*names, **more):
    data = BOOK.model_dump(mode="json")
    data["alarms"] = [
        {"name": name, "title": f"T {name}", "playbook": more.get("playbook")} for name in names
    ]
    data["duties"] = []
    return with_english_roles(Runbook.model_validate(data))


async def judged(*alarms, runbook, history=(), until=NINE, **more):
    canned = Canned(
        DescribeAlarms={"MetricAlarms": list(alarms), "CompositeAlarms": [], "LogAlarms": []},
        DescribeAlarmHistory=history
        if isinstance(history, Exception)
        else {"AlarmHistoryItems": list(history)},
        ListAlarmMuteRules={"AlarmMuteRuleSummaries": []},
        **more,
    )
    context = InspectionContext(
        runbook=runbook,
        calendar=Calendar(runbook),
        clock=ManualClock(NINE),
        region=runbook.system.region,
        reader=canned,
    )
    finding = await make(context, "alarms").run(InspectionRequest(since=CLOSED, until=until))
    (asked,) = canned.asked("DescribeAlarmHistory")
    assert asked["StartDate"] == CLOSED
    assert set(asked["AlarmTypes"]) == {"MetricAlarm", "CompositeAlarm", "LogAlarm"}, "trap 9: all types"
    return finding


async def test_firing_now_is_abnormal_and_says_what_to_do_and_whom_to_call():
    runbook = runbook_with("a", playbook="alb-5xx")
    finding = await judged(row("a", "ALARM", 42), runbook=runbook, history=[change("a", 42, "OK", "ALARM")])
    assert finding.verdict is V.ABNORMAL
    assert finding.summary == "Firing: T a."
    assert finding.measures[0].note == "since 01-14(Wed) 08:18 JST (42m)"
    assert finding.advice[0].startswith("T a: ALB 5xx errors: Read the error log")
    assert finding.advice[1] == (
        "T a: not recovered within 10 minutes? Call Development team (UNDECIDED: the runbook does not say how to reach them)."
    )
    assert finding.advice[2] == "Record it in Slack #ops-alerts.", "where no duty writes how"


async def test_an_alarm_that_the_runbook_does_not_name_counts_where_it_fires():
    others = [row("b", "ALARM", 5), row("c", "INSUFFICIENT_DATA"), row("d")]
    finding = await judged(
        row("a"), *others, runbook=runbook_with("a"), history=[change("b", 5, "OK", "ALARM")]
    )
    assert finding.verdict is V.ABNORMAL
    assert [each.title for each in finding.measures] == ["b", "T a", "Fired since the last sign-off"]
    assert any(
        "3 alarms that the runbook does not name were checked too: " in each for each in finding.remarks
    )
    assert "Of these, without data and not judged: c." in finding.remarks
    assert "the runbook has no steps for it" in finding.advice[0]


async def test_target_tracking_never_counts_not_even_deleted():
    low = "TargetTracking-service/c/s-AlarmLow-1"
    named = row("step", "ALARM", 5, AlarmActions=["arn:aws:autoscaling:r:1:scalingPolicy:x"])
    history = [change(low, 30, "OK", "ALARM"), change("step", 5, "OK", "ALARM")]
    finding = await judged(row("a"), named, runbook=runbook_with("a"), history=history)
    assert (finding.verdict, finding.spells) == (V.NORMAL, ())


async def test_an_alarm_deleted_after_it_fired_is_reported():
    history = [change("gone", 30, "ALARM", "OK"), change("gone", 40, "OK", "ALARM")]
    finding = await judged(row("a"), runbook=runbook_with("a"), history=history)
    assert finding.verdict is V.ATTENTION
    assert [(each.alarm, each.ended is None) for each in finding.spells] == [("gone", False)]


async def test_a_sparse_alarm_without_data_has_the_hint_and_is_not_green():
    finding = await judged(row("a", "INSUFFICIENT_DATA", 300), runbook=runbook_with("a"))
    assert finding.verdict is V.UNKNOWN
    assert "is reported only when there is something to count" in finding.measures[0].note
    plain = row("a", "INSUFFICIENT_DATA", 300, Namespace="AWS/RDS", MetricName="CPUUtilization")
    finding = await judged(plain, runbook=runbook_with("a"))
    assert "reported only" not in finding.measures[0].note


async def test_a_time_without_data_that_is_over_asks_for_attention_but_not_of_a_sparse_metric():
    history = [change("a", 100, "INSUFFICIENT_DATA", "OK"), change("a", 120, "OK", "INSUFFICIENT_DATA")]
    dense = {"Namespace": "AWS/RDS", "MetricName": "CPUUtilization"}
    finding = await judged(row("a", **dense), runbook=runbook_with("a"), history=history)
    assert (finding.verdict, finding.summary) == (V.ATTENTION, "Without data for a time: T a.")
    assert (await judged(row("a"), runbook=runbook_with("a"), history=history)).verdict is V.NORMAL
    short = [history[0], change("a", 114, "OK", "INSUFFICIENT_DATA")]
    assert (await judged(row("a", **dense), runbook=runbook_with("a"), history=short)).verdict is V.NORMAL
    before = await judged(row("a", **dense), runbook=runbook_with("a"), history=history[:1])
    assert before.verdict is V.NORMAL, "the run before reported it"


async def test_an_evaluation_that_fails_cannot_be_judged():
    finding = await judged(row("a", EvaluationState="EVALUATION_ERROR"), runbook=runbook_with("a"))
    assert (finding.verdict, finding.summary) == (V.UNKNOWN, "Not evaluated: T a.")


async def test_a_run_for_an_earlier_time_reads_the_alarms_of_that_time():
    history = [
        change("a", 5, "OK", "ALARM"),
        change("a", 300, "ALARM", "OK"),
        change("a", 310, "OK", "ALARM"),
    ]
    finding = await judged(
        row("a", "ALARM", 5), runbook=runbook_with("a"), history=history, until=NINE - timedelta(minutes=60)
    )
    assert finding.verdict is V.ATTENTION
    assert (finding.measures[0].shown, len(finding.spells)) == ("OK", 1)


async def test_mute_rules_that_are_refused_for_any_reason_are_not_known():
    runbook = runbook_with("a")
    for kind in (ProblemKind.INVALID, ProblemKind.ACCESS_DENIED, ProblemKind.NOT_FOUND):
        canned = Canned(
            DescribeAlarms={"MetricAlarms": [row("a")]},
            DescribeAlarmHistory={"AlarmHistoryItems": []},
            ListAlarmMuteRules=failure(kind),
        )
        context = InspectionContext(
            runbook=runbook,
            calendar=Calendar(runbook),
            clock=ManualClock(NINE),
            region="ap-northeast-1",
            reader=canned,
        )
        finding = await make(context, "alarms").run(InspectionRequest(since=CLOSED, until=NINE))
        assert finding.verdict is V.UNKNOWN


def test_trap_30_the_runbook_names_the_alarm_that_its_table_forgot():
    assert "rds-storage-low" in {each.name for each in BOOK.alarms}
    assert missing_setting("alarms", BOOK.model_copy(update={"alarms": ()})) == "alarms"
