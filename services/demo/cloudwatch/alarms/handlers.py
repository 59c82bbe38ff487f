"""Handlers for alarms, their history and their mute rules. Source: Amazon CloudWatch API reference."""

from collections.abc import Mapping
from operator import attrgetter
from typing import Any

from services.demo.cloudwatch.alarms.mutes import DemoMuteRule
from services.demo.cloudwatch.alarms.records import DemoAlarm, HistoryItem, Kind
from services.demo.cloudwatch.alarms.states import State
from services.demo.cloudwatch.alarms.store import AlarmStore
from services.demo.errors import AwsErrorResponse
from services.demo.paging import page_of
from services.demo.registry import Call, op
from services.demo.schedules import BadSchedule


@op("cloudwatch", "PutMetricAlarm")
@op("cloudwatch", "PutCompositeAlarm")
def put_alarm(call: Call) -> dict[str, Any]:
    kind: Kind = "MetricAlarm" if call.operation == "PutMetricAlarm" else "CompositeAlarm"
    call.component(AlarmStore).put(kind, call.params, region=call.region)
    return {}


@op("cloudwatch", "DeleteAlarms")
def delete_alarms(call: Call) -> dict[str, Any]:
    """Delete those that exist; unknown names are ignored, as in AWS."""
    store = call.component(AlarmStore)
    for name in call.params["AlarmNames"]:
        if alarm := store.get(name, call.region):
            store.delete(alarm)
    return {}


@op("cloudwatch", "SetAlarmState")
def set_alarm_state(call: Call) -> dict[str, Any]:
    store = call.component(AlarmStore)
    alarm = store.get(call.params["AlarmName"], call.region)
    if alarm is None:
        raise AwsErrorResponse("ResourceNotFound", f"Alarm {call.params['AlarmName']} does not exist", 404)
    state = State(call.params["StateValue"])
    store.set_state(alarm, state, call.params["StateReason"], call.params.get("StateReasonData", ""))
    return {}


@op("cloudwatch", "EnableAlarmActions")
@op("cloudwatch", "DisableAlarmActions")
def switch_alarm_actions(call: Call) -> dict[str, Any]:
    store = call.component(AlarmStore)
    for name in call.params["AlarmNames"]:
        alarm = store.get(name, call.region)
        if alarm is not None:
            store.enable_actions(alarm, call.operation == "EnableAlarmActions")
    return {}


_LISTS = {"MetricAlarm": "MetricAlarms", "CompositeAlarm": "CompositeAlarms", "LogAlarm": "LogAlarms"}


@op("cloudwatch", "DescribeAlarms")
def describe_alarms(call: Call) -> dict[str, Any]:
    """Alarms by name; composite and log alarms only if AlarmTypes names them."""
    params = call.params
    kinds = params.get("AlarmTypes") or ["MetricAlarm"]
    alarms = [alarm for alarm in _alarms_of(call) if alarm.kind in kinds and _fits(alarm, params)]
    return _answer(alarms, params)


def _alarms_of(call: Call) -> list[DemoAlarm]:
    return [alarm for alarm in call.component(AlarmStore).alarms.values() if alarm.region == call.region]


def _fits(alarm: DemoAlarm, params: Mapping[str, Any]) -> bool:
    names = params.get("AlarmNames")
    return (
        (not names or alarm.name in names)
        and alarm.name.startswith(params.get("AlarmNamePrefix", ""))
        and params.get("StateValue") in (None, alarm.state.value)
    )


def _answer(alarms: list[DemoAlarm], params: Mapping[str, Any]) -> dict[str, Any]:
    alarms = sorted(alarms, key=lambda alarm: alarm.name)
    page, more = page_of(alarms, lambda alarm: alarm.name, params, params.get("MaxRecords", 50))
    answer: dict[str, Any] = {name: [] for name in _LISTS.values()}
    for alarm in page:
        answer[_LISTS[alarm.kind]].append(alarm.describe())
    return answer | more


