"""What a log pane asks of the screen; reachable as `LogPane.PatternChanged` and so on."""

from typing import TYPE_CHECKING

from textual.message import Message

if TYPE_CHECKING:
    from widgets.logs.pane import LogPane


class _PaneMessage(Message):
    def __init__(self, pane: "LogPane") -> None:
        super().__init__()
        self.pane = pane


class GroupRequested(_PaneMessage):
    """The reader wants to choose another log group."""


class PatternChanged(_PaneMessage):
    """The reader wants another filter pattern ("" for none)."""

    def __init__(self, pane: "LogPane", pattern: str) -> None:
        super().__init__(pane)
        self.pattern = pattern


class CopyRequested(_PaneMessage):
    """The reader wants `text` on the clipboard."""

    def __init__(self, pane: "LogPane", text: str) -> None:
        super().__init__(pane)
        self.text = text


class TimeRequested(_PaneMessage):
    """The reader wants to go before the oldest line held, to `at` (epoch milliseconds)."""

    def __init__(self, pane: "LogPane", at: int) -> None:
        super().__init__(pane)
        self.at = at
