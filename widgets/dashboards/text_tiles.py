import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import ClassVar

from rich.cells import cell_len
from textual.binding import Binding, BindingType
from textual.message import Message

from services.i18n import N_, _, plural
from services.models import dashboards as model
from services.models import glyphs
from services.models.alarms import Alarm, AlarmState
from services.models.dashboards import MetricWidget, View
from services.models.units import number
from widgets.charts.canvas import Canvas
from widgets.charts.chart import draw_chart, runs
from widgets.charts.data import ChartData, Curve, alarm_chart, chart_of
from widgets.charts.end_names import has_end_names
from widgets.charts.legend import role_of
from widgets.dashboards.tile import AnyWidget, Tile
from widgets.drawing.columns import Column, lay_out, widths
from widgets.drawing.format import NOTHING, crop, crop_middle, stamp, wrap
from widgets.drawing.lines import Line, Span, fit, plain, width_of
from widgets.drawing.markdown import markdown_lines
from widgets.drawing.state_styles import ALARM_STYLES, VERDICT_STYLES

_EIGHTHS = " ▏▎▍▌▋▊▉"
_BLOCK_WIDTH = 18


class MetricTile(Tile):
    _values_shown = False

    def body(self, width: int, height: int) -> Sequence[Line]:
        widget = self.widget
        if not isinstance(widget, MetricWidget):
            return []
        if widget.view is View.TIME_SERIES or not self.data.series:
            return draw_chart(self.chart(widget), width, height, self.zone, monochrome=self.app.no_color)
        return VIEWS[widget.view](self.curves(), widget, width, height)

    def parts(self, width: int, height: int) -> list[Line]:
        widget = self.widget
        if isinstance(widget, MetricWidget):
            has_curves = widget.view is View.TIME_SERIES
            self._values_shown = not has_curves or has_end_names(self.chart(widget), width, height - 2)
        return super().parts(width, height)

    def value_spans(self) -> list[Span]:
        return [] if self._values_shown else super().value_spans()

    def chart(self, widget: MetricWidget) -> ChartData:
        if not widget.traces and self.data.alarms:
            return alarm_chart(self.data.alarms[0], self.data.series, self.data.start, self.data.end)
        return chart_of(widget, self.data)


