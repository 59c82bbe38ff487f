from textual.app import App, ComposeResult
from textual.widgets import Static


class Minimal(App[None]):
    def compose(self) -> ComposeResult:
        yield Static("minimal-is-ready")

    def key_a(self) -> None:
        self.query_one(Static).update("key-was-seen")


Minimal().run()
