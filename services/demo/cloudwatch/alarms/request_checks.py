"""Source: PutMetricAlarm, PutCompositeAlarm, PutLogAlarm (Amazon CloudWatch API reference)."""

from collections.abc import Mapping
from typing import Any

from services.demo.cloudwatch.alarms.composite_rule import RuleError, alarm_name, parse_rule
from services.demo.cloudwatch.alarms.missing import Treat
from services.demo.cloudwatch.alarms.store import AlarmStore
from services.demo.cloudwatch.request_checks import check_period, check_queries, invalid
from services.demo.cloudwatch.statistics import is_stat
from services.demo.errors import AwsErrorResponse

Settings = Mapping[str, Any]
_DAY = 86_400


def check_metric_alarm(settings: Settings) -> None:
    """Raises AwsErrorResponse where AWS would refuse the alarm."""
    if settings.get("EvaluationCriteria"):
        raise AwsErrorResponse("NotImplemented", "PromQL alarms are not part of the embedded AWS", 501)
    for name in ("EvaluationPeriods", "ComparisonOperator"):
        if name not in settings:
            raise invalid(f"The parameter {name} is required")
    _check_counts(settings, "EvaluationPeriods", "DatapointsToAlarm")
    if ("Threshold" in settings) == ("ThresholdMetricId" in settings):
        raise invalid("Exactly one of Threshold and ThresholdMetricId must be given")
    if queries := settings.get("Metrics"):
        if "MetricName" in settings:
            raise invalid("Metrics cannot be combined with MetricName")
        check_queries(queries)
        _check_watched(queries, settings.get("ThresholdMetricId"))
        return
    _check_plain(settings)


def _check_watched(queries: list[dict[str, Any]], band_id: str | None) -> None:
    ids = {query["Id"] for query in queries}
    watched = [query for query in queries if query.get("ReturnData", True) and query["Id"] != band_id]
    if len(watched) != 1:
        raise invalid("Exactly one element of the metrics list should return data")
    if band_id is not None and band_id not in ids:
        raise invalid(f"ThresholdMetricId '{band_id}' is not in the metrics list")
    if any("SEARCH(" in query.get("Expression", "") for query in queries):
        raise invalid("SEARCH is not supported on Metric Alarms.")


def _check_plain(settings: Settings) -> None:
    for name in ("MetricName", "Namespace", "Period"):
        if name not in settings:
            raise invalid(f"The parameter {name} is required")
    if ("Statistic" in settings) == ("ExtendedStatistic" in settings):
        raise invalid("Exactly one of Statistic and ExtendedStatistic must be given")
    if not is_stat(settings.get("Statistic") or settings["ExtendedStatistic"]):
        raise invalid(
            f"The value {settings.get('ExtendedStatistic')} for parameter ExtendedStatistic is not supported."
        )
    check_period(settings["Period"])
    if settings["Period"] * settings["EvaluationPeriods"] > 7 * _DAY:
        raise invalid("Metrics cannot be checked across more than a week (EvaluationPeriods * Period)")


def _check_counts(settings: Settings, periods: str, to_alarm: str) -> None:
    if settings.get(to_alarm, 1) > settings[periods]:
        raise invalid(f"{to_alarm} must be less than or equal to {periods}")
    if settings.get("TreatMissingData", "missing") not in set(Treat):
        raise invalid("TreatMissingData must be breaching, notBreaching, ignore or missing")


def check_log_alarm(settings: Settings) -> None:
    """Raises AwsErrorResponse where AWS would refuse the alarm."""
    _check_counts(settings, "QueryResultsToEvaluate", "QueryResultsToAlarm")


def check_composite_alarm(settings: Settings, store: AlarmStore, region: str) -> None:
    """Raises AwsErrorResponse where AWS would refuse the alarm: bad rule, unknown children."""
    try:
        children = parse_rule(settings["AlarmRule"]).children
    except RuleError as error:
        raise invalid(f"AlarmRule must not contain errors: {error}") from error
    missing = [child for child in children if store.get(child, region) is None]
    if missing:
        names = ", ".join(alarm_name(child) for child in missing)
        raise invalid(
            f"Could not save the composite alarm as alarms [{names}] in the alarm rule do not exist"
        )
