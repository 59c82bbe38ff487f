import math
from collections.abc import Sequence
from datetime import UTC, tzinfo
from itertools import groupby, pairwise

from rich.cells import cell_len
from textual.reactive import reactive

from services.i18n import _
from widgets.charts.axes import Scale, TimeScale, scale_for, time_axis
from widgets.charts.canvas import Canvas
from widgets.charts.data import ChartData, Curve
from widgets.charts.end_names import has_end_names, name_lines, names_width
from widgets.charts.legend import legend_lines, role_of
from widgets.drawing.format import crop, pad
from widgets.drawing.lines import Line, LineWidget, Span


class Plot:
    """`width` × `height` cells, each with a character and a role."""

    def __init__(self, width: int, height: int) -> None:
        self.width, self.height = width, height
        self._text = [[" "] * width for _row in range(height)]
        self._roles = [[""] * width for _row in range(height)]
        self._labelled = [bytearray(width) for _row in range(height)]
        """Cells of labels, whose spaces are no free cells."""

    def take(self, canvas: Canvas, roles: Sequence[str]) -> None:
        """Copy the dots of the canvas; owner n has the role `roles[n - 1]`."""
        for y in range(self.height):
            x = 0
            for text, owner in canvas.runs(y):
                end = x + len(text)
                self._text[y][x:end] = text
                self._roles[y][x:end] = [roles[owner - 1] if owner else ""] * (end - x)
                x = end

    def horizontal(self, part: float, label: str, role: str, to: float | None = None) -> None:
        """Draw a line at `part` of the height (0 bottom, 1 top), and tint the band up to `to`."""
        if to is not None:
            self._tint(part, to)
            if 0 <= to <= 1:
                self._rule(self._row(to), role)
        if not 0 <= part <= 1:
            return
        y = self._row(part)
        self._rule(y, role)
        if label:
            self._write(y, label, role)

    def vertical(self, first: int, until: int, label: str) -> None:
        columns = [x for x in (first, until) if 0 <= x < self.width]
        for x in columns:
            for y in range(self.height):
                if self._is_free(y, x):
                    self._text[y][x], self._roles[y][x] = "┊", "mark"
        if columns and label and self.height:
            text = crop(label, self.width - columns[0] - 2)
            x = columns[0] + 1
            if not text or cell_len(label) > self.width - columns[0] - 2:
                text = crop(label, columns[0] - 1)
                x = columns[0] - cell_len(text)
            self._put(self._free_row(x, cell_len(text)), x, text, "mark")

    def lines(self) -> list[Line]:
        rows: list[Line] = []
        for text, roles in zip(self._text, self._roles, strict=True):
            cells = zip(text, roles, strict=True)
            rows.append(
                [
                    ("".join(cell[0] for cell in run), role)
                    for role, run in groupby(cells, lambda cell: cell[1])
                ]
            )
        return rows

    def _row(self, part: float) -> int:
        return min(self.height - 1, round((1 - part) * (self.height * 4 - 1)) // 4)

    def _free_row(self, x: int, size: int) -> int:
        rows = (y for y in range(self.height) if not any(self._labelled[y][x : x + size]))
        return next(rows, 0)

    def _is_free(self, y: int, x: int) -> bool:
        return self._text[y][x] == " " and not self._labelled[y][x]

    def _rule(self, y: int, role: str) -> None:
        for x in range(self.width):
            if self._is_free(y, x):
                self._text[y][x], self._roles[y][x] = "╌", role

    def _tint(self, one: float, two: float) -> None:
        low, high = sorted((min(1.0, max(0.0, one)), min(1.0, max(0.0, two))))
        for y in range(self._row(high), self._row(low) + 1):
            for x in range(self.width):
                if self._is_free(y, x):
                    self._roles[y][x] = "band"

    def _write(self, y: int, label: str, role: str) -> None:
        """Write a label on its line or beside it, from the right where neither a curve nor a label is; its
        value stays whole. Without such a place it is written over a curve."""
        words = label.split(" ")
        whole = [form for form in (f" {label} ", label) if cell_len(form) <= self.width]
        parts = [" ".join(words[at:]) for at in range(1, len(words))]
        shorter = [form for form in parts if cell_len(form) <= self.width]
        for forms in (whole, shorter):
            for row in (y, y - 1, y + 1):
                for text in forms:
                    x = self._place(row, cell_len(text))
                    if x is not None:
                        self._put(row, x, text, role)
                        return
        text = next(iter((*whole, *shorter)), crop(label, self.width))
        self._put(y, max(0, self.width - cell_len(text) - 1), text, role)

    def _place(self, y: int, size: int) -> int | None:
        if not 0 <= y < self.height:
            return None
        places = range(max(0, self.width - size - 1), -1, -1)
        return next((x for x in places if self._has_room(y, x, size)), None)

    def _has_room(self, y: int, x: int, size: int) -> bool:
        """Whether a label of `size` cells hides no curve there, and leaves a cell to the labels beside it."""
        beside = self._labelled[y][max(0, x - 1) : x + size + 1]
        return not any(beside) and all(cell in "╌ " for cell in self._text[y][x : x + size])

    def _put(self, y: int, x: int, text: str, role: str) -> None:
        for character in text:
            size = cell_len(character)
            if size == 0 or x < 0 or x + size > self.width:
                continue
            self._text[y][x], self._roles[y][x] = character, role
            self._labelled[y][x : x + size] = b"\1" * size
            if size == 2:
                self._text[y][x + 1], self._roles[y][x + 1] = "", role
            x += size


_LEAST_WIDTH, _LEAST_HEIGHT = 16, 4


def draw_chart(
    data: ChartData, width: int, height: int, zone: tzinfo, *, monochrome: bool = False
) -> list[Line]:
    """The chart as at most `height` lines of `width` cells; times are shown in `zone`. With `monochrome` the
    curves differ in their strokes, too."""
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
