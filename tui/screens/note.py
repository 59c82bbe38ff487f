"""The dialog `note`."""

from textual.app import ComposeResult
from textual.containers import Vertical

from tui.screens.dialog import Dialog


class NoteScreen(Dialog[None]):
    """The dialog `note`."""

    def compose(self) -> ComposeResult:
        """The window."""
        yield Vertical(id="window")
