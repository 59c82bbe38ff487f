"""The dialog `acknowledge`."""

from textual.app import ComposeResult
from textual.containers import Vertical

from services.models.alarms import Alarm
from tui.screens.dialog import Dialog


class AcknowledgeScreen(Dialog[None]):
    """The dialog `acknowledge`."""

    def __init__(self, alarm: Alarm) -> None:
        super().__init__()
        self.alarm = alarm

    def compose(self) -> ComposeResult:
        """The window."""
        yield Vertical(id="window")
