"""The first frame: the console's outline, drawn before anything else is imported."""

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Static

from services.i18n import _


class ShellScreen(Screen[object]):
    """Outline of the watch mode."""

    DEFAULT_CSS = """
    ShellScreen {
        #bar { height: 1; background: $panel; }
        #strip { height: 1; background: $surface; color: $text-muted; }
        #body { height: 1fr; border: round $border-blurred; content-align: center middle; color: $text-muted; }
    }
    """

    def compose(self) -> ComposeResult:
        """The header, an empty alarm strip, and the progress of the start."""
        with Vertical():
            yield Static(Content.styled(" Toban 当番 ", "bold reverse $text-primary"), id="bar")
            yield Static(Content(_("Reading the runbook…")), id="strip")
            yield Static(Content(_("Connecting to AWS…")), id="body")
