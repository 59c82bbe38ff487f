"""Evaluates metric alarms: reads the datapoints, determines the state, writes the reason in AWS's wording.

Source: notifications and histories that CloudWatch sent, e.g. "Threshold Crossed: 3 out of the last 3 datapoints [8.9
(14/07/21 23:18:00), …] were greater than or equal to the threshold (7.0) (minimum 3 datapoints for OK -> ALARM
transition)."
"""

import json
import operator
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from services.demo.cloudwatch.alarms.records import DemoAlarm
from services.demo.cloudwatch.alarms.states import (
    AlarmDecision,
    State,
    Treat,
    decide,
    evaluation_range,
    stamp,
)
from services.demo.cloudwatch.queries import Batch
from services.demo.cloudwatch.store import MINUTE, MetricKey, MetricStore

_SENTENCES = {
    "GreaterThanOrEqualToThreshold": "greater than or equal to the threshold ({threshold})",
    "GreaterThanThreshold": "greater than the threshold ({threshold})",
    "LessThanThreshold": "less than the threshold ({threshold})",
    "LessThanOrEqualToThreshold": "less than or equal to the threshold ({threshold})",
}
_TREATED = {Treat.BREACHING: "Breaching", Treat.NOT_BREACHING: "NonBreaching"}
_LISTED = 5
_EVALUATED = 10  # Datapoints written out; HistoryData may hold 4,095 characters in all


class Point(NamedTuple):
    at: int
    value: float | None
    samples: float | None = None  # Sample count; None for the result of an expression


def _count(count: int, word: str = "datapoint") -> str:
    return f"{count} {word}{'' if count == 1 else 's'}"


def insufficient(periods: int) -> str:
    return f"Insufficient Data: {_count(periods)} {'was' if periods == 1 else 'were'} unknown."


def crossed(
    settings: Mapping[str, Any], decision: AlarmDecision, points: Sequence[Point], breaching: set[int]
) -> str:
    """The reason for ALARM or OK. `breaching`: indices of the points that breach."""
    periods = settings["EvaluationPeriods"]
    treated = _TREATED.get(Treat(settings.get("TreatMissingData", "missing")))
    if decision.filled and treated is not None:
        return _treated(periods, len(decision.used), decision.filled, treated)
    alarm = decision.state is State.ALARM
    # Newest first: an operator reads the last measurement before the older ones.
    listed = [points[index] for index in reversed(decision.used) if (index in breaching) is alarm]
    minimum = settings.get("DatapointsToAlarm")
    verb = ("was" if len(listed) == 1 else "were") + ("" if alarm else " not")
    comparison = _SENTENCES[settings["ComparisonOperator"]].format(threshold=float(settings["Threshold"]))
    values = ", ".join(f"{point.value} ({_when(point.at)})" for point in listed[:_LISTED])
    # AWS says "out of the last" only for alarms created with DatapointsToAlarm.
    head = f"{len(listed)} out of the last {periods} datapoints" if minimum else _count(len(listed))
    tail = ""
    if minimum:
        needed, change = (minimum, "OK -> ALARM") if alarm else (periods - minimum + 1, "ALARM -> OK")
        tail = f" (minimum {_count(needed)} for {change} transition)"
    if len(listed) >= _LISTED:
        recent = f"The most recent datapoints which crossed the threshold: [{values}]"
        if not alarm:
            recent = f"The most recent datapoints: [{values}]"
        return f"Threshold Crossed: {head} {verb} {comparison}. {recent}{tail}."
    return f"Threshold Crossed: {head} [{values}] {verb} {comparison}{tail}."


def _treated(periods: int, received: int, filled: int, word: str) -> str:
    got = "no datapoints were" if not received else f"{_count(received)} {'was' if received == 1 else 'were'}"
    filled_words = f"{_count(filled, 'missing datapoint')} {'was' if filled == 1 else 'were'}"
    return f"Threshold Crossed: {got} received for {_count(periods, 'period')} and {filled_words} treated as [{word}]."


