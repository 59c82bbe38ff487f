from collections.abc import Iterable, Sequence
from datetime import UTC, tzinfo

from textual.reactive import reactive
from textual.widget import Widget

from services.models.change_runs import Run
from services.models.metrics import Bound, TargetLoad
from services.models.units import unit_of
from widgets.charts.chart import draw_chart
from widgets.charts.data import ChartData, ChartMoment, Curve, Guide
from widgets.drawing.lines import Line, LineWidget, Span, fit
from widgets.frame.panel import Panel

LEAST_ROWS = 7  # Rows of the panel, with its head, below which a chart is not readable
_STACKED_ROWS = 11  # Rows of one chart from which charts stand above one another, over the whole width
_GAP = 2
_FROM_ZERO = ChartData().left.model_copy(update={"min": 0.0})


def target_charts(
    load: TargetLoad, bounds: Sequence[Bound], moments: Sequence[ChartMoment]
) -> list[ChartData]:
    start, end = int(load.span.start.timestamp()), int(load.span.end.timestamp())
    charts = []
    for query in load.queries:
        curves = tuple(
            Curve(
                label=series.label,
                times=series.times,
                values=series.values,
                period=series.period,
                unit=unit_of(query),
                remark=series.message,
            )
            for series in load.series
            if series.id == query.id
        )
        guides = tuple(
            Guide(bound.value, bound.label, role="limit" if bound.is_limit else "mark")
            for bound in bounds
            if bound.curve == query.id
        )
        visible = tuple(moment for moment in moments if start <= moment.at <= end)
        charts.append(ChartData(curves, guides, visible, start, end, left=_FROM_ZERO))
    return charts


def change_moments(runs: Iterable[Run], target: str, label: str) -> tuple[ChartMoment, ...]:
    return tuple(ChartMoment(int(run.at.timestamp()), label) for run in runs if run.plan.target.id == target)


def side_by_side(blocks: Sequence[Sequence[Line]], width: int, height: int) -> list[Line]:
    rows: list[Line] = []
    for y in range(height):
        row: list[Span] = []
        for index, block in enumerate(blocks):
            row += [(" " * _GAP, "")] if index else []
            row += fit(block[y] if y < len(block) else [], width)
        rows.append(row)
    return rows


class _Charts(LineWidget):
    DEFAULT_CSS = """
    _Charts { padding: 0 1; }
    """

    def __init__(self) -> None:
        super().__init__()
        self.data: list[ChartData] = []
        self.zone: tzinfo = UTC

    def draw(self, width: int, height: int) -> list[Line]:
        count, monochrome = len(self.data), self.app.no_color
        if not count:
            return []
        if height // count >= _STACKED_ROWS:
            lines: list[Line] = []
            for index, data in enumerate(self.data):
                room = (height - len(lines)) // (count - index)
                chart = draw_chart(data, width, room, self.zone, monochrome=monochrome)
                lines += [*chart, *([[]] * (room - len(chart)))]
            return lines
        room = (width - _GAP * (count - 1)) // count
        charts = [draw_chart(data, room, height, self.zone, monochrome=monochrome) for data in self.data]
        return side_by_side(charts, room, height)


class TargetLoadPanel(Panel[TargetLoad]):
    """Set `state` whenever the metrics are read, `bounds` with the target's state, `moments` with its changes."""

    bounds: reactive[tuple[Bound, ...]] = reactive((), repaint=False, init=False)
    moments: reactive[tuple[ChartMoment, ...]] = reactive((), repaint=False, init=False)

    pause: reactive[str] = reactive("", repaint=False, init=False)
    """Why the metrics are not read, in words; "" while they are."""

    def compose_body(self) -> Iterable[Widget]:
        self.charts = _Charts()
        yield self.charts

    def show(self, value: TargetLoad) -> None:
        self.charts.zone = self.zone
        self.charts.data = target_charts(value, self.bounds, self.moments)
        self.charts.redraw()

    def facts(self, value: TargetLoad) -> list[Span]:
        return [(self.pause, "warn")] if self.pause else []

    def watch_pause(self) -> None:
        if self.is_mounted and self.state.value is not None:
            self.head.update(facts=self.facts(self.state.value))

    def _redraw(self) -> None:
        if self.is_mounted and self.state.value is not None:
            self.show(self.state.value)

    watch_bounds = watch_moments = _redraw
