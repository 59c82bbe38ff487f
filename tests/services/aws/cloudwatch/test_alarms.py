import json
from datetime import UTC, datetime, timedelta

import pytest

from services.aws.client.errors import AccessDenied, Invalid
from services.aws.cloudwatch.alarms.parsing import alarm_name, arn_region
from services.aws.cloudwatch.alarms.reader import Alarms
from services.clock import ManualClock
from services.models.alarms import AlarmKind, AlarmState
from services.models.problem import ProblemKind
from services.models.runbook import Environment, ExpectedAlarm, Runbook, System
from tests.services.aws.canned import Canned, failure

NOW = datetime(2026, 4, 1, 3, 0, tzinfo=UTC)
SYSTEM = System(
    id="s", title="s", environment=Environment.TEST, account="123456789012", region="ap-northeast-1"
)


def book(*names):
    return Runbook(
        version=1, system=SYSTEM, alarms=tuple(ExpectedAlarm(name=name, title=name) for name in names)
    )


def metric(name, state="OK", minutes=10, **more):
    return {
        "AlarmName": name,
        "AlarmArn": f"arn:aws:cloudwatch:ap-northeast-1:123456789012:alarm:{name}",
        "StateValue": state,
        "StateReason": "Threshold Crossed",
        "StateTransitionedTimestamp": NOW - timedelta(minutes=minutes),
        "StateUpdatedTimestamp": NOW,
        "ActionsEnabled": True,
        "Namespace": "AWS/ECS",
        "MetricName": "CPUUtilization",
        "Dimensions": [{"Name": "ClusterName", "Value": "c"}],
        "Statistic": "Average",
        "Period": 60,
        "EvaluationPeriods": 3,
        "DatapointsToAlarm": 2,
        "Threshold": 70.0,
        "ComparisonOperator": "GreaterThanThreshold",
        **more,
    }


def session(*metrics, **more):
    return Canned(
        **{
            "DescribeAlarms": {"MetricAlarms": list(metrics), "CompositeAlarms": [], "LogAlarms": []},
            "ListAlarmMuteRules": {"AlarmMuteRuleSummaries": []},
            **more,
        }
    )


def reader(canned, *expected, clock=None):
    return Alarms(canned, book(*expected), clock=clock or ManualClock(NOW))


async def test_firing_first_then_missing_insufficient_ok_and_scaling_alarms_last():
    canned = session(
        metric("ok-old", minutes=90),
        metric("TargetTracking-service/c/s-AlarmLow-1", "ALARM"),
        metric("ok-new", minutes=1),
        metric("fires", "ALARM"),
        metric("blind", "INSUFFICIENT_DATA"),
        metric("scales", "ALARM", AlarmActions=["arn:aws:autoscaling:r:1:scalingPolicy:x"]),
    )
    overview = await reader(canned, "fires", "gone").overview()
    assert [alarm.id for alarm in overview.alarms] == [
        "fires",
        "gone",
        "blind",
        "ok-new",
        "ok-old",
        "TargetTracking-service/c/s-AlarmLow-1",
        "scales",
    ]
    assert overview.count(AlarmState.ALARM) == 1
    assert overview.count(AlarmState.MISSING) == 1
    assert [alarm.id for alarm in overview.watched if alarm.expected] == ["fires", "gone"]
    assert overview.remarks == ()
    requests = canned.asked("DescribeAlarms")
    types = ["MetricAlarm", "CompositeAlarm", "LogAlarm"]
    assert requests == [{"AlarmTypes": types, "MaxRecords": 100}]


async def test_a_plain_alarm_says_what_it_watches_and_why():
    data = json.dumps({"recentDatapoints": [71.5, None, 90], "threshold": 70.0})
    canned = session(metric("cpu", "ALARM", StateReasonData=data, EvaluationState="PARTIAL_DATA"))
    (alarm,) = (await reader(canned).overview()).alarms
    assert (alarm.comparison, alarm.threshold, alarm.period) == (">", 70.0, 60)
    assert (alarm.evaluation_periods, alarm.datapoints_to_alarm) == (3, 2)
    assert alarm.recent == (71.5, None, 90.0)
    assert alarm.evaluation == "PARTIAL_DATA"
    assert alarm.since == NOW - timedelta(minutes=10), "StateUpdatedTimestamp moves without a transition"
    (query,) = alarm.queries
    assert (query.namespace, query.metric, query.dimensions) == (
        "AWS/ECS",
        "CPUUtilization",
        (("ClusterName", "c"),),
    )