def _when(at: int) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%d/%m/%y %H:%M:%S")


def reason_data(
    settings: Mapping[str, Any],
    decision: AlarmDecision,
    points: Sequence[Point],
    at: datetime,
    unit: str = "",
) -> str:
    """StateReasonData: JSON with the evaluated datapoints, `recentDatapoints` oldest first."""
    used = [points[index] for index in decision.used]
    missing = [
        point for index, point in enumerate(points) if index not in decision.used and point.value is None
    ]
    filled = missing[len(missing) - decision.filled :]
    data: dict[str, Any] = {"version": "1.0", "queryDate": stamp(at)}
    if used:
        data["startDate"] = stamp(datetime.fromtimestamp(used[0].at, UTC))
    if unit:
        data["unit"] = unit
    if statistic := settings.get("Statistic") or settings.get("ExtendedStatistic"):
        data["statistic"] = statistic
    if period := settings.get("Period") or points[-1].at - points[-2].at:
        data["period"] = period
    data["recentDatapoints"] = [point.value for point in used]
    data["threshold"] = float(settings["Threshold"])
    newest = sorted([*used, *filled], key=lambda point: -point.at)
    data["evaluatedDatapoints"] = [_evaluated(point) for point in newest[:_EVALUATED]]
    return json.dumps(data, separators=(",", ":"))


def _evaluated(point: Point) -> dict[str, Any]:
    row: dict[str, Any] = {"timestamp": stamp(datetime.fromtimestamp(point.at, UTC))}
    if point.samples is not None:
        row["sampleCount"] = point.samples
    if point.value is not None:
        row["value"] = point.value
    return row


_COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    "GreaterThanThreshold": operator.gt,
    "GreaterThanOrEqualToThreshold": operator.ge,
    "LessThanThreshold": operator.lt,
    "LessThanOrEqualToThreshold": operator.le,
}


class EvaluationOutcome(NamedTuple):
    state: State
    reason: str
    reason_data: str


def evaluate(alarm: DemoAlarm, store: MetricStore, at: datetime) -> EvaluationOutcome | None:
    """The new state of a metric alarm at `at`, or None where nothing changes. Raises MathError."""
    settings = alarm.settings
    if alarm.key is not None:
        points = _measured(store, alarm.key, settings, at)
    else:
        points = _computed(store, settings, at)
    breaches = _COMPARISONS[settings["ComparisonOperator"]]
    breaching = {
        index
        for index, point in enumerate(points)
        if point.value is not None and breaches(point.value, settings["Threshold"])
    }
    decision = decide(
        [None if point.value is None else index in breaching for index, point in enumerate(points)],
        settings["EvaluationPeriods"],
        settings.get("DatapointsToAlarm") or settings["EvaluationPeriods"],
        Treat(settings.get("TreatMissingData", "missing")),
    )
    if decision.state is None or decision.state is alarm.state:
        return None
    if decision.state is State.INSUFFICIENT:
        reason = insufficient(settings["EvaluationPeriods"])
    else:
        reason = crossed(settings, decision, points, breaching)
    data = reason_data(settings, decision, points, at, settings.get("Unit", ""))
    return EvaluationOutcome(decision.state, reason, data)


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
    lines = batch.lines(next(query["Id"] for query in queries if query.get("ReturnData", True)))
    line: Mapping[int, float] = lines[0].points if lines else {}
    return [Point(time, line.get(time)) for time in times]


def _times(settings: Mapping[str, Any], period: int, at: datetime) -> range:
    """Starts of the periods in the evaluation range; they slide by the minute, whatever the period."""
    end = int(at.timestamp()) // MINUTE * MINUTE
    period = max(period, MINUTE)
    return range(end - evaluation_range(settings["EvaluationPeriods"]) * period, end, period)
