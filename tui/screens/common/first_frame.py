"""The first frame: the console's outline, drawn before anything else is imported; then the alarms' states."""

import asyncio

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Static

from services.i18n import _


class ShellScreen(Screen[object]):
    DEFAULT_CSS = """
    ShellScreen {
        #bar { height: 1; background: $panel; }
        #strip { height: 1; background: $surface; color: $text-muted; }
        #body { height: 1fr; border: round $border-blurred; content-align: center middle; color: $text-muted; }
    }
    """

    def compose(self) -> ComposeResult:
        with Vertical():
            yield Static(Content.styled(" Toban 当番 ", "bold reverse $text-primary"), id="bar")
            yield Static(Content(_("Reading the runbook…")), id="strip")
            yield Static(Content(_("Connecting to AWS…")), id="body")

    async def show_alarms(self, strip: Widget) -> None:
        """Put the alarms' states in the place of the empty strip, and wait until they are painted."""
        empty = self.query_one("#strip")
        await self.query_one(Vertical).mount(strip, after=empty)
        empty.display = False
        painted = asyncio.Event()
        self.call_after_refresh(painted.set)
        await painted.wait()
