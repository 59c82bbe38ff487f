"""A line chart in braille: axes, gaps as gaps, limits and marks, each curve's name at its end.

`draw_chart` is pure; `Chart` is the widget around it.
"""

import math
from collections.abc import Sequence
from datetime import UTC, tzinfo
from itertools import pairwise

from textual.reactive import reactive

from services.i18n import _
from widgets.charts.axes import Scale, TimeScale, scale_for, time_axis
from widgets.charts.canvas import Canvas
from widgets.charts.data import ChartData, Curve
from widgets.charts.end_names import has_end_names, name_lines, names_width
from widgets.charts.legend import legend_lines, role_of
from widgets.charts.overlay import Plot
from widgets.drawing.format import pad
from widgets.drawing.lines import Line, LineWidget, Span

_LEAST_WIDTH, _LEAST_HEIGHT = 16, 4


def draw_chart(
    data: ChartData, width: int, height: int, zone: tzinfo, *, monochrome: bool = False
) -> list[Line]:
    """The chart as at most `height` lines of `width` cells; times are shown in `zone`.

    With `monochrome` the curves differ in their strokes, too.
    """
    if not any(curve.values for curve in data.curves):
        return _no_data(data, width, height)
    with_axes = width >= _LEAST_WIDTH and height >= _LEAST_HEIGHT
    room = height - (1 if with_axes else 0)
    named = has_end_names(data, width, room)
    legend = _legend(data, width, height) if not named else []
    room -= len(legend)
    left, right = _scales(data, room)
    edges = (left.width + 1 if left and with_axes else 0, right.width + 1 if right and with_axes else 0)
    names = names_width(data, width) if named else 0
    plot_width = max(1, width - sum(edges) - names)
    plot = Plot(plot_width, room)
    canvas = Canvas(plot_width, room)
    _draw_curves(canvas, data, left, right, monochrome)
    plot.take(canvas, [role_of(index, curve) for index, curve in enumerate(data.curves)])
    _draw_guides(plot, data, left, right)
    lines: list[Line] = list(plot.lines())
    if named:
        beside = name_lines(data, left, right, room, names)
        lines = [[*line, *name] for line, name in zip(lines, beside, strict=True)]
    if with_axes:
        lines = _with_axes(lines, left, right)
        axis = time_axis(data.start, data.end, plot_width, zone)
        lines.append([(" " * edges[0], ""), (axis, "muted")])
    return lines + list(legend)


def _legend(data: ChartData, width: int, height: int) -> list[Line]:
    """The legend in place of names at the ends, where there is room for it."""
    legend = legend_lines(data.curves, width, 2 if height >= 9 else 1) if data.legend else []
    return legend if height >= 6 + len(legend) else []