async def test_a_math_alarm_keeps_its_queries_and_its_longest_period():
    row = metric("rate", "OK")
    for key in ("Namespace", "MetricName", "Dimensions", "Statistic", "Period"):
        del row[key]
    stat = {"Metric": {"Namespace": "N", "MetricName": "M", "Dimensions": []}, "Period": 300, "Stat": "p95"}
    row["Metrics"] = [
        {"Id": "m1", "MetricStat": stat, "ReturnData": False},
        {"Id": "e1", "Expression": "m1 * 2", "Label": "twice", "ReturnData": True},
    ]
    (alarm,) = (await reader(session(row)).overview()).alarms
    assert [(query.id, query.stat, query.expression, query.visible) for query in alarm.queries] == [
        ("m1", "p95", "", False),
        ("e1", "Average", "m1 * 2", True),
    ]
    assert alarm.period == 300


async def test_composite_log_and_promql_alarms():
    composite = {
        "AlarmName": "all",
        "StateValue": "ALARM",
        "AlarmRule": 'ALARM("a") OR ALARM("b")',
        "ActionsSuppressedBy": "Alarm",
        "ActionsSuppressor": "arn:aws:cloudwatch:r:1:alarm:maintenance:night",
    }
    log = {
        "AlarmName": "errors",
        "StateValue": "OK",
        "ScheduledQueryConfiguration": {"QueryString": "filter level = 'ERROR'"},
        "QueryResultsToEvaluate": 5,
        "QueryResultsToAlarm": 3,
        "Threshold": 10.0,
        "ComparisonOperator": "LessThanOrEqualToThreshold",
    }
    promql = {
        "AlarmName": "prom",
        "StateValue": "OK",
        "EvaluationCriteria": {"PromQLCriteria": {"Query": "up == 0"}},
    }
    answer = {"MetricAlarms": [promql], "CompositeAlarms": [composite], "LogAlarms": [log]}
    overview = await reader(session(DescribeAlarms=answer)).overview()
    alarms = {alarm.id: alarm for alarm in overview.alarms}
    assert (alarms["all"].kind, alarms["all"].rule) == (AlarmKind.COMPOSITE, 'ALARM("a") OR ALARM("b")')
    assert alarms["all"].muted_by == "maintenance:night"
    assert (alarms["errors"].kind, alarms["errors"].comparison) == (AlarmKind.LOG, "<=")
    assert (alarms["errors"].evaluation_periods, alarms["errors"].datapoints_to_alarm) == (5, 3)
    assert alarms["prom"].rule == "up == 0"


async def test_an_unknown_state_is_never_fine_and_hostile_text_is_cleaned():
    canned = session(metric("\x1b]0;x\x07[red]", "SPLENDID", StateReason="a\x1b[2J", StateReasonData="{"))
    (alarm,) = (await reader(canned).overview()).alarms
    assert alarm.state is AlarmState.INSUFFICIENT
    assert "\x1b" not in alarm.name + alarm.reason
    assert alarm.id == "\x1b]0;x\x07[red]"
    assert alarm.recent == ()


async def test_every_page_counts():
    pages = [
        {"MetricAlarms": [metric("a")]},
        {"MetricAlarms": [], "CompositeAlarms": []},
        {"MetricAlarms": [metric("b")]},
    ]
    overview = await reader(session(DescribeAlarms=pages)).overview()
    assert {alarm.id for alarm in overview.alarms} == {"a", "b"}


async def test_mute_rules_in_force_are_marked_and_read_once():
    arn = "arn:aws:cloudwatch:ap-northeast-1:1:alarm-mute-rule:night work"
    summary = {"AlarmMuteRuleArn": arn, "Status": "ACTIVE", "LastUpdatedTimestamp": NOW}
    rule = {
        "Name": "night work",
        "MuteTargets": {"AlarmNames": ["cpu"]},
        "Rule": {
            "Schedule": {"Expression": "at(2026-04-01T11:30)", "Duration": "PT1H", "Timezone": "Asia/Tokyo"}
        },
    }
    canned = session(
        metric("cpu"),
        metric("other"),
        ListAlarmMuteRules={"AlarmMuteRuleSummaries": [summary]},
        GetAlarmMuteRule=rule,
    )
    alarms = reader(canned)
    for _time in range(2):
        by_id = {alarm.id: alarm for alarm in (await alarms.overview()).alarms}
    assert (by_id["cpu"].muted_by, by_id["cpu"].muted_until) == ("night work", NOW + timedelta(minutes=30))
    assert by_id["other"].muted_by == ""
    assert canned.asked("GetAlarmMuteRule") == [{"AlarmMuteRuleName": "night work"}]


