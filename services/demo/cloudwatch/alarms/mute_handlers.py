"""Source: PutAlarmMuteRule, ListAlarmMuteRules (Amazon CloudWatch API reference)."""

from typing import Any

from services.demo.cloudwatch.alarms.mutes import MuteRule, ScheduleError, parse_schedule
from services.demo.cloudwatch.alarms.store import AlarmStore
from services.demo.cloudwatch.request_checks import invalid
from services.demo.errors import AwsErrorResponse
from services.demo.paging import page_of
from services.demo.registry import Call, op


@op("cloudwatch", "PutAlarmMuteRule")
def put_alarm_mute_rule(call: Call) -> dict[str, Any]:
    settings = {name: value for name, value in call.params.items() if name != "Tags"}
    try:
        schedule = parse_schedule(settings["Rule"]["Schedule"])
    except ScheduleError as error:
        raise invalid(str(error)) from error
    rule = MuteRule(settings["Name"], call.region, call.account, settings, schedule, call.now)
    alarms = call.component(AlarmStore)
    alarms.mutes.rules[call.region, rule.name] = rule
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


def _summary(call: Call, rule: MuteRule) -> dict[str, Any]:
    summary = {
        "AlarmMuteRuleArn": rule.arn,
        "Status": rule.status(call.now),
        "MuteType": rule.mute_type,
        "LastUpdatedTimestamp": rule.updated,
    }
    if "ExpireDate" in rule.settings:
        summary["ExpireDate"] = rule.settings["ExpireDate"]
    return summary
