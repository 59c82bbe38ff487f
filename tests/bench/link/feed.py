"""New lines come every 50 ms, so that only the widgets and what is below them differ; KIND: see `app`."""

import hashlib
import re
import sys
import time
from collections.abc import Callable
from typing import ClassVar, cast

from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Grid
from textual.widget import Widget
from textual.widgets import Log, Static

from tests.bench.raw_lines import append_to
from tui.runtime.runtime_app import RuntimeApp
from widgets.logs.pane.pane import LogPane

Write = Callable[[list[str]], object]
RATE = 100
WIDTH = 160
POLL = 0.05
KEY = b"x"
MARK = re.compile(r"@(\d{10}\.\d\d)#")
"""Epoch seconds at which a line was made."""
ANSWERS = re.compile(r"answers=(\d+);")  # How often the key was seen


def line(moment: float, number: int) -> str:
    """A line of WIDTH cells; `moment` in epoch seconds."""
    trace = hashlib.sha256(str(number).encode()).hexdigest()[:32]
    text = (
        f"@{moment:.2f}# {number:07d} {'WARN ' if number % 31 == 0 else 'INFO '} staff-api "
        f"GET /facilities/{number * 37 % 900:03d}/slots?day={1 + number * 7 % 28:02d} "
        f"{503 if number % 97 == 0 else 200} {number * 13 % 900:3d} ms trace={trace} reservation accepted and queued"
    )
    return text.ljust(WIDTH, ".")[:WIDTH]


class Feed:
    def __init__(self, rate: float) -> None:
        """`rate` in lines a second."""
        self._rate = rate
        self._began = time.time()
        self._number = 0

    def due(self) -> list[str]:
        until = int((time.time() - self._began) * self._rate)
        lines = [line(self._began + number / self._rate, number) for number in range(self._number, until)]
        self._number = max(self._number, until)
        return lines


def _answers(count: int) -> str:
    return f"answers={count};"


class Fed(App[None]):
    CSS = "Grid { grid-size: 2; height: 1fr; } Grid.-alone { grid-size: 1; }"
    BINDINGS: ClassVar[list[BindingType]] = [Binding(KEY.decode(), "answer", priority=True)]

    def __init__(self, make: Callable[[], tuple[Widget, Write]], count: int, *, still: bool) -> None:
        super().__init__()
        self._widgets = [make() for _index in range(count)]
        self._still = still
        self._count = 0

    def compose(self) -> ComposeResult:
        yield Static(_answers(0), id="answers")
        with Grid(classes="-alone" if len(self._widgets) == 1 else ""):
            for widget, _write in self._widgets:
                yield widget

    def on_mount(self) -> None:
        self._widgets[0][0].focus()
        for widget, write in [] if self._still else self._widgets:
            _follow(widget, write, RATE / len(self._widgets))

    def action_answer(self) -> None:
        self._count += 1
        self.query_one("#answers", Static).update(_answers(self._count))


class OwnFed(Fed, RuntimeApp):
    pass


def pane() -> tuple[Widget, Write]:
    # As the console's screens make theirs; the app is known when the first line comes.
    widget = LogPane(pace=lambda: cast(RuntimeApp, widget.app).min_interval())
    return widget, lambda lines: append_to(widget, "".join(f"{each}\n" for each in lines).encode(), _now())


def log() -> tuple[Widget, Write]:
    widget = Log()
    return widget, widget.write_lines


def _now() -> int:
    return int(time.time() * 1000)


def _follow(widget: Widget, write: Write, rate: float) -> None:
    feed = Feed(rate)

    def read() -> None:
        if lines := feed.due():
            write(lines)

    widget.set_interval(POLL, read)


def app(kind: str) -> App[None]:
    """`pane` or `log`, one or (`pane4`, `log4`) four; `pane-still`, `log-still`: nothing comes."""
    count, still = (4 if kind.endswith("4") else 1), kind.endswith("-still")
    return OwnFed(pane, count, still=still) if kind.startswith("pane") else Fed(log, count, still=still)


def main() -> None:
    app(sys.argv[1]).run()


if __name__ == "__main__":
    main()
