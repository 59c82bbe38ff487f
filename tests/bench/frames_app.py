"""Draws one kind of widget anew, FRAMES times, on a key: `python frames_app.py KIND FRAMES`.

KIND: `charts` (ours), `sparkline`, `plotext`: four panels of three series (a sparkline shows one) with 180
points, of which one is new; `still` only makes the data. `tables` (ours), `datatable`: four tables of twenty rows, twelve cells changed.
"""

import math
import sys
from collections.abc import Callable

from textual.app import App, ComposeResult
from textual.containers import Grid
from textual.widget import Widget
from textual.widgets import DataTable, Sparkline, Static

PANELS, SERIES, POINTS, ROWS = 4, 3, 180, 20
CHANGED = 3
"""Cells of one table."""
PACE = 0.1
Update = Callable[[int], None]


def value(panel: int, series: int, at: int) -> float:
    return 50 + 30 * math.sin(at / 23 + panel + 2 * series) + (at * 37 + panel * 11 + series * 5) % 13 / 3


def values(panel: int, series: int, frame: int) -> list[float]:
    """The window of a curve at `frame`."""
    return [value(panel, series, frame + at) for at in range(POINTS)]


class Frames(App[None]):
    """Four panels and a line that says when all frames are out."""

    CSS = "Grid { grid-size: 2 2; height: 1fr; } #done { height: 1; }"

    def __init__(self, kind: str, frames: int) -> None:
        super().__init__()
        self.panels = [KINDS[kind](panel) for panel in range(PANELS)]
        self.frames = frames

    def compose(self) -> ComposeResult:
        with Grid():
            for widget, _update in self.panels:
                yield widget
        yield Static("frames-ready", id="done")

    def on_mount(self) -> None:
        self.call_after_refresh(self._draw, 0)

    def _draw(self, frame: int) -> None:
        for _widget, update in self.panels:
            update(frame)

    async def key_g(self) -> None:
        self._left = self.frames
        self._timer = self.set_interval(PACE, self._next)

    def _next(self) -> None:
        if not self._left:
            self._timer.stop()
            self.query_one("#done", Static).update("FINISHED-NOW")
            return
        self._left -= 1
        self._draw(self.frames - self._left)


def still(panel: int) -> tuple[Widget, Update]:
    """Makes the data and draws nothing: what the others cost beside their drawing."""

    def update(frame: int) -> None:
        for series in range(SERIES):
            values(panel, series, frame)

    return Static(), update


def sparkline(panel: int) -> tuple[Widget, Update]:
    widget = Sparkline(values(panel, 0, 0))
    widget.styles.height = "1fr"

    def update(frame: int) -> None:
        widget.data = values(panel, 0, frame)

    return widget, update


def plotext(panel: int) -> tuple[Widget, Update]:
    from textual_plotext import PlotextPlot

    widget = PlotextPlot()

    def update(frame: int) -> None:
        widget.plt.clear_data()
        for series in range(SERIES):
            widget.plt.plot(list(range(POINTS)), values(panel, series, frame), marker="braille")
        widget.refresh()

    return widget, update


def charts(panel: int) -> tuple[Widget, Update]:
    from widgets.charts.chart import Chart
    from widgets.charts.data import ChartData, Curve

    widget = Chart()

    def update(frame: int) -> None:
        start = 1_764_028_800 + 60 * frame
        times = tuple(range(start, start + 60 * POINTS, 60))
        curves = tuple(
            Curve(label=f"s{series}", times=times, values=tuple(values(panel, series, frame)))
            for series in range(SERIES)
        )
        widget.data = ChartData(curves=curves, start=start, end=start + 60 * POINTS)

    return widget, update


def cells(panel: int, row: int, frame: int) -> list[str]:
    """A row's texts at `frame`; the value of CHANGED rows differs from the frame before."""
    moved = frame + row if row < CHANGED else row
    return [f"alarm-{panel}-{row}", "OK", f"{value(panel, 0, moved):.1f}", "staff-api"]


COLUMNS = ("name", "state", "value", "service")


def tables(panel: int) -> tuple[Widget, Update]:
    from widgets.drawing.columns import Column
    from widgets.drawing.table import KeyedTable, Row

    widget = KeyedTable([Column(title) for title in COLUMNS])

    def update(frame: int) -> None:
        widget.set_rows(
            [
                Row(str(row), tuple([(text, "")] for text in cells(panel, row, frame)))
                for row in range(ROWS)
            ]
        )  # fmt: skip

    return widget, update


def datatable(panel: int) -> tuple[Widget, Update]:
    widget: DataTable[str] = DataTable()

    def update(frame: int) -> None:
        if not frame:
            for title in COLUMNS:
                widget.add_column(title, key=title)
            for row in range(ROWS):
                widget.add_row(*cells(panel, row, 0), key=str(row))
            return
        for row in range(CHANGED):
            widget.update_cell(str(row), "value", cells(panel, row, frame)[2])

    return widget, update


KINDS = {
    "charts": charts,
    "still": still,
    "sparkline": sparkline,
    "plotext": plotext,
    "tables": tables,
    "datatable": datatable,
}

OURS = {"charts", "tables"}


def app(kind: str, frames: int) -> App[None]:
    """The app of a kind: ours on the console's own driver, the others on Textual's."""
    if kind not in OURS:
        return Frames(kind, frames)
    from tui.runtime.runtime_app import RuntimeApp

    class OwnFrames(Frames, RuntimeApp):
        """With the console's output."""

    return OwnFrames(kind, frames)


if __name__ == "__main__":
    app(sys.argv[1], int(sys.argv[2])).run()
