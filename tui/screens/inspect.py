"""The inspect mode: today's duties and the calendar."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.widgets import Static

from tui.commands import bindings
from tui.screens.base import ModeScreen


class InspectScreen(ModeScreen):
    """The inspect mode: today's duties and the calendar."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("inspect")]

    def body(self) -> ComposeResult:
        """The mode's widgets."""
        yield Static("")
