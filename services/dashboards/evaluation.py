from collections.abc import Iterable, Mapping, Sequence

from services.dashboards.requests import WidgetRequest
from services.i18n import _, sentences
from services.models.alarms import Alarm, AlarmOverview
from services.models.dashboards import DashboardView, Reading, WidgetData
from services.models.metrics import MetricQuery, Series, SeriesStatus
from services.models.runbook import Runbook
from services.models.verdict import Limit, Verdict, worst

LATE = 300  # Seconds by which the newest point may be late before the curve counts as having no current value
COUNTING = ("SampleCount", "TC", "tc", "PR")
"""Statistics that count data points; a limit on the metric's value does not apply to them."""

GLOBAL = "us-east-1"  # The region of the metrics of services that have no region
REGIONAL = (
    "AWS/ApplicationELB",
    "AWS/NetworkELB",
    "AWS/ELB",
    "AWS/ECS",
    "ECS/",
    "AWS/RDS",
    "AWS/EC2",
    "AWS/Logs",
)
"""Namespaces whose metrics in that region are of a system that runs there."""


def by_query(series: Iterable[Series]) -> dict[str, list[Series]]:
    answered: dict[str, list[Series]] = {}
    for curve in series:
        answered.setdefault(curve.id, []).append(curve)
    return answered


def judged(
    ask: WidgetRequest, series: Mapping[str, Sequence[Series]], alarms: tuple[Alarm, ...], runbook: Runbook
) -> WidgetData:
    """The data of one widget: its curves in the order of its rows, each with its latest value evaluated.
    `series` are those of all widgets, by the query's id; only the widget's own are looked at."""
    curves: list[Series] = []
    readings: list[Reading] = []
    for trace in ask.traces:
        why = foreign(trace.query, runbook)
        for answered in series.get(trace.query.id, ()):
            curve = ask.trimmed(answered)
            if why:
                curve = curve.model_copy(update={"status": SeriesStatus.FOREIGN, "message": why})
            curves.append(curve.model_copy(update={"id": ask.own_id(curve.id)}))
            readings.append(_reading(curve, trace.query, ask, runbook))
    return WidgetData(
        key=ask.key,
        series=tuple(curves),
        readings=tuple(readings),
        alarms=alarms,
        verdict=worst(reading.verdict for reading in readings),
        start=ask.start,
        end=ask.end,
        problem=trouble(curves),
    )


def _reading(curve: Series, query: MetricQuery, ask: WidgetRequest, runbook: Runbook) -> Reading:
    limit = limit_of(query, runbook)
    newest = curve.times[-1] if curve.times else None
    value = curve.last
    # An old point is not a current reading: a curve that ended an hour ago must not look normal now.
    if (
        newest is not None
        and not ask.is_single_value
        and newest < ask.end - curve.period - max(LATE, 2 * curve.period)
    ):
        value = None
    is_foreign = curve.status is SeriesStatus.FOREIGN
    return Reading(
        label=curve.label,
        value=value,
        at=newest,
        limit=limit,
        verdict=limit.judge(None if is_foreign else value) if limit is not None else None,
    )


def outdated(data: WidgetData, problem: str, *, is_denied: bool) -> WidgetData:
    """The data of an earlier request after one that failed: its values are not the present ones, so none is judged."""
    return overdue(data).model_copy(update={"problem": problem, "is_denied": is_denied})


def overdue(data: WidgetData) -> WidgetData:
    """The data of a request that is too old: its values are not the present ones, so none is judged."""
    readings = tuple(
        reading.model_copy(
            update={"value": None, "verdict": Verdict.UNKNOWN if reading.limit is not None else None}
        )
        for reading in data.readings
    )
    verdict = worst(reading.verdict for reading in readings)
    return data.model_copy(update={"readings": readings, "verdict": verdict, "is_outdated": True})


def limit_of(query: MetricQuery, runbook: Runbook) -> Limit | None:
    if not query.metric or query.stat.startswith(COUNTING):
        return None
    return runbook.limit_for(query.namespace, query.metric)


def foreign(query: MetricQuery, runbook: Runbook) -> str:
    """Whose the metric is, in words, if not the account's and region's of the runbook; "" if it is."""
    system, disaster = runbook.system, runbook.disaster
    if query.account not in ("", system.account):
        text = _("metrics of account {actual}, not of the runbook's {expected}: not judged")
        return text.format(actual=query.account, expected=system.account)
    named = {
        "",
        system.region,
        disaster.region if disaster else "",
        *(own.region for own in runbook.inspections),
    }
    if query.region in named or (query.region == GLOBAL and not query.namespace.startswith(REGIONAL)):
        return ""
    text = _("metrics of region {actual}, not of the runbook's {expected}: not judged")
    return text.format(actual=query.region, expected=system.region)


def trouble(curves: Sequence[Series]) -> str:
    """What is wrong with the curves, in words; "" if they are complete."""
    messages = {
        SeriesStatus.FORBIDDEN: _("Permission is missing for: {labels}"),
        SeriesStatus.ERROR: _("No response from AWS for: {labels}"),
        SeriesStatus.PARTIAL: _("Partial response for: {labels}"),
        SeriesStatus.FOREIGN: _("Not judged: {labels}"),
    }
    parts = []
    for status, text in messages.items():
        bad = [curve for curve in curves if curve.status is status]
        if bad:
            parts.append(text.format(labels=_(", ").join(dict.fromkeys(curve.label for curve in bad))))
            parts += dict.fromkeys(curve.message for curve in bad if curve.message)
    if not parts and not any(curve.values for curve in curves):
        parts.append(_("No data in this range."))
    return sentences(*parts)


def refreshed(view: DashboardView, overview: AlarmOverview) -> DashboardView:
    by_arn = {alarm.arn: alarm for alarm in overview.alarms if alarm.arn}
    data = tuple(
        each.model_copy(update={"alarms": tuple(by_arn.get(alarm.arn, alarm) for alarm in each.alarms)})
        if each.alarms
        else each
        for each in view.data
    )
    return view if data == view.data else view.model_copy(update={"data": data})