def single_values(curves: Sequence[Curve], widget: MetricWidget, width: int, height: int) -> list[Line]:
    """A block per curve: label, value, sparkline; as many side by side as fit."""
    across = max(1, min(len(curves), width // _BLOCK_WIDTH))
    size = width // across
    tall = max(2, min(6, height // -(-len(curves) // across)))
    blocks = [_single(index, curve, widget, size, tall) for index, curve in enumerate(curves)]
    lines: list[Line] = []
    for first in range(0, len(blocks), across):
        group = blocks[first : first + across]
        lines += [[span for block in group for span in fit(block[y], size)] for y in range(tall)]
    return limit_lines(lines, height)


def _single(index: int, curve: Curve, widget: MetricWidget, width: int, height: int) -> list[Line]:
    inner = width - 2
    block: list[Line] = [[(crop(curve.label, inner), "muted")], _value(curve, exact=widget.full_precision)]
    room = min(3, height - 3)
    if widget.sparkline and room > 0 and len(curve.values) > 1:
        block += [[(text, role_of(index, curve))] for text in sparkline(curve, inner, room)]
    return block + [[]] * (height - len(block))


def _value(curve: Curve, *, exact: bool = False) -> list[Span]:
    line: list[Span] = [(number(curve.last, curve.unit, exact=exact), "strong" if curve.values else "warn")]
    if curve.verdict is not None:
        style = VERDICT_STYLES[curve.verdict]
        line.append((f" {style.text}", style.role))
    return line


def sparkline(curve: Curve, width: int, height: int) -> list[str]:
    """The shape of the curve without axes, in `width` × `height` cells."""
    canvas = Canvas(width, height)
    finite = [value for value in curve.values if math.isfinite(value)]
    low, high = min(finite, default=0.0), max(finite, default=1.0)
    low = min(low, 0.0) if high - low > 0.2 * abs(high) else low
    span, start = high - low or 1.0, curve.times[0]
    length = max(1, curve.times[-1] - start)
    for run in runs(list(zip(curve.times, curve.values, strict=False)), curve.period):
        dots = [
            (
                round((at - start) / length * (canvas.columns - 1)),
                round((high - value) / span * (canvas.lines - 1)),
            )
            for at, value in run
        ]
        for one, two in zip(dots, dots[1:] or dots, strict=False):
            canvas.line(one, two, 1)
    return ["".join(text for text, _owner in canvas.runs(y)) for y in range(height)]


def bar(part: float, width: int) -> str:
    """A bar that fills `part` (0–1) of `width` cells, to an eighth of a cell."""
    eighths = round(min(1.0, max(0.0, part)) * width * 8)
    whole, rest = divmod(eighths, 8)
    return ("█" * whole + (_EIGHTHS[rest] if rest else "")).ljust(width, " ")


def gauges(curves: Sequence[Curve], widget: MetricWidget, width: int, height: int) -> list[Line]:
    low = widget.left.min or 0.0
    high = widget.left.max if widget.left.max is not None else max([100.0, *_lasts(curves)])
    lines: list[Line] = []
    for index, curve in enumerate(curves):
        value = _value(curve)
        lines.append([*fit([(curve.label, "muted")], max(1, width - width_of(value) - 1)), (" ", ""), *value])
        ends = (number(low, curve.unit), number(high, curve.unit))
        size = max(1, width - sum(map(len, ends)) - 4)
        span = (high - low) or 1.0
        bar_spans = [(bar(((curve.last or 0.0) - low) / span, size), role_of(index, curve))]
        if curve.limit is not None and low < curve.limit < high:
            bar_spans = _with_limit(bar_spans[0], int((curve.limit - low) / span * size))
        line: list[Span] = [
            (f"{ends[0]} ", "muted"),
            ("▕", "rule"),
            *bar_spans,
            ("▏", "rule"),
            (f" {ends[1]}", "muted"),
        ]
        lines.append(line)
        if height >= 3 * len(curves):
            lines.append([])
    return limit_lines(lines, height)


def _with_limit(span: Span, at: int) -> list[Span]:
    text, role = span
    return [(text[:at], role), ("┃", "limit"), (text[at + 1 :], role)]


def _lasts(curves: Sequence[Curve]) -> list[float]:
    return [curve.last for curve in curves if curve.last is not None and math.isfinite(curve.last)]


def bars(curves: Sequence[Curve], widget: MetricWidget, width: int, height: int) -> list[Line]:
    top = max([abs(value) for value in _lasts(curves)], default=0.0) or 1.0
    return _rows(curves, width, height, lambda curve: abs(curve.last or 0.0) / top, _value)


def shares(curves: Sequence[Curve], widget: MetricWidget, width: int, height: int) -> list[Line]:
    """A pie for a terminal: one bar divided in proportion, then a row per part with its share."""
    total = sum(max(0.0, value) for value in _lasts(curves))
    if not total:
        return _rows(curves, width, height, lambda _curve: 0.0, _value)
    whole: list[Span] = []
    for index, curve in enumerate(curves):
        size = round(max(0.0, curve.last or 0.0) / total * width)
        whole.append(("█" * size, role_of(index, curve)))

    def share(curve: Curve) -> list[Span]:
        return [(f"{max(0.0, curve.last or 0.0) / total:.0%} ", "strong"), *_value(curve)]

    rows = _rows(curves, width, height - 2, lambda curve: max(0.0, curve.last or 0.0) / total, share)
    return [whole, [], *rows]


def _rows(
    curves: Sequence[Curve],
    width: int,
    height: int,
    part: Callable[[Curve], float],
    value: Callable[[Curve], list[Span]],
) -> list[Line]:
    values = [value(curve) for curve in curves]
    value_width = max((width_of(line) for line in values), default=0)
    label_width = min(max((width_of([(curve.label, "")]) for curve in curves), default=0), width // 3)
    size = max(1, width - label_width - value_width - 2)
    lines: list[Line] = []
    for index, curve in enumerate(curves):
        lines.append(
            [
                *fit([(curve.label, "")], label_width),
                (" ", ""),
                (bar(part(curve), size), role_of(index, curve)),
                (" ", ""),
                *fit(values[index], value_width, "right"),
            ]
        )
    return limit_lines(lines, height)


def limit_lines(lines: list[Line], height: int, words: str = N_("+{count} more")) -> list[Line]:
    """At most `height` lines; the last one counts the omitted ones, in `words` (English)."""
    if len(lines) <= height or height < 1:
        return lines[: max(0, height)]
    omitted_count = len(lines) - height + 1
    return [*lines[: height - 1], [(_(words, count=omitted_count), "muted")]]


def value_table(curves: Sequence[Curve], widget: MetricWidget, width: int, height: int) -> list[Line]:
    columns = (
        Column(_("Metric"), flex=1, min_width=8),
        Column(_("Newest"), align="right"),
        Column(_("Min"), align="right", rank=2),
        Column(_("Max"), align="right", rank=1),
        Column(_("Mean"), align="right", rank=3),
    )
    rows = [_table_row(curve) for curve in curves]
    sizes = widths(columns, rows, width)
    head = lay_out(columns, [[(column.title, "head")] for column in columns], sizes)
    return [head, *limit_lines([lay_out(columns, row, sizes) for row in rows], height - 1)]


def _table_row(curve: Curve) -> list[Line]:
    finite = [value for value in curve.values if math.isfinite(value)]
    summary = (min(finite), max(finite), sum(finite) / len(finite)) if finite else (None, None, None)
    return [[(curve.label, "")], _value(curve), *([(number(each, curve.unit), "")] for each in summary)]


Draw = Callable[[Sequence[Curve], MetricWidget, int, int], list[Line]]

VIEWS: dict[View, Draw] = {
    View.SINGLE_VALUE: single_values,
    View.GAUGE: gauges,
    View.BAR: bars,
    View.PIE: shares,
    View.TABLE: value_table,
}
"""The function that draws each view except the time series."""


_FIRST = 4  # Lines of a text that its folded form begins with
_LONG = 400  # Width in which no line of a text is wrapped, in cells
_WORST_FIRST = (AlarmState.ALARM, AlarmState.MISSING, AlarmState.INSUFFICIENT, AlarmState.OK)


class TextTile(Tile):
    """Markdown text, without a head unless the widget has a title."""

    def body(self, width: int, height: int) -> Sequence[Line]:
        source = self.widget.markdown if isinstance(self.widget, model.TextWidget) else ""
        return limit_lines(markdown_lines(source, width), height, N_("+{count} more lines"))

    def fold(self, width: int) -> Line:
        source = self.widget.markdown if isinstance(self.widget, model.TextWidget) else ""
        texts = [text for text in plain(markdown_lines(source, _LONG)[:_FIRST]) if text.strip()]
        if self.widget.title:
            texts.insert(0, self.widget.title)
        lead, rest = texts[:1], texts[1:]
        return [
            *((text.strip(), "title") for text in lead),
            *(("  " + text.strip(), "muted") for text in rest),
        ]

    def draw(self, width: int, height: int) -> list[Line]:
        if self.widget.title or height == 1:
            return super().draw(width, height)
        mark: Span = ("▌ " if self.has_focus else "  ", "rule-focus")
        lines: list[Line] = [
            [(f"{glyphs.ATTENTION} ", "warn"), (remark, "muted")] for remark in self.widget.remarks
        ]
        lines += self.body(width - 2, max(0, height - len(lines)))
        return [[mark, *line] for line in lines]


class AlarmTile(Tile):
    def title(self) -> str:
        return self.widget.title or _("Alarms")

    def fold(self, width: int) -> Line:
        alarms = self.data.alarms
        head: Span = (self.title() + "  ", "title")
        if alarms and all(alarm.arn in self.listed for alarm in alarms):
            words = plural(
                "{count} alarm, in the list of alarms", "{count} alarms, in the list of alarms", len(alarms)
            )
            return [head, (words.format(count=len(alarms)), "muted")]
        if self.data.problem or not alarms:
            words = self.data.problem or _("none of its alarms to show")
            return [head, (words, "warn")]
        spans: list[Span] = [head]
        for state in _WORST_FIRST:
            count = sum(alarm.state is state for alarm in alarms)
            style = ALARM_STYLES[state]
            spans += [(f"{style.text} {count}", style.role), ("  ", "")] if count else []
        return spans

    def body(self, width: int, height: int) -> Sequence[Line]:
        lines = self._rows(width, height)
        if isinstance(self.widget, model.AlarmWidget) and not lines:
            words = _("none of its {count} alarms to show", count=len(self.widget.alarm_ids))
            lines = [[(text, "warn")] for text in wrap(words, width)]
        return limit_lines(lines, height)

    def _rows(self, width: int, height: int) -> list[Line]:
        alarms = list(self.data.alarms)
        if len(alarms) > height:
            alarms.sort(key=lambda alarm: _WORST_FIRST.index(alarm.state))
        word = max((width_of([(ALARM_STYLES[alarm.state].text, "")]) for alarm in alarms), default=0)
        names = max((cell_len(alarm.name) for alarm in alarms), default=0)
        since = self._since(alarms, width - word - names - 2)
        room = max(1, width - word - 1 - max((len(text) + 1 for text in since if text), default=0))
        lines: list[Line] = []
        for alarm, text in zip(alarms, since, strict=True):
            style = ALARM_STYLES[alarm.state]
            name = fit([(crop_middle(alarm.name, room), "")], room)
            lines.append(
                [
                    *fit([(style.text, style.role)], word),
                    (" ", ""),
                    *name,
                    (f" {text}" if text else "", "muted"),
                ]
            )
        return lines

    def _since(self, alarms: Sequence[Alarm], room: int) -> list[str]:
        """Since when the alarms are in their states: with the zone, without it, or "", as `room` allows."""
        now = datetime.fromtimestamp(self.data.end, UTC) if self.data.end else None
        for with_zone in (True, False):
            texts = [
                stamp(each.since, self.zone, now, name=with_zone) if each.since else NOTHING
                for each in alarms
            ]
            if max(map(len, texts), default=0) <= room:
                return texts
        return [""] * len(alarms)


class LogTile(Tile):
    BINDINGS: ClassVar[list[BindingType]] = [Binding("l", "follow", N_("Follow its log group"), show=True)]

    @dataclass
    class Follow(Message):
        group: str

    def body(self, width: int, height: int) -> Sequence[Line]:
        query = self.widget.query if isinstance(self.widget, model.LogWidget) else ""
        words = _(
            "It is never run automatically: AWS charges every run by the bytes scanned. l follows its "
            "log group."
        )
        lines: list[Line] = [[(text, "muted")] for text in wrap(words, width)]
        lines.append([])
        lines += [[(text, "code")] for line in query.split("\n") for text in wrap(line.strip(), width)]
        return limit_lines(lines, height)

    def action_follow(self) -> None:
        if isinstance(self.widget, model.LogWidget) and (match := _SOURCE.search(self.widget.query)):
            self.post_message(self.Follow(match[1]))


class UnknownTile(Tile):
    """A kind of widget that the console does not draw: named, never dropped."""

    def body(self, width: int, height: int) -> Sequence[Line]:
        kind = self.widget.kind if isinstance(self.widget, model.UnknownWidget) else ""
        words = _("The console cannot draw widgets of type “{kind}”; see it in the AWS console.")
        return [[(text, "muted")] for text in wrap(words.format(kind=kind), width)]


_SOURCE = re.compile(r"SOURCE\s+'([^']+)'", re.IGNORECASE)
"""Matches the log group of a query, as dashboards write it."""

_TILES: dict[type[model.Widget], type[Tile]] = {
    model.MetricWidget: MetricTile,
    model.TextWidget: TextTile,
    model.AlarmWidget: AlarmTile,
    model.LogWidget: LogTile,
}


def tile_type(widget: AnyWidget) -> type[Tile]:
    return _TILES.get(type(widget), UnknownTile)
