"""The curves of the evidence with T0 and the alarm's moment marked, and their values now beside those before. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from services.i18n import N_, _
from services.models.evidence import EvidencePlace
from services.models.first_wave import Measure, Source
from services.models.metrics import Series
from services.models.units import BYTES, PERCENT, PLAIN, SECONDS, Unit, number
from widgets.charts.data import ChartData, Curve, Moment
from widgets.drawing.format import NOTHING, pad
from widgets.drawing.lines import Span
from widgets.incidents.entries import Entry
from widgets.incidents.evidence.context import EvidenceContext, note, parts_entry, read_notes

_BEFORE = 1800
"""Seconds of the chart before T0: a count without errors has no values there, which must be seen, too."""


@dataclass(frozen=True, slots=True)
class _Metric:
    """How one measure is called, and where it is drawn in the console."""

    title: str
    place: str
    """`namespace/metric` of a dashboard widget."""
    unit: Unit = PLAIN


_ALB, _ECS, _RDS = "AWS/ApplicationELB", "AWS/ECS", "AWS/RDS"
METRICS: dict[Measure, _Metric] = {
    Measure.REQUESTS: _Metric(N_("requests"), f"{_ALB}/RequestCount"),
    Measure.ELB_5XX: _Metric(N_("5xx of the load balancer"), f"{_ALB}/HTTPCode_ELB_5XX_Count"),
    Measure.ELB_502: _Metric("502", f"{_ALB}/HTTPCode_ELB_5XX_Count"),
    Measure.ELB_503: _Metric("503", f"{_ALB}/HTTPCode_ELB_5XX_Count"),
    Measure.ELB_504: _Metric("504", f"{_ALB}/HTTPCode_ELB_5XX_Count"),
    Measure.TARGET_5XX: _Metric(N_("5xx of the application"), f"{_ALB}/HTTPCode_Target_5XX_Count"),
    Measure.LATENCY: _Metric(N_("latency p95"), f"{_ALB}/TargetResponseTime", SECONDS),
    Measure.HEALTHY: _Metric(N_("healthy targets"), f"{_ALB}/HealthyHostCount"),
    Measure.UNHEALTHY: _Metric(N_("unhealthy targets"), f"{_ALB}/UnHealthyHostCount"),
    Measure.ECS_CPU: _Metric(N_("ECS CPU, mean"), f"{_ECS}/CPUUtilization", PERCENT),
    Measure.ECS_CPU_MAX: _Metric(N_("ECS CPU, hottest task"), f"{_ECS}/CPUUtilization", PERCENT),
    Measure.ECS_MEMORY: _Metric(N_("ECS memory"), f"{_ECS}/MemoryUtilization", PERCENT),
    Measure.DB_CPU: _Metric(N_("RDS CPU"), f"{_RDS}/CPUUtilization", PERCENT),
    Measure.DB_CREDITS: _Metric(N_("RDS CPU credits"), f"{_RDS}/CPUCreditBalance"),
    Measure.DB_CONNECTIONS: _Metric(N_("RDS connections"), f"{_RDS}/DatabaseConnections"),
    Measure.DB_FREE: _Metric(N_("RDS free storage"), f"{_RDS}/FreeStorageSpace", BYTES),
    Measure.DB_WAL: _Metric(N_("RDS transaction logs"), f"{_RDS}/TransactionLogsDiskUsage", BYTES),
    Measure.DB_SLOT_LAG: _Metric(N_("RDS replication slot lag"), f"{_RDS}/OldestReplicationSlotLag", BYTES),
    Measure.DB_LOAD: _Metric(N_("RDS load (sessions)"), f"{_RDS}/DBLoad"),
    Measure.WAF_BLOCKED: _Metric(N_("requests blocked by WAF"), "AWS/WAFV2/BlockedRequests"),
}
"""The measures that pages show."""
_NAME = 26
"""Cells of a measure's name."""


def curve_entries(context: EvidenceContext, measures: Sequence[Measure], width: int) -> list[Entry]:
    """One row a measure: its value now, its usual value before T0, its largest since; leading to its curve."""
    entries = read_notes(context, Source.METRICS, width=width)
    rows = [
        _row(context, measure, series, width)
        for measure in measures
        if (series := context.evidence.curve(measure)) is not None and series.values
    ]
    if not rows and not entries:
        entries.append(note("curves:none", _("The metrics have no values."), width, "warn"))
    return [*entries, *rows]


def _row(context: EvidenceContext, measure: Measure, series: Series, width: int) -> Entry:
    metric = METRICS[measure]
    onset = int(context.onset.timestamp())
    pairs = list(zip(series.times, series.values, strict=False))
    before = [value for at, value in pairs if at < onset]
    since = [value for at, value in pairs if at >= onset]
    usual = median(before) if before else None
    worst = _worst(measure, since) if since else None
    name: list[Span] = [
        (pad(_(metric.title), _NAME) + " ", "muted"),
        (pad(number(series.last, metric.unit), 9, "right"), "strong"),
    ]
    parts: list[Span] = [
        (_("before T0 {value}").format(value=number(usual, metric.unit) if before else NOTHING), "muted")
    ]
    if worst is not None:
        words = _("lowest since {value}") if _falls(measure) else _("highest since {value}")
        parts.append((words.format(value=number(worst, metric.unit)), ""))
    place = EvidencePlace(kind="widget", target=metric.place)
    return parts_entry(f"curve:{measure}", name, parts, width, place)


def _worst(measure: Measure, values: Sequence[float]) -> float:
    return min(values) if _falls(measure) else max(values)


def _falls(measure: Measure) -> bool:
    """Whether a small value is the bad one."""
    return measure in (Measure.HEALTHY, Measure.DB_FREE, Measure.DB_CREDITS)


def chart_of(context: EvidenceContext, measures: Sequence[Measure]) -> ChartData:
    """The curves around T0 on one chart; empty if none has values."""
    curves = tuple(
        Curve(
            label=_(METRICS[measure].title),
            times=series.times,
            values=series.values,
            period=series.period,
            unit=METRICS[measure].unit,
        )
        for measure in measures
        if (series := context.evidence.curve(measure)) is not None and series.values
    )
    if not curves:
        return ChartData()
    onset, alarm = int(context.onset.timestamp()), int(context.alarm_at.timestamp())
    moments: tuple[Moment, ...] = (Moment(onset, "T0"), Moment(alarm, _("alarm")))
    if alarm - onset < 60:
        moments = (Moment(onset, _("T0, alarm")),)
    end = max(at for curve in curves for at in curve.times[-1:])
    return ChartData(curves=curves, moments=moments, start=onset - _BEFORE, end=max(end, alarm) + 60)
