"""The keys and the messages of tables."""

from dataclasses import dataclass

from textual.binding import Binding
from textual.message import Message
from textual.widget import Widget

from services.i18n import N_

CURSOR_KEYS = (
    Binding("up,k", "move(-1)", N_("Up"), show=False),
    Binding("down,j", "move(1)", N_("Down"), show=False),
    Binding("pageup", "page(-1)", N_("Page up"), show=False),
    Binding("pagedown", "page(1)", N_("Page down"), show=False),
    Binding("home", "edge(0)", N_("First"), show=False),
    Binding("end", "edge(-1)", N_("Last"), show=False),
    Binding("enter", "select", N_("Open"), show=True),
)


@dataclass
class OfObject(Message):
    """A message about one object of a table; `key` is the object's at the moment of the event."""

    table: Widget
    key: str

    @property
    def control(self) -> Widget:
        """The sender."""
        return self.table
