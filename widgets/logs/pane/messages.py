"""The bases of the messages of a log pane."""

from typing import Generic, TypeVar

from textual.message import Message
from textual.widget import Widget

PaneT = TypeVar("PaneT", bound=Widget)


class PaneMessage(Message, Generic[PaneT]):
    """Comes from `pane`."""

    def __init__(self, pane: PaneT) -> None:
        super().__init__()
        self.pane = pane


class TimeMessage(PaneMessage[PaneT]):
    """Is about the time `at`, epoch milliseconds."""

    def __init__(self, pane: PaneT, at: int) -> None:
        super().__init__(pane)
        self.at = at
