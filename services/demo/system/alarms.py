"""The alarms of the runbook's system as Put…Alarm requests, and the mute rule of a scenario."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from services.demo.account import ACCOUNT, REGION
from services.demo.cloudwatch.alarms.model import Kind
from services.demo.cloudwatch.alarms.mutes import MuteRule, MuteRuleStore, parse_schedule
from services.demo.cloudwatch.alarms.store import AlarmStore
from services.demo.cloudwatch.store import Dimensions
from services.demo.scenario import Scenario, ScenarioRun
from services.demo.scenario_facts import AlarmFact
from services.demo.system import names
from services.demo.system.english import in_language
from services.demo.system.minute import GIB


def _dimensions(pairs: Dimensions) -> list[dict[str, str]]:
    return [{"Name": name, "Value": value} for name, value in pairs]


def _plain(name: str, words: str, metric: tuple[str, str, Dimensions], **settings: Any) -> dict[str, Any]:
    namespace, metric_name, dimensions = metric
    return {
        "AlarmName": name,
        "AlarmDescription": words,
        "AlarmActions": [names.TOPIC],
        "OKActions": [names.TOPIC],
        "Namespace": namespace,
        "MetricName": metric_name,
        "Dimensions": _dimensions(dimensions),
        "Statistic": "Average",
        "Period": 60,
        "EvaluationPeriods": 3,
        "ComparisonOperator": "GreaterThanOrEqualToThreshold",
    } | settings


def _alb_sum(name: str, metric: str) -> dict[str, Any]:
    stat = {
        "Metric": {
            "Namespace": "AWS/ApplicationELB",
            "MetricName": metric,
            "Dimensions": _dimensions(names.ALB_DIMENSIONS),
        },
        "Period": 60,
        "Stat": "Sum",
    }
    return {"Id": name, "MetricStat": stat, "ReturnData": False}


ALB_RATE: dict[str, Any] = {
    "AlarmName": "alb-5xx-error-rate",
    "AlarmDescription": "ALB の 5xx エラー率が 5% 以上（手順書「アラート対応 1」）",
    "AlarmActions": [names.TOPIC],
    "OKActions": [names.TOPIC],
    "EvaluationPeriods": 2,
    "DatapointsToAlarm": 2,
    "Threshold": 5.0,
    "ComparisonOperator": "GreaterThanOrEqualToThreshold",
    "TreatMissingData": "notBreaching",
    "Metrics": [
        _alb_sum("m1", "HTTPCode_ELB_5XX_Count"),
        _alb_sum("m2", "HTTPCode_Target_5XX_Count"),
        _alb_sum("m3", "RequestCount"),
        {
            "Id": "rate",
            "Expression": "IF(FILL(m3,0)+FILL(m1,0)>0, 100*(FILL(m1,0)+FILL(m2,0))/(FILL(m3,0)+FILL(m1,0)), 0)",
            "Label": "5xx エラー率 (%)",
            "ReturnData": True,
        },
    ],
}

METRIC_ALARMS: tuple[dict[str, Any], ...] = (
    _plain(
        "ecs-cpu-high",
        "ECS の CPU 使用率が 70% 以上（手順書「アラート対応 2」）",
        ("AWS/ECS", "CPUUtilization", names.ECS_DIMENSIONS),
        Threshold=70.0,
    ),
    _plain(
        "ecs-memory-high",
        "ECS のメモリ使用率が 70% 以上",
        ("AWS/ECS", "MemoryUtilization", names.ECS_DIMENSIONS),
        Threshold=70.0,
    ),
    _plain(
        "rds-cpu-high",
        "RDS の CPU 使用率が 70% 以上",
        ("AWS/RDS", "CPUUtilization", names.RDS_DIMENSIONS),
        Threshold=70.0,
    ),
    _plain(
        "rds-connections-high",
        "RDS の接続数が 80 以上",
        ("AWS/RDS", "DatabaseConnections", names.RDS_DIMENSIONS),
        Threshold=80.0,
    ),
    _plain(
        "rds-storage-low",
        "RDS の空き容量が 10 GiB 以下（手順書「アラート対応 3」）",
        ("AWS/RDS", "FreeStorageSpace", names.RDS_DIMENSIONS),
        Threshold=10.0 * GIB,
        Statistic="Minimum",
        ComparisonOperator="LessThanOrEqualToThreshold",
    ),
    _plain(
        "alb-latency-high",
        "ALB の応答時間（平均）が 500ms 以上",
        ("AWS/ApplicationELB", "TargetResponseTime", names.ALB_DIMENSIONS),
        Threshold=0.5,
        TreatMissingData="notBreaching",
    ),
    ALB_RATE,
)

COMPOSITE: dict[str, Any] = {
    "AlarmName": "facility-prod-critical",
    "AlarmDescription": "利用者に影響する障害: 5xx または DB の空き容量不足",
    "AlarmActions": [names.TOPIC],
    "OKActions": [names.TOPIC],
    "AlarmRule": "ALARM(alb-5xx-error-rate) OR ALARM(rds-storage-low)",
}


def create_alarms(alarms: AlarmStore, run: ScenarioRun, at: datetime, language: str = "ja") -> None:
    """Put the alarms as of `at`, described in `language`, and the mute rule of a scenario that mutes some of them."""
    for kind, settings in _requests(run.scenario):
        alarms.put(kind, in_language(settings, language), at=at)
    _mute(alarms.mutes, run)


def _requests(scenario: Scenario) -> Iterator[tuple[Kind, dict[str, Any]]]:
    """(kind, request) of the alarms that exist in a scenario, some of them with disabled actions."""
    states = {fact.name: fact.state for fact in scenario.facts_of(AlarmFact)}
    requests: tuple[tuple[Kind, dict[str, Any]], ...] = (
        *(("MetricAlarm", settings) for settings in METRIC_ALARMS),
        ("CompositeAlarm", COMPOSITE),
    )
    for kind, settings in requests:
        state = states.get(settings["AlarmName"])
        if state != "missing":
            yield kind, settings | ({"ActionsEnabled": False} if state == "disabled" else {})


def _mute(rules: MuteRuleStore, run: ScenarioRun) -> None:
    """Mute the scenario's muted alarms for ten days, from an hour before its beginning."""
    muted = [fact.name for fact in run.scenario.facts_of(AlarmFact) if fact.state == "muted"]
    if not muted:
        return
    began = (run.began - timedelta(hours=1)).replace(second=0, microsecond=0)
    schedule = {"Expression": f"at({began:%Y-%m-%dT%H:%M})", "Duration": "P10D", "Timezone": "UTC"}
    settings = {
        "Name": "maintenance-work",
        "Rule": {"Schedule": schedule},
        "MuteTargets": {"AlarmNames": muted},
    }
    rule = MuteRule("maintenance-work", REGION, ACCOUNT, settings, parse_schedule(schedule), began)
    rules.rules[REGION, rule.name] = rule
