"""Follows a file with one widget, read every 50 ms: `python -m tests.bench.feeds.tail_app KIND FILE`.

KIND: `pane` (ours), `pane-5fps` (five frames a second), `log` (Textual's Log, one write per read),
`log-line` (one write per line), `richlog`.
"""

import sys
from collections.abc import Callable
from pathlib import Path

from textual.app import App, ComposeResult
from textual.widget import Widget
from textual.widgets import Log, RichLog

from tests.bench.raw_lines import append_to
from widgets.logs.pane.pane import LogPane

POLL = 0.05
MOST = 64 * 1024 * 1024


class Tail(App[None]):
    def __init__(self, kind: str, path: Path) -> None:
        super().__init__()
        self._file = path.open("rb")
        self._rest = b""
        self._widget, self._write = _widget(kind)

    def compose(self) -> ComposeResult:
        yield self._widget

    def on_mount(self) -> None:
        self._widget.focus()
        self.set_interval(POLL, self._read)

    def _read(self) -> None:
        data = self._file.read(MOST)
        if not data:
            return
        data = self._rest + data
        end = data.rfind(b"\n") + 1
        self._rest = data[end:]
        if end:
            self._write(data[:end])


def _widget(kind: str) -> tuple[Widget, Callable[[bytes], object]]:
    if kind.startswith("pane"):
        pane = LogPane(max_bytes=1024**3, fps=1.25 if kind == "pane-5fps" else 10.0)
        return pane, lambda data: append_to(pane, data, 1_764_028_800_000)
    if kind == "richlog":
        rich = RichLog()
        return rich, lambda data: [rich.write(line) for line in data.decode().splitlines()]
    log = Log()
    if kind == "log":
        return log, lambda data: log.write_lines(data.decode().splitlines())
    return log, lambda data: [log.write_line(line) for line in data.decode().splitlines()]


def app(kind: str, path: Path) -> App[None]:
    if not kind.startswith("pane"):
        return Tail(kind, path)
    from tui.runtime.runtime_app import RuntimeApp

    class OwnTail(Tail, RuntimeApp):
        pass

    return OwnTail(kind, path)


if __name__ == "__main__":
    app(sys.argv[1], Path(sys.argv[2])).run()