@op("cloudwatch", "DescribeAlarmContributors")
def describe_alarm_contributors(call: Call) -> dict[str, Any]:
    params = call.params
    alarm = call.component(AlarmStore).get(params["AlarmName"], call.region)
    if alarm is None:
        raise AwsErrorResponse(
            "ResourceNotFoundException", f"Alarm {params['AlarmName']} does not exist", 404
        )
    page, more = page_of(alarm.contributors, lambda row: row["ContributorId"], params, 50)
    return {"AlarmContributors": page} | more


@op("cloudwatch", "DescribeAlarmHistory")
def describe_alarm_history(call: Call) -> dict[str, Any]:
    """History, newest first by default; of metric alarms only, unless AlarmTypes names others."""
    params = call.params
    history = call.component(AlarmStore).history
    items = [item for item in history.items if item.region == call.region and _matches(item, params)]
    ascending = params.get("ScanBy") == "TimestampAscending"
    cursor = attrgetter("cursor") if ascending else _backwards
    items.sort(key=cursor)
    page, more = page_of(items, cursor, params, params.get("MaxRecords", 50))
    return {"AlarmHistoryItems": [item.describe() for item in page]} | more


def _matches(item: HistoryItem, params: Mapping[str, Any]) -> bool:
    start, end = params.get("StartDate"), params.get("EndDate")
    return (
        item.kind in (params.get("AlarmTypes") or ["MetricAlarm"])
        and params.get("AlarmName") in (None, item.name)
        and params.get("HistoryItemType") in (None, item.type)
        and (start is None or item.at >= start)
        and (end is None or item.at <= end)
    )


def _backwards(item: HistoryItem) -> str:
    """The cursor with every digit mirrored, so that it sorts the other way."""
    return item.cursor.translate(str.maketrans("0123456789", "9876543210"))


@op("cloudwatch", "PutAlarmMuteRule")
def put_alarm_mute_rule(call: Call) -> dict[str, Any]:
    settings = {name: value for name, value in call.params.items() if name != "Tags"}
    alarms = call.component(AlarmStore)
    try:
        alarms.mutes.put(call.region, settings, call.now)
    except BadSchedule as error:
        raise AwsErrorResponse("ValidationError", str(error)) from error
    alarms.release_muted(call.now)
    return {}


@op("cloudwatch", "GetAlarmMuteRule")
def get_alarm_mute_rule(call: Call) -> dict[str, Any]:
    name = call.params["AlarmMuteRuleName"]
    rule = call.component(AlarmStore).mutes.rules.get((call.region, name))
    if rule is None:
        raise AwsErrorResponse("ResourceNotFoundException", f"Alarm mute rule {name} does not exist", 404)
    return rule.settings | _summary(call, rule)


@op("cloudwatch", "ListAlarmMuteRules")
def list_alarm_mute_rules(call: Call) -> dict[str, Any]:
    params = call.params
    now = call.now
    rules = [
        rule
        for (region, _), rule in sorted(call.component(AlarmStore).mutes.rules.items())
        if region == call.region
        and ("AlarmName" not in params or params["AlarmName"] in rule.targets)
        and (not params.get("Statuses") or rule.status(now) in params["Statuses"])
    ]
    page, more = page_of(rules, lambda rule: rule.name, params, params.get("MaxRecords", 50))
    return {"AlarmMuteRuleSummaries": [_summary(call, rule) for rule in page]} | more


@op("cloudwatch", "DeleteAlarmMuteRule")
def delete_alarm_mute_rule(call: Call) -> dict[str, Any]:
    alarms = call.component(AlarmStore)
    alarms.mutes.rules.pop((call.region, call.params["AlarmMuteRuleName"]), None)
    alarms.release_muted(call.now)
    return {}


def _summary(call: Call, rule: DemoMuteRule) -> dict[str, Any]:
    summary = {
        "AlarmMuteRuleArn": rule.arn,
        "Status": rule.status(call.now),
        "MuteType": rule.mute_type,
        "LastUpdatedTimestamp": rule.updated,
    }
    if "ExpireDate" in rule.settings:
        summary["ExpireDate"] = rule.settings["ExpireDate"]
    return summary
