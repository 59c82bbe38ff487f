"""The smallest Textual app: the yardstick for start-up."""

from textual.app import App, ComposeResult
from textual.widgets import Static


class Minimal(App[None]):
    def compose(self) -> ComposeResult:
        yield Static("minimal-is-ready")


Minimal().run()
