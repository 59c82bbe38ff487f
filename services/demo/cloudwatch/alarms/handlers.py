"""Source: Amazon CloudWatch API reference."""

from typing import Any

from services.demo.cloudwatch.alarms import request_checks
from services.demo.cloudwatch.alarms.missing import State
from services.demo.cloudwatch.alarms.model import Kind
from services.demo.cloudwatch.alarms.store import AlarmStore
from services.demo.cloudwatch.request_checks import invalid
from services.demo.errors import AwsErrorResponse
from services.demo.registry import Call, op


def _put(call: Call, kind: Kind) -> dict[str, Any]:
    store = call.component(AlarmStore)
    alarm = store.get(call.params["AlarmName"], call.region)
    if alarm is not None and alarm.kind != kind:
        raise invalid(f"An alarm of another type with the name {alarm.name} already exists.")
    store.put(kind, call.params, region=call.region, account=call.account)
    return {}


@op("cloudwatch", "PutMetricAlarm")
def put_metric_alarm(call: Call) -> dict[str, Any]:
    request_checks.check_metric_alarm(call.params)
    return _put(call, "MetricAlarm")


@op("cloudwatch", "PutCompositeAlarm")
def put_composite_alarm(call: Call) -> dict[str, Any]:
    request_checks.check_composite_alarm(call.params, call.component(AlarmStore), call.region)
    return _put(call, "CompositeAlarm")


@op("cloudwatch", "PutLogAlarm")
def put_log_alarm(call: Call) -> dict[str, Any]:
    """Create or redefine a log alarm; its query never runs by itself (see AlarmStore.record_query_result)."""
    request_checks.check_log_alarm(call.params)
    return _put(call, "LogAlarm")


@op("cloudwatch", "DeleteAlarms")
def delete_alarms(call: Call) -> dict[str, Any]:
    """Delete those that exist; unknown names are ignored, as in AWS."""
    store = call.component(AlarmStore)
    matches = (store.get(name, call.region) for name in call.params["AlarmNames"])
    alarms = [alarm for alarm in matches if alarm is not None]
    if sum(alarm.kind == "CompositeAlarm" for alarm in alarms) > 1:
        raise invalid("You can delete at most one composite alarm in one operation.")
    for alarm in alarms:
        if any(parent not in alarms for parent in store.parents(alarm)):
            raise invalid(f"Cannot delete {alarm.name} as there are composite alarm(s) depending on it.")
    for alarm in alarms:
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
