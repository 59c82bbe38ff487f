"""The smallest console on RuntimeApp, for the tests in a pseudo-terminal: it notes in files what happens to it.

    python -m tests.tui.runtime_script FOLDER [option…]

`FOLDER/beats` grows ten bytes a second while the event loop runs; `FOLDER/events` has one line an event.
"""

# ruff: noqa: E402
import asyncio
import os
import sys
import time
from pathlib import Path

from tui.terminal.checks import check_terminal, forget_textual_settings

forget_textual_settings()

from textual import events
from textual.app import ComposeResult
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input, Static

from services import i18n
from tui.runtime.runtime_app import RuntimeApp
from tui.signals import on_loop

DRAINS = {"slow-drain": 3600, "endless-drain": 3600, "half-drain": 0.5}
GUARDS = {
    "brisk-guard": {"SECONDS": 0.5},
    # Only who asks again is not kept waiting, and a second time is one however soon it comes.
    "patient-guard": {"SECONDS": 3600.0, "PAIR_SECONDS": 0.0, "DEAF_SECONDS": 0.0},
}


class Broken(Widget):
    DEFAULT_CSS = "Broken { height: 1; }"

    def render(self) -> str:
        raise RuntimeError("cannot draw \x1b[2J")


class Script(RuntimeApp):
    """Notes keys, pastes and its end; some keys make it fail."""

    ENABLE_COMMAND_PALETTE = False
    # With a scrollbar the rows would wrap, and wrapped they would need it: it never went away again.
    CSS = "Screen { overflow: hidden; }"
    DRAIN_SECONDS: float = 1.0
    END_SECONDS = 1.5

    def __init__(self, folder: Path, options: set[str]) -> None:
        super().__init__()
        self.folder = folder
        self.options = options
        if "endless-drain" in options:
            self.DRAIN_SECONDS = 3600.0
        self.beats = 0

    def note(self, line: str) -> None:
        with (self.folder / "events").open("a") as file:
            file.write(f"{line}\n")

    def compose(self) -> ComposeResult:
        yield Static(Content("Ready."), id="title")
        yield Static(Content(""), id="beat")
        yield Static(Content(""), id="fill")
        if "broken" in self.options:
            yield Broken()
        if "input" in self.options:
            yield Input()

    def on_mount(self) -> None:
        if "fail-mount" in self.options:
            secret = "local-secret-value"
            raise RuntimeError(f"mount failed {len(secret)}")
        if "quiet" not in self.options:
            self.set_interval(0.1, self.beat)
        if "chatty" in self.options:
            self.set_interval(0.02, self.fill)

    def beat(self) -> None:
        self.beats += 1
        with (self.folder / "beats").open("a") as file:
            file.write(".")
        self.query_one("#beat", Static).update(Content(f"beat {self.beats}"))

    def fill(self) -> None:
        rows = [
            f"row {row} of {self.beats} ".ljust(self.size.width - 1, "#")
            for row in range(self.size.height - 6)
        ]
        self.query_one("#fill", Static).update(Content("\n".join(rows)))

    def on_key(self, event: events.Key) -> None:
        self.note(f"key {event.key}")
        match event.key:
            case "f1":
                raise RuntimeError("handler failed")
            case "f2":
                self.set_timer(0.01, self.fail_later)
            case "f3":
                self.run_worker(self.fail_worker(), name="failing")
            case "f4":
                self.exit()
            case "f5":
                self.set_interval(0.001, self.fail_later)
            case "f7" | "f8" | "f9" | "f10":
                self.block(event.key)
            case "f6":
                self.query_one("#title", Static).update(
                    Content("evil \x1b]2;PWNED\x07 \x1b[c \x9d \u202e end")
                )

    def block(self, key: str) -> None:
        """Keep the event loop, with everything that waits for it, from running."""
        self.note("blocked")
        if key == "f7":
            time.sleep(3600)
        elif key == "f8":
            os.mkfifo(self.folder / "fifo")
            (self.folder / "fifo").read_text()
        elif key == "f9":
            while True:
                pass
        else:
            time.sleep(2.5)
        self.note("goes on")

    async def fail_worker(self) -> None:
        raise RuntimeError("worker failed")

    def fail_later(self) -> None:
        raise RuntimeError("timer failed")

    def on_paste(self, event: events.Paste) -> None:
        self.note(f"paste {event.text!r}")

    def on_app_focus(self) -> None:
        self.note("focus")

    def on_visibility(self, visible: bool) -> None:
        super().on_visibility(visible)
        self.note("seen" if visible else "unseen")

    def on_resize(self, event: events.Resize) -> None:
        self.note(f"size {event.size.width}x{event.size.height}")

    def report_bug(self, error: BaseException) -> None:
        super().report_bug(error)
        self.note(f"bug {error}")

    async def drain(self) -> None:
        self.note("draining")
        await asyncio.sleep(next((seconds for name, seconds in DRAINS.items() if name in self.options), 0.01))
        self.note("drained")

    async def on_unmount(self) -> None:
        self.note(
            f"unmounted filter_hits={self.filter_hits} dropped={getattr(self._driver, 'frames_dropped', 0)}"
        )
        if "stuck" in self.options:
            await asyncio.sleep(3600)


def main() -> int:
    i18n.use("en")
    refusal = check_terminal()
    if refusal is not None:
        print(refusal, file=sys.stderr)
        return 69
    options = set(sys.argv[2:])
    for name, value in GUARDS.items():
        if name in options:
            vars(on_loop).update(value)
    app = Script(Path(sys.argv[1]), options)
    app.run()
    return app.return_code or 0


if __name__ == "__main__":
    sys.exit(main())
