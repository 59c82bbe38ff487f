"""StateReason and StateReasonData in AWS's wording. Pure.

Source: notifications and histories that CloudWatch sent, e.g. "Threshold Crossed: 3 out of the last 3 datapoints [8.9
(14/07/21 23:18:00), …] were greater than or equal to the threshold (7.0) (minimum 3 datapoints for OK -> ALARM
transition)."
"""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from services.demo.cloudwatch.alarms.missing import Decision, State, Treat

CREATED = "Unchecked: Initial alarm creation"
_COMPARISONS = {
    "GreaterThanOrEqualToThreshold": "greater than or equal to the threshold ({threshold})",
    "GreaterThanThreshold": "greater than the threshold ({threshold})",
    "LessThanThreshold": "less than the threshold ({threshold})",
    "LessThanOrEqualToThreshold": "less than or equal to the threshold ({threshold})",
    "LessThanLowerOrGreaterThanUpperThreshold": "less than the lower thresholds [{low}] or greater than the upper"
    " thresholds [{high}]",
    "LessThanLowerThreshold": "less than the lower thresholds [{low}]",
    "GreaterThanUpperThreshold": "greater than the upper thresholds [{high}]",
}
_TREATED = {Treat.BREACHING: "Breaching", Treat.NOT_BREACHING: "NonBreaching"}
_LISTED = 5
_EVALUATED = 10
"""Datapoints written out; HistoryData may hold 4,095 characters in all."""


class Point(NamedTuple):
    at: int
    value: float | None
    samples: float | None = None
    """Sample count; None for the result of an expression."""
    low: float | None = None
    high: float | None = None
    """The band at this time, where the threshold is one."""


def stamp(at: datetime) -> str:
    """`2020-10-05T06:30:58.947+0000`."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}+0000"


def sentence_time(at: datetime) -> str:
    """`Sunday 30 October, 2022 20:47:35 UTC`."""
    return at.astimezone(UTC).strftime("%A %d %B, %Y %H:%M:%S UTC")


def _count(count: int, word: str = "datapoint") -> str:
    return f"{count} {word}{'' if count == 1 else 's'}"


def insufficient(periods: int) -> str:
    return f"Insufficient Data: {_count(periods)} {'was' if periods == 1 else 'were'} unknown."


def crossed(
    settings: Mapping[str, Any], decision: Decision, points: Sequence[Point], breaching: set[int]
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
    comparison = _comparison(settings, listed)
    values = ", ".join(f"{point.value} ({_when(point.at)})" for point in listed[:_LISTED])
    # AWS says "out of the last" only for alarms created with DatapointsToAlarm.
    head = f"{len(listed)} out of the last {periods} datapoints" if minimum else _count(len(listed))
    prefix = "Thresholds" if "ThresholdMetricId" in settings else "Threshold"
    tail = ""
    if minimum:
        needed, change = (minimum, "OK -> ALARM") if alarm else (periods - minimum + 1, "ALARM -> OK")
        tail = f" (minimum {_count(needed)} for {change} transition)"
    if len(listed) >= _LISTED:
        recent = f"The most recent datapoints which crossed the threshold: [{values}]"
        if not alarm:
            recent = f"The most recent datapoints: [{values}]"
        return f"{prefix} Crossed: {head} {verb} {comparison}. {recent}{tail}."
    return f"{prefix} Crossed: {head} [{values}] {verb} {comparison}{tail}."


def _treated(periods: int, received: int, filled: int, word: str) -> str:
    got = "no datapoints were" if not received else f"{_count(received)} {'was' if received == 1 else 'were'}"
    filled_words = f"{_count(filled, 'missing datapoint')} {'was' if filled == 1 else 'were'}"
    return f"Threshold Crossed: {got} received for {_count(periods, 'period')} and {filled_words} treated as [{word}]."


def _when(at: int) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%d/%m/%y %H:%M:%S")


def _comparison(settings: Mapping[str, Any], listed: Sequence[Point]) -> str:
    return _COMPARISONS[settings["ComparisonOperator"]].format(
        threshold=float(settings.get("Threshold", 0.0)),
        low=", ".join(str(point.low) for point in listed[:_LISTED]),
        high=", ".join(str(point.high) for point in listed[:_LISTED]),
    )


def reason_data(
    settings: Mapping[str, Any], decision: Decision, points: Sequence[Point], at: datetime, unit: str = ""
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
    if "ThresholdMetricId" in settings:
        data["recentLowerThresholds"] = [point.low for point in used]
        data["recentUpperThresholds"] = [point.high for point in used]
    else:
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
