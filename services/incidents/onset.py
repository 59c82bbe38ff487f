"""T0: the first bad minute of an incident, from the curve that its alarm watches. Pure."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from statistics import median

from services.i18n import _
from services.models.causes import Onset, OnsetBasis
from services.models.first_wave import AlarmMoment, IncidentEvidence, Measure, Source
from services.models.measures import MEASURES
from services.models.metrics import Series

SPREADS = 3.0  # How many spreads above the baseline a minute must lie
BEFORE = timedelta(minutes=15)  # How long before the alarm its minutes may be bad already
GAP = 5  # Good minutes in a row that end a bad stretch, when going back from the alarm
_NORMAL = 1.4826  # Converts a median absolute deviation into a standard deviation
_ERRORS = (Measure.ELB_5XX, Measure.TARGET_5XX)
_COUNTS = frozenset({Measure.REQUESTS, Measure.DB_CONNECTIONS, *_ERRORS})
_LEAST = {
    Measure.LATENCY: 0.05,
    Measure.ECS_CPU: 5.0,
    Measure.ECS_MEMORY: 2.0,
    Measure.DB_CPU: 5.0,
    Measure.DB_CONNECTIONS: 5.0,
}
"""Least spread of a curve, in its own unit, so that a flat past does not make every wobble bad."""
_BY_METRIC: dict[tuple[str, str], Measure] = {
    ("AWS/ApplicationELB", "TargetResponseTime"): Measure.LATENCY,
    ("AWS/ECS", "CPUUtilization"): Measure.ECS_CPU,
    ("AWS/ECS", "MemoryUtilization"): Measure.ECS_MEMORY,
    ("AWS/RDS", "CPUUtilization"): Measure.DB_CPU,
    ("AWS/RDS", "DatabaseConnections"): Measure.DB_CONNECTIONS,
    ("AWS/RDS", "FreeStorageSpace"): Measure.DB_FREE,
}
Points = Sequence[tuple[int, float]]  # (start of the minute as epoch seconds, value), ascending


def watched_measures(alarm: AlarmMoment) -> tuple[Measure, ...]:
    measure = _BY_METRIC.get((str(alarm.namespace), str(alarm.metric)))
    return _ERRORS if measure is None else (measure,)


def curve_text(measure: str) -> str:
    if measure not in set(Measure):
        return measure
    return "5xx" if measure in _ERRORS else _(MEASURES[Measure(measure)].title)


def onset_of(evidence: IncidentEvidence) -> Onset:
    """T0 of the evidence; the alarm's own moment if its curve never left the baseline."""
    measures, own = watched_measures(evidence.alarm), evidence.own_series
    moment = evidence.alarm.since
    fallback = Onset(at=moment, basis=OnsetBasis.ALARM)
    reading = evidence.reading(Source.METRICS)
    if not own and (reading is None or not reading.is_read or Measure.DB_FREE in measures):
        # Free storage falls for hours before the alarm: it has no first bad minute, only a slope.
        return fallback
    points, limit = watched_curve(evidence)
    first = first_bad(points, limit, int(moment.timestamp())) if limit is not None else None
    if first is None or limit is None:
        return fallback
    return Onset(
        at=datetime.fromtimestamp(first, UTC),
        basis=OnsetBasis.BASELINE,
        measure=str(own[0].label if own else measures[0].value),
        baseline=bad_sign(evidence) * limit,
    )


def bad_sign(evidence: IncidentEvidence) -> int:
    """-1 if small values of the alarm's own curve are bad, 1 otherwise."""
    return -1 if evidence.own_series and evidence.alarm.comparison.startswith("<") else 1


def watched_curve(evidence: IncidentEvidence) -> tuple[Points, float | None]:
    """What the alarm watches, and the limit over which a minute is bad; both times `bad_sign`. That of
    another resource's curve is its baseline, but never beyond the alarm's threshold."""
    alarm, sign = evidence.alarm, bad_sign(evidence)
    if not evidence.own_series:
        measures = watched_measures(alarm)
        points = summed(evidence, measures)
        usual = usual_points(points, alarm.since)
        week_ago = _totals(evidence.curve_week_ago(measure) for measure in measures)
        return points, baseline(usual, list(week_ago.values()), measures[0])
    curve = evidence.own_series[0]
    points = [(at, sign * value) for at, value in zip(curve.times, curve.values, strict=True)]
    usual = usual_points(points, alarm.since)
    least = 0.05 * abs(median(value for _at, value in usual)) if usual else 0.0
    limits = [
        baseline(usual, (), None, least=least),
        None if alarm.threshold is None else sign * alarm.threshold,
    ]
    return points, min((limit for limit in limits if limit is not None), default=None)


def usual_points(points: Points, moment: datetime) -> Points:
    """The points before the incident: late in a long one its bad minutes would be taken for the usual ones."""
    edge = int((moment - BEFORE).timestamp())
    return [point for point in points if point[0] < edge]


def summed(evidence: IncidentEvidence, measures: Iterable[Measure]) -> list[tuple[int, float]]:
    """The sum of several curves, minute by minute; a count that AWS did not publish is 0 if anything was published."""
    totals = _totals(evidence.curve(measure) for measure in measures)
    if set(measures) <= _COUNTS:
        requests = evidence.curve(Measure.REQUESTS)
        for at in requests.times if requests is not None else ():
            totals.setdefault(at, 0.0)
    return sorted(totals.items())


def _totals(curves: Iterable[Series | None]) -> dict[int, float]:
    totals: dict[int, float] = {}
    for curve in curves:
        if curve is not None:
            for at, value in zip(curve.times, curve.values, strict=True):
                totals[at] = totals.get(at, 0.0) + value
    return totals


def baseline(
    points: Points, week_ago: Sequence[float], measure: Measure | None, *, least: float = 0.0
) -> float | None:
    """The value above which a minute is bad; None without enough of a past. The larger of the medians of the
    hours before and of the same hour a week ago, plus three times its spread."""
    samples = [values for values in ([value for _at, value in points], list(week_ago)) if len(values) >= 10]
    if not samples:
        return None
    sample = max(samples, key=median)
    middle = median(sample)
    spread = _NORMAL * median(abs(value - middle) for value in sample)
    if measure in _COUNTS:
        # Counts scatter by the root of their size even if most minutes are equal.
        spread = max(spread, 1.0, max(0.0, middle) ** 0.5)
    return middle + SPREADS * max(spread, _LEAST.get(measure, 0.0) if measure else least)


def first_bad(points: Points, limit: float, moment: int) -> int | None:
    """The first minute of the bad stretch that reaches the alarm's moment; None if there is none. An outlier
    hours before is not part of it: GAP good minutes end the stretch."""
    first: int | None = None
    good = 0
    for at, value in reversed([point for point in points if point[0] <= moment + 60]):
        if value > limit:
            first, good = at, 0
            continue
        good += 1
        if good >= GAP and (first is not None or moment - at > 15 * 60):
            break
    return first
