"""The journal mode."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.widgets import Static

from tui.commands import bindings
from tui.screens.base import ModeScreen


class JournalScreen(ModeScreen):
    """The journal mode."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("journal")]

    def body(self) -> ComposeResult:
        """The mode's widgets."""
        yield Static("")
