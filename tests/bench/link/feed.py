"""An app that shows RATE log lines a second, each with the time it was made, and counts the key KEY.

KIND: `pane` (our pane under our driver), `log` (Textual's Log under its own). New lines are handed over every
50 ms, so that only the widgets and what is below them differ.
"""

import hashlib
import re
import sys
import time
from collections.abc import Callable
from typing import ClassVar

from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.widget import Widget
from textual.widgets import Log, Static

from tui.runtime import RuntimeApp
from widgets.log_pane import LogPane

RATE = 100
WIDTH = 160
POLL = 0.05
KEY = b"x"
MARK = re.compile(r"@(\d{10}\.\d\d)#")
"""Epoch seconds at which a line was made."""
ANSWERS = re.compile(r"answers=(\d+);")
"""How often the key was seen."""


def line(made: float, number: int) -> str:
    """A line of WIDTH cells as an application writes them; `made` in epoch seconds."""
    trace = hashlib.sha256(str(number).encode()).hexdigest()[:32]
    text = (
        f"@{made:.2f}# {number:07d} {'WARN ' if number % 31 == 0 else 'INFO '} staff-api "
        f"GET /facilities/{number * 37 % 900:03d}/slots?day={1 + number * 7 % 28:02d} "
        f"{503 if number % 97 == 0 else 200} {number * 13 % 900:3d} ms trace={trace} reservation accepted and queued"
    )
    return text.ljust(WIDTH, ".")[:WIDTH]


class Feed:
    """The lines that are due, in order."""

    def __init__(self) -> None:
        self._began = time.time()
        self._number = 0

    def due(self) -> list[str]:
        """What was made since the last call."""
        until = int((time.time() - self._began) * RATE)
        lines = [line(self._began + number / RATE, number) for number in range(self._number, until)]
        self._number = max(self._number, until)
        return lines


def _answers(count: int) -> str:
    return f"answers={count};"


class PaneApp(RuntimeApp):
    """Our pane."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding(KEY.decode(), "answer", priority=True)]

    def __init__(self) -> None:
        super().__init__()
        self._count = 0

    def compose(self) -> ComposeResult:
        yield Static(_answers(0), id="answers")
        yield LogPane()

    def on_mount(self) -> None:
        pane = self.query_one(LogPane)
        pane.focus()
        _follow(pane, lambda lines: pane.append_raw("".join(f"{each}\n" for each in lines).encode(), _now()))

    def action_answer(self) -> None:
        self._count += 1
        self.query_one("#answers", Static).update(_answers(self._count))


class LogApp(App[None]):
    """Textual's Log."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding(KEY.decode(), "answer", priority=True)]

    def __init__(self) -> None:
        super().__init__()
        self._count = 0

    def compose(self) -> ComposeResult:
        yield Static(_answers(0), id="answers")
        yield Log()

    def on_mount(self) -> None:
        log = self.query_one(Log)
        log.focus()
        _follow(log, log.write_lines)

    def action_answer(self) -> None:
        self._count += 1
        self.query_one("#answers", Static).update(_answers(self._count))


def _now() -> int:
    return int(time.time() * 1000)


def _follow(widget: Widget, write: Callable[[list[str]], object]) -> None:
    feed = Feed()

    def read() -> None:
        if lines := feed.due():
            write(lines)

    widget.set_interval(POLL, read)


def main() -> None:
    """Run the app of the kind that the command line names."""
    (PaneApp if sys.argv[1] == "pane" else LogApp)().run()
