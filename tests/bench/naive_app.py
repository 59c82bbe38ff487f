"""What one would first write with stock widgets: `python naive_app.py` the console, `… clock` a clock alone."""

import random
import sys

from textual.app import App, ComposeResult
from textual.containers import Grid, Horizontal
from textual.widgets import DataTable, Footer, Header, RichLog, Sparkline, Static

ALARMS, CHARTS, POINTS = 12, 6, 180


class ClockApp(App[None]):
    TITLE = "clock-is-ready"

    def compose(self) -> ComposeResult:
        yield Header(show_clock=True)
        yield Static("nothing moves")


class NaiveApp(App[None]):
    TITLE = "naive-is-ready"
    CSS = "Grid { grid-size: 3 2; height: 1fr; } Sparkline { height: 1fr; } RichLog { height: 12; }"

    def compose(self) -> ComposeResult:
        yield Header(show_clock=True)
        with Horizontal():
            yield DataTable()
            with Grid():
                for _index in range(CHARTS):
                    yield Sparkline([random.random() for _ in range(POINTS)])
        yield RichLog()
        yield Footer()

    def on_mount(self) -> None:
        self.query_one(DataTable).add_columns("alarm", "state", "since")
        self.tick()
        self.set_interval(1.0, self.tick)

    def tick(self) -> None:
        table = self.query_one(DataTable)
        table.clear()
        for index in range(ALARMS):
            table.add_row(f"alarm-{index}", "OK", str(random.randrange(1000)))
        for chart in self.query(Sparkline):
            chart.data = [*list(chart.data or [])[1:], random.random()]
        self.query_one(RichLog).write('{"level": "INFO", "message": "request finished", "durationMs": 12}')


if __name__ == "__main__":
    (ClockApp if sys.argv[1:] == ["clock"] else NaiveApp)().run()
