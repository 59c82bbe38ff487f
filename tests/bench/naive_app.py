"""The console as one would first write it: stock widgets, everything refreshed every second."""

import random

from textual.app import App, ComposeResult
from textual.containers import Grid, Horizontal
from textual.widgets import DataTable, Footer, Header, RichLog, Sparkline


class Naive(App[None]):
    CSS = "Grid { grid-size: 3 2; height: 1fr; } RichLog { height: 12; }"

    def compose(self) -> ComposeResult:
        yield Header(show_clock=True)
        with Horizontal():
            yield DataTable()
            with Grid():
                for _index in range(6):
                    yield Sparkline([random.random() for _ in range(180)])
        yield RichLog()
        yield Footer()

    def on_mount(self) -> None:
        self.query_one(DataTable).add_columns("alarm", "state", "since")
        self.set_interval(1.0, self.tick)

    def tick(self) -> None:
        table = self.query_one(DataTable)
        table.clear()
        for index in range(12):
            table.add_row(f"alarm-{index}", "OK", str(random.randrange(1000)))
        for chart in self.query(Sparkline):
            chart.data = [*list(chart.data or [])[1:], random.random()]
        self.query_one(RichLog).write('{"level": "INFO", "message": "request finished", "durationMs": 12}')


Naive().run()
