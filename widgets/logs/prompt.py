"""The one input row of a log pane: search, filter pattern, time."""

from enum import StrEnum
from typing import ClassVar

from textual.binding import Binding, BindingType

from services.i18n import N_
from widgets.inputs.prompt import Asks, Prompt

_LENGTH = 1024
"""CloudWatch's own limit for a filter pattern, and a bound on what a stray paste can do."""


class Ask(StrEnum):
    """What the row asks for."""

    SEARCH = "search"
    REGEX = "regex"
    PATTERN = "pattern"
    TIME = "time"


_ASKS: Asks[Ask] = {
    Ask.SEARCH: (N_("search"), N_("Ctrl+R regular expression")),
    Ask.REGEX: (N_("search (regular expression)"), N_("Ctrl+R plain text")),
    Ask.PATTERN: (N_("filter pattern"), N_("evaluated by CloudWatch Logs; empty shows all")),
    Ask.TIME: (N_("go to time"), N_("9:12  11-25 9:12  -15m")),
}


class LogPrompt(Prompt[Ask]):
    """Search takes plain text or a regular expression."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+r", "toggle_regex", N_("regex"), id="log.prompt.regex")
    ]

    def __init__(self) -> None:
        super().__init__(_ASKS, Ask.SEARCH, longest=_LENGTH)

    def action_toggle_regex(self) -> None:
        """Plain text or regular expression."""
        if self.ask in (Ask.SEARCH, Ask.REGEX):
            self.ask = Ask.SEARCH if self.ask is Ask.REGEX else Ask.REGEX
            self.label()
