from collections.abc import Sequence
from statistics import median

from services.i18n import _
from services.models.evidence import EvidencePlace
from services.models.first_wave import Measure, Source
from services.models.measures import LOW_IS_BAD, MEASURES
from services.models.metrics import Series
from services.models.units import number
from widgets.charts.data import ChartData, ChartMoment, Curve
from widgets.drawing.format import NOTHING, pad
from widgets.drawing.lines import Span
from widgets.drawing.spans import hanging
from widgets.incidents.entries import IncidentEntry
from widgets.incidents.evidence.context import EvidenceContext, note, parts_entry, read_notes

_BEFORE = 1800
"""Seconds of the chart before T0: a count without errors has no values there, which must be seen, too."""
_NAME, _OWN_NAME = 26, 31  # Cells of the name of a measure, and of a metric with its statistic


def curve_entries(context: EvidenceContext, measures: Sequence[Measure], width: int) -> list[IncidentEntry]:
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


def _row(context: EvidenceContext, measure: Measure, series: Series, width: int) -> IncidentEntry:
    text = MEASURES[measure]
    onset = int(context.onset.timestamp())
    pairs = list(zip(series.times, series.values, strict=False))
    before = [value for at, value in pairs if at < onset]
    since = [value for at, value in pairs if at >= onset]
    usual = median(before) if before else None
    name: list[Span] = [
        (pad(_(text.title), _NAME) + " ", "muted"),
        (pad(number(series.last, text.unit), 9, "right"), "strong"),
    ]
    parts: list[Span] = [
        (_("before T0 {value}", value=number(usual, text.unit) if before else NOTHING), "muted")
    ]
    if since:
        low_is_bad = measure in LOW_IS_BAD
        words = _("lowest since {value}") if low_is_bad else _("highest since {value}")
        worst = min(since) if low_is_bad else max(since)
        parts.append((words.format(value=number(worst, text.unit)), ""))
    place = EvidencePlace(kind="widget", target=text.widget)
    return parts_entry(f"curve:{measure}", name, parts, width, place)


def chart_of(context: EvidenceContext, measures: Sequence[Measure]) -> ChartData:
    curves = tuple(
        Curve(
            label=_(MEASURES[measure].title),
            times=series.times,
            values=series.values,
            period=series.period,
            unit=MEASURES[measure].unit,
        )
        for measure in measures
        if (series := context.evidence.curve(measure)) is not None and series.values
    )
    return _chart(context, curves)


def resource_entries(context: EvidenceContext, width: int) -> list[IncidentEntry]:
    rows = context.view.resource.rows if context.view.resource is not None else ()
    blocks = [hanging([(pad(row.name, _OWN_NAME) + " ", "muted")], row.text, width, "") for row in rows]
    entries = [IncidentEntry(f"own:{index}", tuple(lines)) for index, lines in enumerate(blocks)]
    sources = (Source.OWN_METRICS, Source.OWN_LOG, Source.TRAIL, Source.ALARMS)
    return [*entries, *read_notes(context, *sources, width=width)]


def resource_charts(context: EvidenceContext) -> tuple[ChartData, ...]:
    curves = [each for each in context.evidence.own_series if each.values][:2]
    own = (Curve(each.label, each.times, each.values, each.period) for each in curves)
    return tuple(_chart(context, (curve,)) for curve in own)


def _chart(context: EvidenceContext, curves: tuple[Curve, ...]) -> ChartData:
    if not curves:
        return ChartData()
    onset, alarm = int(context.onset.timestamp()), int(context.view.incident.since.timestamp())
    # What the console asks itself about, no alarm told of.
    name = _("finding") if context.evidence.answers else _("alarm")
    moments: tuple[ChartMoment, ...] = (ChartMoment(onset, "T0"), ChartMoment(alarm, name))
    if alarm - onset < 60:
        moments = (ChartMoment(onset, name if context.evidence.answers else _("T0, alarm")),)
    end = max(at for curve in curves for at in curve.times[-1:])
    return ChartData(curves=curves, moments=moments, start=onset - _BEFORE, end=max(end, alarm) + 60)
