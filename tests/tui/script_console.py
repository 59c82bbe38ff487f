"""`runtime_script` in a pseudo-terminal, with what it noted."""

import sys
from pathlib import Path
from typing import Any

from tests.tui.pty_console import PtyConsole


class ScriptConsole(PtyConsole):
    """The script, started with `options`, noting in `folder`."""

    def __init__(self, folder: Path, *options: str, **terminal: Any) -> None:
        self.folder = folder
        super().__init__(
            [sys.executable, "-m", "tests.tui.runtime_script", str(folder), *options], **terminal
        )

    @property
    def events(self) -> list[str]:
        return noted(self.folder)

    @property
    def keys(self) -> list[str]:
        return [line.removeprefix("key ") for line in self.events if line.startswith("key ")]

    @property
    def beats(self) -> int:
        path = self.folder / "beats"
        return path.stat().st_size if path.exists() else 0

    def wait_ready(self) -> None:
        self.wait_text("beat ")
        self.wait(self.is_raw, "raw mode")

    def wait_event(self, line: str, *, reading: bool = True) -> None:
        self.wait(lambda: line in self.events, f"{line} in {self.events}", reading=reading)

    def wait_beats(self, count: int, *, reading: bool = True, limit: float = 30.0) -> None:
        until = self.beats + count
        self.wait(lambda: self.beats >= until, f"{count} more beats", reading=reading, limit=limit)


def ready(folder: Path, *options: str, **terminal: Any) -> ScriptConsole:
    console = ScriptConsole(folder, *options, **terminal)
    console.wait_ready()
    return console


def noted(folder: Path) -> list[str]:
    """What a script has noted in `folder`, a line each."""
    path = folder / "events"
    return path.read_text().splitlines() if path.exists() else []
