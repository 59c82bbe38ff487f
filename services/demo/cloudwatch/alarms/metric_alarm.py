from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from services.demo.cloudwatch.alarms import reasons
from services.demo.cloudwatch.alarms.missing import Decision, State, Treat, decide, evaluation_range
from services.demo.cloudwatch.alarms.model import Alarm
from services.demo.cloudwatch.alarms.reasons import Point
from services.demo.cloudwatch.math.series import Line
from services.demo.cloudwatch.metrics.queries import Batch
from services.demo.cloudwatch.statistics import percentile_of
from services.demo.cloudwatch.store import MINUTE, MetricKey, MetricStore


class Outcome(NamedTuple):
    state: State
    reason: str
    reason_data: str


def evaluate(alarm: Alarm, store: MetricStore, at: datetime) -> Outcome | None:
    """The new state of a metric or log alarm at `at`, or None where nothing changes. Raises MathError."""
    settings = normal(alarm)
    if alarm.kind == "LogAlarm":
        points = _results(alarm, settings)
    elif alarm.key is not None:
        points = _measured(store, alarm.key, settings, at)
    else:
        points = _computed(store, settings, at)
    if _too_few_samples(settings, points):
        return None
    breaching = {
        index for index, point in enumerate(points) if point.value is not None and _breaches(settings, point)
    }
    decision = decide(
        [None if point.value is None else index in breaching for index, point in enumerate(points)],
        settings["EvaluationPeriods"],
        settings.get("DatapointsToAlarm") or settings["EvaluationPeriods"],
        _treat(settings),
    )
    if decision.state is None or decision.state is alarm.state:
        return None
    return Outcome(decision.state, *_words(settings, decision, points, breaching, at))


def normal(alarm: Alarm) -> Mapping[str, Any]:
    settings = alarm.settings
    if alarm.kind != "LogAlarm":
        return settings
    return {
        **settings,
        "EvaluationPeriods": settings["QueryResultsToEvaluate"],
        "DatapointsToAlarm": settings["QueryResultsToAlarm"],
    }


def _words(
    settings: Mapping[str, Any],
    decision: Decision,
    points: Sequence[Point],
    breaching: set[int],
    at: datetime,
) -> tuple[str, str]:
    if decision.state is State.INSUFFICIENT:
        reason = reasons.insufficient(settings["EvaluationPeriods"])
    else:
        reason = reasons.crossed(settings, decision, points, breaching)
    return reason, reasons.reason_data(settings, decision, points, at, settings.get("Unit", ""))


def _treat(settings: Mapping[str, Any]) -> Treat:
    # "Alarms that evaluate metrics in the AWS/DynamoDB namespace always ignore missing data."
    if settings.get("Namespace") == "AWS/DynamoDB":
        return Treat.IGNORE
    return Treat(settings.get("TreatMissingData", "missing"))


def _measured(store: MetricStore, key: MetricKey, settings: Mapping[str, Any], at: datetime) -> list[Point]:
    period = settings["Period"]
    times = _times(settings, period, at)
    stat = settings.get("Statistic") or settings["ExtendedStatistic"]
    unit = settings.get("Unit")
    buckets = {}
    if not unit or unit == store.unit(key):
        buckets = {bucket.at: bucket for bucket in store.buckets(key, times.start, times.stop, period)}
    return [
        Point(time, buckets[time].stat(stat), buckets[time].count) if time in buckets else Point(time, None)
        for time in times
    ]


def _computed(store: MetricStore, settings: Mapping[str, Any], at: datetime) -> list[Point]:
    queries: Sequence[Mapping[str, Any]] = settings["Metrics"]
    periods = [query["MetricStat"]["Period"] for query in queries if query.get("MetricStat")]
    times = _times(settings, min(periods, default=300), at)
    batch = Batch(store, queries, times.start, times.stop)
    band_id = settings.get("ThresholdMetricId")
    watched = next(
        query["Id"] for query in queries if query.get("ReturnData", True) and query["Id"] != band_id
    )
    lines = batch.lines(watched)
    line: Mapping[int, float] = lines[0].points if lines else {}
    band: list[Line] = batch.lines(band_id) if band_id else []
    high, low = (band[0].points, band[1].points) if len(band) == 2 else ({}, {})
    return [Point(time, line.get(time), None, low.get(time), high.get(time)) for time in times]


def _times(settings: Mapping[str, Any], period: int, at: datetime) -> range:
    """Starts of the periods in the evaluation range; they slide by the minute, whatever the period."""
    end = int(at.timestamp()) // MINUTE * MINUTE
    period = max(period, MINUTE)
    return range(end - evaluation_range(settings["EvaluationPeriods"]) * period, end, period)


def _results(alarm: Alarm, settings: Mapping[str, Any]) -> list[Point]:
    length = evaluation_range(settings["EvaluationPeriods"])
    points = [Point(time, value) for time, value in list(alarm.results)[-length:]]
    # Runs that have not happened yet are missing datapoints.
    return [Point(0, None)] * (length - len(points)) + points


def _breaches(settings: Mapping[str, Any], point: Point) -> bool:
    value = point.value or 0.0
    low, high = point.low, point.high
    match settings["ComparisonOperator"]:
        case "GreaterThanThreshold":
            return value > settings["Threshold"]
        case "GreaterThanOrEqualToThreshold":
            return value >= settings["Threshold"]
        case "LessThanThreshold":
            return value < settings["Threshold"]
        case "LessThanOrEqualToThreshold":
            return value <= settings["Threshold"]
        case "LessThanLowerThreshold":
            return low is not None and value < low
        case "GreaterThanUpperThreshold":
            return high is not None and value > high
        case _:
            return (low is not None and value < low) or (high is not None and value > high)


def _too_few_samples(settings: Mapping[str, Any], points: Sequence[Point]) -> bool:
    """EvaluateLowSampleCountPercentile=ignore: a percentile of too few samples does not change the state."""
    if settings.get("EvaluateLowSampleCountPercentile") != "ignore":
        return False
    share = percentile_of(settings.get("ExtendedStatistic") or "")
    if share is None or not 0 < share < 1:
        return False
    needed = 10 / (1 - share) if share >= 0.5 else 10 / share
    recent = points[-settings["EvaluationPeriods"] :]
    return sum(point.samples or 0.0 for point in recent) < needed - 1e-6
