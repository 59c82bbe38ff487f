from collections.abc import Sequence
from dataclasses import dataclass, replace

from services.i18n import _
from services.models.alarms import Alarm
from services.models.dashboards import Axis, Line, MetricWidget, Reading, Trace, WidgetData
from services.models.metrics import MetricQuery, Series
from services.models.units import PLAIN, Unit, alarm_unit, number, unit_of
from services.models.verdict import Limit, Verdict
from widgets.drawing.state_styles import ALARM_STYLES

_FREE = Axis()  # An axis that fits its values


@dataclass(frozen=True, slots=True)
class Curve:
    """One curve; times are ascending epoch seconds, and absent where there is a gap."""

    label: str
    times: tuple[int, ...] = ()
    values: tuple[float, ...] = ()
    period: int = 60
    unit: Unit = PLAIN
    right: bool = False
    color: str = ""
    """`#rrggbb`, or "" for a colour of the theme."""
    verdict: Verdict | None = None
    limit: float | None = None
    """The runbook's limit, in the metric's own unit."""
    remark: str = ""
    """Why values are missing, or ""."""

    @property
    def last(self) -> float | None:
        return self.values[-1] if self.values else None


@dataclass(frozen=True, slots=True)
class Guide:
    """A horizontal line, or a band up to `to` (infinity: to the edge)."""

    value: float
    label: str = ""
    to: float | None = None
    right: bool = False
    role: str = "mark"


@dataclass(frozen=True, slots=True)
class ChartMoment:
    """A vertical line, or a span up to `until`; epoch seconds."""

    at: int
    label: str = ""
    until: int | None = None


@dataclass(frozen=True, slots=True)
class ChartData:
    curves: tuple[Curve, ...] = ()
    guides: tuple[Guide, ...] = ()
    moments: tuple[ChartMoment, ...] = ()
    start: int = 0
    end: int = 0
    left: Axis = _FREE
    right: Axis = _FREE
    stacked: bool = False
    legend: bool = True
    is_outdated: bool = False  # Reading fails or is overdue: the newest values are not the present ones

    def side(self, right: bool) -> tuple[Curve, ...]:
        return tuple(curve for curve in self.curves if curve.right == right)

    def unit(self, right: bool) -> Unit:
        units = {curve.unit for curve in self.side(right)}
        return units.pop() if len(units) == 1 else PLAIN


def chart_of(widget: MetricWidget, data: WidgetData) -> ChartData:
    traces = {trace.query.id: trace for trace in widget.traces}
    curves = curves_of(traces, data)
    limits = [
        guide
        for curve, reading in zip(curves, data.readings, strict=False)
        if reading.limit is not None
        for guide in limit_guides(reading.limit, curve.unit, curve.right)
    ]
    return ChartData(
        curves=curves,
        guides=_merged_guides([_guide(line) for line in widget.lines], limits),
        moments=tuple(
            ChartMoment(
                int(mark.at.timestamp()), mark.label, int(mark.until.timestamp()) if mark.until else None
            )
            for mark in widget.marks
        ),
        start=data.start,
        end=data.end,
        left=widget.left,
        right=widget.right,
        stacked=widget.stacked,
        legend=widget.legend != "hidden",
        is_outdated=data.is_outdated or data.as_of is not None,
    )


def curves_of(traces: dict[str, Trace], data: WidgetData) -> tuple[Curve, ...]:
    readings: list[Reading | None] = [*data.readings]
    readings += [None] * (len(data.series) - len(readings))
    return tuple(
        _curve(series, traces.get(series.id), reading)
        for series, reading in zip(data.series, readings, strict=False)
    )


def _curve(series: Series, trace: Trace | None, reading: Reading | None) -> Curve:
    limit = reading.limit if reading else None
    return Curve(
        label=series.label,
        times=series.times,
        values=series.values,
        period=series.period,
        unit=unit_of(trace.query if trace else None, limit),
        right=trace.right if trace else False,
        color=trace.color if trace else "",
        verdict=reading.verdict if reading else None,
        limit=(limit.below if limit.below is not None else limit.above) if limit else None,
        remark=series.message,
    )


def _merged_guides(lines: list[Guide], limits: list[Guide]) -> tuple[Guide, ...]:
    """A line and a limit of the same value become one guide with the line's label and the limit's role."""
    limit_places = {(guide.right, guide.value) for guide in limits}
    label_places = {(guide.right, guide.value) for guide in lines if guide.label}
    guides = [
        replace(guide, role="limit") if (guide.right, guide.value) in limit_places else guide
        for guide in lines
    ]
    guides += [guide for guide in limits if (guide.right, guide.value) not in label_places]
    return tuple(dict.fromkeys(guides))


def _guide(line: Line) -> Guide:
    edges = {"above": float("inf"), "below": float("-inf")}
    to = line.to if line.to is not None else edges.get(line.fill)
    return Guide(line.value, line.label, to, line.right)


def limit_guides(limit: Limit, unit: Unit, right: bool = False) -> list[Guide]:
    guides = []
    if limit.below is not None:
        label = _("limit < {value}", value=number(limit.below, unit))
        guides.append(Guide(limit.below, label, right=right, role="limit"))
    if limit.above is not None:
        label = _("limit > {value}", value=number(limit.above, unit))
        guides.append(Guide(limit.above, label, right=right, role="limit"))
    return guides


def alarm_chart(
    alarm: Alarm,
    series: Sequence[Series],
    start: int,
    end: int,
    *,
    name: str | None = None,
    is_outdated: bool = False,
) -> ChartData:
    """`name` stands at the end of a single curve in place of the metric's."""
    queries: dict[str, MetricQuery] = {query.id: query for query in alarm.queries}
    curves = tuple(
        Curve(
            name if name is not None and len(series) == 1 else each.label,
            each.times,
            each.values,
            each.period,
            unit_of(queries.get(each.id)),
        )
        for each in series
    )
    guides: tuple[Guide, ...] = ()
    if alarm.threshold is not None:
        unit = curves[0].unit if curves else alarm_unit(alarm)
        label = _(
            "threshold {comparison} {value}", comparison=alarm.sign, value=number(alarm.threshold, unit)
        )
        guides = (Guide(alarm.threshold, label, role="limit"),)
    since = int(alarm.since.timestamp()) if alarm.since else 0
    moments = (ChartMoment(since, ALARM_STYLES[alarm.state].text),) if start <= since <= end else ()
    return ChartData(curves, guides, moments, start, end, is_outdated=is_outdated)
