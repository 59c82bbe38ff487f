"""The bases of the messages of a log pane."""

from typing import TYPE_CHECKING

from textual.message import Message

if TYPE_CHECKING:
    from widgets.logs.pane.pane import LogPane


class PaneMessage(Message):
    """Comes from `pane`."""

    def __init__(self, pane: "LogPane") -> None:
        super().__init__()
        self.pane = pane


class TimeMessage(PaneMessage):
    """Is about the time `at`, epoch milliseconds."""

    def __init__(self, pane: "LogPane", at: int) -> None:
        super().__init__(pane)
        self.at = at
