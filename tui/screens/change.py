"""The change mode."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.widgets import Static

from tui.commands import bindings
from tui.screens.base import ModeScreen


class ChangeScreen(ModeScreen):
    """The change mode."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("change")]

    def body(self) -> ComposeResult:
        """The mode's widgets."""
        yield Static("")