def _no_data(data: ChartData, width: int, height: int) -> list[Line]:
    words: list[Line] = [[(pad(_("no data"), width, "center"), "warn")]]
    remarks = [curve.remark for curve in data.curves if curve.remark]
    words += [[(pad(remark, width, "center"), "muted")] for remark in remarks[:2]]
    return [[] for _row in range(max(0, (height - len(words)) // 2))] + words


def _scales(data: ChartData, room: int) -> tuple[Scale | None, Scale | None]:
    scales: list[Scale | None] = []
    for right in (False, True):
        curves = data.side(right)
        if not curves:
            scales.append(None)
            continue
        axis = data.right if right else data.left
        values = [value for curve in curves for value in _in_range(curve, data)]
        if data.stacked and not right:
            values = [0.0, *(total for _at, total in _sums(curves, len(curves)))]
        values += [guide.value for guide in data.guides if guide.right == right]
        values += [
            guide.to
            for guide in data.guides
            if guide.right == right and guide.to is not None and math.isfinite(guide.to)
        ]
        scales.append(
            scale_for(values, data.unit(right), low=axis.min, high=_above(axis.min, axis.max), room=room)
        )
    return scales[0], scales[1]


def _above(low: float | None, high: float | None) -> float | None:
    """`high`, unless it is not above `low`."""
    return None if high is None or (low is not None and high <= low) else high


def _in_range(curve: Curve, data: ChartData) -> list[float]:
    return [
        value for at, value in zip(curve.times, curve.values, strict=False) if data.start <= at <= data.end
    ]


def _draw_curves(
    canvas: Canvas, data: ChartData, left: Scale | None, right: Scale | None, monochrome: bool
) -> None:
    if data.stacked and left is not None:
        _draw_stack(canvas, data, left)
    for index, curve in enumerate(data.curves):
        scale = right if curve.right else left
        if scale is None or (data.stacked and not curve.right):
            continue
        points = list(zip(curve.times, curve.values, strict=False))
        for run in runs(points, curve.period):
            dots = _dots(canvas, data, scale, run)
            if len(dots) == 1:
                canvas.spot(*dots[0], index + 1)
            for one, two in pairwise(dots):
                canvas.line(one, two, index + 1, index if monochrome else 0)


def runs(points: Sequence[tuple[int, float]], period: int) -> list[list[tuple[int, float]]]:
    """Points split at gaps: more than one and a half periods, or a value that is not finite."""
    pieces: list[list[tuple[int, float]]] = []
    before: int | None = None
    for at, value in points:
        if not math.isfinite(value):
            before = None
            continue
        if before is None or at - before > period * 1.5:
            pieces.append([])
        pieces[-1].append((at, value))
        before = at
    return pieces


def _dots(
    canvas: Canvas, data: ChartData, scale: Scale, run: Sequence[tuple[int, float]]
) -> list[tuple[int, int]]:
    """The dots of a run's points on the canvas."""
    across, down = TimeScale(data.start, data.end, canvas.width), canvas.lines - 1
    return [(across.dot(at), round((1 - min(1.0, max(0.0, scale.part(value)))) * down)) for at, value in run]


def _draw_stack(canvas: Canvas, data: ChartData, scale: Scale) -> None:
    curves = data.side(False)
    period = min((curve.period for curve in curves), default=60)
    for count in range(len(curves), 0, -1):
        owner = data.curves.index(curves[count - 1]) + 1
        for run in runs(_sums(curves, count), period):
            dots = _dots(canvas, data, scale, run)
            for one, two in zip(dots, dots[1:] or dots, strict=False):
                canvas.area(one, two, owner)


def _sums(curves: Sequence[Curve], count: int) -> list[tuple[int, float]]:
    """Totals of the first `count` curves at each time at which any curve has a value."""
    tables = [dict(zip(curve.times, curve.values, strict=False)) for curve in curves]
    times = sorted(set().union(*tables)) if tables else []
    return [(at, sum(table.get(at, 0.0) for table in tables[:count])) for at in times]


def _draw_guides(plot: Plot, data: ChartData, left: Scale | None, right: Scale | None) -> None:
    across = TimeScale(data.start, data.end, plot.width)
    for moment in data.moments:
        until = moment.at if moment.until is None else moment.until
        plot.vertical(across.cell(moment.at), across.cell(until), moment.label)
    for guide in data.guides:
        scale = right if guide.right else left
        if scale is not None:
            to = None if guide.to is None else scale.part(guide.to)
            plot.horizontal(scale.part(guide.value), guide.label, guide.role, to)


def _with_axes(lines: Sequence[Line], left: Scale | None, right: Scale | None) -> list[Line]:
    marks_left = _axis_marks(left, len(lines))
    marks_right = _axis_marks(right, len(lines))
    result: list[Line] = []
    for y, line in enumerate(lines):
        before: list[Span] = []
        after: list[Span] = []
        if left is not None:
            label = marks_left.get(y)
            before = [(pad(label or "", left.width, "right"), "muted"), ("┤" if label else "│", "rule")]
        if right is not None:
            label = marks_right.get(y)
            after = [("├" if label else "│", "rule"), (pad(label or "", right.width), "muted")]
        result.append([*before, *line, *after])
    return result


def _axis_marks(scale: Scale | None, rows: int) -> dict[int, str]:
    if scale is None or rows <= 0:
        return {}
    marks: dict[int, str] = {}
    for tick, label in zip(scale.ticks, scale.labels, strict=True):
        marks.setdefault(round((1 - scale.part(tick)) * (rows * 4 - 1)) // 4, label)
    return marks


class Chart(LineWidget):
    """A chart that is redrawn only for new data, a new size or another zone."""

    DEFAULT_CSS = """
    Chart { height: 1fr; min-height: 3; }
    """

    data: reactive[ChartData] = reactive(ChartData(), repaint=False, init=False)
    zone: reactive[tzinfo] = reactive(UTC, repaint=False, init=False)

    watch_data = watch_zone = LineWidget.redraw

    def draw(self, width: int, height: int) -> list[Line]:
        return draw_chart(self.data, width, height, self.zone, monochrome=self.app.no_color)