async def test_refused_mute_rules_cost_a_remark_not_the_alarms_and_are_read_again_an_hour_later():
    clock = ManualClock(NOW)
    canned = session(metric("cpu"), ListAlarmMuteRules=failure(ProblemKind.ACCESS_DENIED, "no permission"))
    alarms = reader(canned, clock=clock)
    for _time in range(3):
        overview = await alarms.overview()
        assert [alarm.id for alarm in overview.alarms] == ["cpu"]
        assert "no permission" in overview.remarks[0]
    assert len(canned.asked("ListAlarmMuteRules")) == 1
    clock.advance(3601)
    canned.answers["ListAlarmMuteRules"] = {"AlarmMuteRuleSummaries": []}
    assert (await alarms.overview()).remarks == ()


async def test_an_endpoint_without_log_alarms_is_asked_without_them_from_then_on():
    unknown_type = failure(
        ProblemKind.INVALID,
        detail="ValidationError: Value '[MetricAlarm, CompositeAlarm, LogAlarm]' at 'alarmTypes' is not one of …",
    )

    def older(params):
        return unknown_type if "LogAlarm" in params["AlarmTypes"] else {"MetricAlarms": [metric("a")]}

    canned = session(DescribeAlarms=older)
    alarms = reader(canned)
    for _time in range(2):
        overview = await alarms.overview()
    assert [alarm.id for alarm in overview.alarms] == ["a"]
    assert overview.remarks
    assert len(canned.asked("DescribeAlarms")) == 3


async def test_a_refused_read_is_an_error_not_an_empty_list():
    with pytest.raises(AccessDenied):
        await reader(session(DescribeAlarms=failure(ProblemKind.ACCESS_DENIED))).overview()
    with pytest.raises(Invalid):
        await reader(session(DescribeAlarms=failure(ProblemKind.INVALID))).overview()


async def test_history_lists_state_changes_configuration_and_reasons_newest_first():
    change = {
        "oldState": {"stateValue": "OK", "stateReason": "fine"},
        "newState": {"stateValue": "ALARM", "stateReason": "too hot"},
    }
    items = [
        {
            "AlarmName": "cpu",
            "Timestamp": NOW - timedelta(minutes=5),
            "HistoryItemType": "StateUpdate",
            "HistorySummary": "Alarm updated from OK to ALARM",
            "HistoryData": json.dumps(change),
        },
        {"AlarmName": "cpu", "Timestamp": NOW, "HistoryItemType": "ConfigurationUpdate", "HistoryData": "[]"},
        {"AlarmName": "cpu", "HistoryItemType": "StateUpdate"},
    ]
    canned = session(DescribeAlarmHistory={"AlarmHistoryItems": items})
    since = NOW - timedelta(days=1)
    history = await reader(canned).history("cpu", since)
    assert [(entry.kind, entry.before, entry.after, entry.reason) for entry in history] == [
        ("configuration", None, None, ""),
        ("state", AlarmState.OK, AlarmState.ALARM, "too hot"),
        ("unreadable", None, None, ""),
    ]
    assert history[-1].at == since, "an entry without a time is somewhere in what was asked for"
    assert canned.asked("DescribeAlarmHistory")[0]["AlarmName"] == "cpu"
    await reader(canned).history_all(NOW)
    assert canned.asked("DescribeAlarmHistory")[1]["HistoryItemType"] == "StateUpdate"


async def test_alarms_by_arn_are_asked_in_their_own_region():
    canned = session(metric("a"))
    arns = ["arn:aws:cloudwatch:us-east-1:1:alarm:a", "arn:aws:cloudwatch:ap-northeast-1:1:alarm:b:c"]
    await reader(canned).by_arns(arns)
    assert [(params["AlarmNames"], region) for _name, params, region in canned.calls] == [
        (["a"], "us-east-1"),
        (["b:c"], "ap-northeast-1"),
    ]


def test_names_and_regions_of_arns():
    assert alarm_name("arn:aws:cloudwatch:r:1:alarm:with:colon") == "with:colon"
    assert alarm_name("plain") == "plain"
    assert (arn_region("arn:aws:cloudwatch:r:1:alarm:x"), arn_region("x")) == ("r", "")
