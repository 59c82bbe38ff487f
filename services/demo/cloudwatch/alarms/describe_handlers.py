"""Handlers: read alarms and their history.

Source: DescribeAlarms, DescribeAlarmsForMetric, DescribeAlarmContributors, DescribeAlarmHistory (Amazon CloudWatch API reference).
"""

from collections.abc import Mapping
from typing import Any

from services.demo.cloudwatch.alarms.handlers import book
from services.demo.cloudwatch.alarms.history import HistoryItem
from services.demo.cloudwatch.alarms.model import Alarm
from services.demo.cloudwatch.metrics.queries import key_of
from services.demo.cloudwatch.paging import page_of
from services.demo.cloudwatch.request_checks import invalid
from services.demo.registry import Call, Fault, op

_LISTS = {"MetricAlarm": "MetricAlarms", "CompositeAlarm": "CompositeAlarms", "LogAlarm": "LogAlarms"}
_CHILD = ("AlarmName", "AlarmArn", "StateValue", "StateUpdatedTimestamp")
_PARENT = ("AlarmName", "AlarmArn")


@op("cloudwatch", "DescribeAlarms")
def describe_alarms(call: Call) -> dict[str, Any]:
    """Alarms by name order; composite and log alarms only where AlarmTypes asks for them."""
    params = call.params
    if params.get("AlarmNames") and params.get("AlarmNamePrefix"):
        raise invalid("AlarmNames and AlarmNamePrefix cannot be combined")
    for relation, fields in (("ChildrenOfAlarmName", _CHILD), ("ParentsOfAlarmName", _PARENT)):
        if relation in params:
            if set(params) - {relation, "MaxRecords", "NextToken"}:
                raise invalid(f"{relation} cannot be combined with other parameters")
            return _answer(_relatives(call, relation), params, fields)
    kinds = params.get("AlarmTypes") or ["MetricAlarm"]
    alarms = [alarm for alarm in _mine(call) if alarm.kind in kinds and _fits(alarm, params)]
    return _answer(alarms, params)


def _mine(call: Call) -> list[Alarm]:
    return [alarm for alarm in book(call).alarms.values() if alarm.region == call.region]


def _fits(alarm: Alarm, params: Mapping[str, Any]) -> bool:
    names = params.get("AlarmNames")
    prefix = params.get("ActionPrefix")
    return (
        (not names or alarm.name in names)
        and alarm.name.startswith(params.get("AlarmNamePrefix", ""))
        and params.get("StateValue") in (None, alarm.state.value)
        and (not prefix or any(arn.startswith(prefix) for arn in alarm.all_actions))
    )


def _relatives(call: Call, relation: str) -> list[Alarm]:
    alarm = book(call).get(call.params[relation], call.region)
    if alarm is None:
        raise invalid(f"Alarm {call.params[relation]} does not exist")
    return book(call).children(alarm) if relation == "ChildrenOfAlarmName" else book(call).parents(alarm)


def _answer(alarms: list[Alarm], params: Mapping[str, Any], fields: tuple[str, ...] = ()) -> dict[str, Any]:
    alarms = sorted(alarms, key=lambda alarm: alarm.name)
    size = params.get("MaxRecords", 50)
    page, more = page_of(alarms, lambda alarm: alarm.name, params.get("NextToken"), size)
    answer: dict[str, Any] = {name: [] for name in _LISTS.values()}
    for alarm in page:
        shown = alarm.describe()
        answer[_LISTS[alarm.kind]].append({name: shown[name] for name in fields} if fields else shown)
    return answer | more


@op("cloudwatch", "DescribeAlarmsForMetric")
def describe_alarms_for_metric(call: Call) -> dict[str, Any]:
    """Plain metric alarms on exactly this metric."""
    wanted = key_of(call.params)
    filters = ("Statistic", "ExtendedStatistic", "Period", "Unit")
    alarms = [
        alarm
        for alarm in _mine(call)
        if alarm.key == wanted
        and all(name not in call.params or call.params[name] == alarm.settings.get(name) for name in filters)
    ]
    return {"MetricAlarms": [alarm.describe() for alarm in sorted(alarms, key=lambda alarm: alarm.name)]}


@op("cloudwatch", "DescribeAlarmContributors")
def describe_alarm_contributors(call: Call) -> dict[str, Any]:
    """The series of an alarm that are in ALARM."""
    params = call.params
    alarm = book(call).get(params["AlarmName"], call.region)
    if alarm is None:
        raise Fault("ResourceNotFoundException", f"Alarm {params['AlarmName']} does not exist", 404)
    page, more = page_of(alarm.contributors, lambda each: each["ContributorId"], params.get("NextToken"), 50)
    return {"AlarmContributors": page} | more


@op("cloudwatch", "DescribeAlarmHistory")
def describe_alarm_history(call: Call) -> dict[str, Any]:
    """History, newest first by default; of metric alarms only unless AlarmTypes says more."""
    params = call.params
    start, end = params.get("StartDate"), params.get("EndDate")
    if start is not None and end is not None and start > end:
        raise Fault("ValidationError", "StartDate must not be after EndDate")
    items = [
        item for item in book(call).history.items if item.region == call.region and _wanted(item, params)
    ]
    ascending = params.get("ScanBy") == "TimestampAscending"
    cursor = _forwards if ascending else _backwards
    items.sort(key=cursor)
    page, more = page_of(items, cursor, params.get("NextToken"), params.get("MaxRecords", 50))
    return {"AlarmHistoryItems": [item.describe() for item in page]} | more


def _wanted(item: HistoryItem, params: Mapping[str, Any]) -> bool:
    start, end = params.get("StartDate"), params.get("EndDate")
    return (
        item.kind in (params.get("AlarmTypes") or ["MetricAlarm"])
        and params.get("AlarmName") in (None, item.name)
        and params.get("HistoryItemType") in (None, item.type)
        and (start is None or item.at >= start)
        and (end is None or item.at <= end)
    )


def _forwards(item: HistoryItem) -> str:
    return item.cursor


def _backwards(item: HistoryItem) -> str:
    """The cursor with every digit mirrored, so that it sorts the other way."""
    return item.cursor.translate(str.maketrans("0123456789", "9876543210"))
