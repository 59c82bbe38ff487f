"""The command palette, whose page keys may come before its list was ever laid out."""

from textual.command import CommandList, CommandPalette


class ConsolePalette(CommandPalette):
    """As Textual's; but a key for a list that has no lines yet does nothing, where Textual raises KeyError.

    Of what Textual keeps private it overrides `_action_command_list`.
    """

    def _action_command_list(self, action: str) -> None:
        if self.query_one(CommandList)._lines:
            super()._action_command_list(action)
