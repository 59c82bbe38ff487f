"""The command palette, safe against page keys that arrive before its list is laid out."""

from textual.command import CommandList, CommandPalette
from textual.events import Resize

from tui.screens.common.dimmed import Dimmed
from tui.screens.common.framed import Framed

_OTHER_ROWS = 8
"""Rows that are not the list's: the header, the alarm strip, a space, the field, the message line and the footer."""


class ConsolePalette(Dimmed, Framed, CommandPalette):
    """As Textual's, but a key for a list without lines does nothing, where Textual raises KeyError. Of
    Textual's private methods it overrides `_action_command_list`."""

    DEFAULT_CSS = """
    ConsolePalette {
        & > Vertical { margin-top: 1; }
        & SearchIcon { display: none; }
        & #--input, & #--input.--list-visible { border: round $primary; height: 3; }
        & CommandInput, & CommandInput:focus { border: none; height: 1; padding: 0 1; }
        & CommandList, & CommandList.--populating { border: none; scrollbar-size-vertical: 1; }
    }
    """

    def on_resize(self, event: Resize) -> None:
        self.query_one(CommandList).styles.max_height = max(1, event.size.height - _OTHER_ROWS)

    def _action_command_list(self, action: str) -> None:
        if self.query_one(CommandList)._lines:
            super()._action_command_list(action)
