"""Source: DescribeAlarms, DescribeAlarmsForMetric, DescribeAlarmContributors, DescribeAlarmHistory (Amazon CloudWatch API reference)."""

from collections.abc import Mapping
from operator import attrgetter
from typing import Any

from services.demo.cloudwatch.alarms.history import HistoryItem
from services.demo.cloudwatch.alarms.model import Alarm
from services.demo.cloudwatch.alarms.store import AlarmStore
from services.demo.cloudwatch.metrics.queries import key_of
from services.demo.cloudwatch.request_checks import invalid
from services.demo.errors import AwsErrorResponse
from services.demo.paging import page_of
from services.demo.registry import Call, op

_LISTS = {"MetricAlarm": "MetricAlarms", "CompositeAlarm": "CompositeAlarms", "LogAlarm": "LogAlarms"}
_CHILD = ("AlarmName", "AlarmArn", "StateValue", "StateUpdatedTimestamp")
_PARENT = ("AlarmName", "AlarmArn")


@op("cloudwatch", "DescribeAlarms")
def describe_alarms(call: Call) -> dict[str, Any]:
    """Alarms by name; composite and log alarms only if AlarmTypes names them."""
    params = call.params
    if params.get("AlarmNames") and params.get("AlarmNamePrefix"):
        raise invalid("AlarmNames and AlarmNamePrefix cannot be combined")
    for relation, fields in (("ChildrenOfAlarmName", _CHILD), ("ParentsOfAlarmName", _PARENT)):
        if relation in params:
            if set(params) - {relation, "MaxRecords", "NextToken"}:
                raise invalid(f"{relation} cannot be combined with other parameters")
            return _answer(_relatives(call, relation), params, fields)
    kinds = params.get("AlarmTypes") or ["MetricAlarm"]
    alarms = [alarm for alarm in _alarms_of(call) if alarm.kind in kinds and _fits(alarm, params)]
    return _answer(alarms, params)


def _alarms_of(call: Call) -> list[Alarm]:
    return [alarm for alarm in call.component(AlarmStore).alarms.values() if alarm.region == call.region]


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
    store = call.component(AlarmStore)
    alarm = store.get(call.params[relation], call.region)
    if alarm is None:
        raise invalid(f"Alarm {call.params[relation]} does not exist")
    return store.children(alarm) if relation == "ChildrenOfAlarmName" else store.parents(alarm)


def _answer(alarms: list[Alarm], params: Mapping[str, Any], fields: tuple[str, ...] = ()) -> dict[str, Any]:
    alarms = sorted(alarms, key=lambda alarm: alarm.name)
    page, more = page_of(alarms, lambda alarm: alarm.name, params, params.get("MaxRecords", 50))
    answer: dict[str, Any] = {name: [] for name in _LISTS.values()}
    for alarm in page:
        row = alarm.describe()
        answer[_LISTS[alarm.kind]].append({name: row[name] for name in fields} if fields else row)
    return answer | more


@op("cloudwatch", "DescribeAlarmsForMetric")
def describe_alarms_for_metric(call: Call) -> dict[str, Any]:
    key = key_of(call.params)
    filters = ("Statistic", "ExtendedStatistic", "Period", "Unit")
    alarms = [
        alarm
        for alarm in _alarms_of(call)
        if alarm.key == key
        and all(name not in call.params or call.params[name] == alarm.settings.get(name) for name in filters)
    ]
    return {"MetricAlarms": [alarm.describe() for alarm in sorted(alarms, key=lambda alarm: alarm.name)]}


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
    start, end = params.get("StartDate"), params.get("EndDate")
    if start is not None and end is not None and start > end:
        raise AwsErrorResponse("ValidationError", "StartDate must not be after EndDate")
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
