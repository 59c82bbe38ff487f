from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.events import Key
from textual.message import Message

from services.i18n import N_, _
from widgets.drawing.lines import Line, LineWidget, Span

_MOST = 9  # Steps that one digit can name


class StepPrompt(LineWidget, can_focus=True):
    """Opened by `open`; the digits are the modes again once it is closed."""

    DEFAULT_CSS = """
    StepPrompt { dock: bottom; height: 1; margin-bottom: 1; display: none; background: $panel; padding: 0 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "close", N_("Back"), show=True)]

    @dataclass
    class Chosen(Message):
        index: int

    class Closed(Message):
        """The prompt is gone; the focus should return to where it was."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.places: tuple[str, ...] = ()

    def open(self, places: Sequence[str]) -> None:
        """Wait for a number; `places` names where each step leads, "" for nowhere: its number is not offered."""
        self.places = tuple(places)
        self.display = True
        self.focus()
        self.redraw()

    def draw(self, width: int, height: int) -> list[Line]:
        line: list[Span] = [(_("Step:"), "strong")]
        for number, place in enumerate(self.places[:_MOST], 1):
            if place:
                line += [("  ", ""), (str(number), "key"), (f" {place}", "")]
        return [[*line, ("  ", ""), ("Esc", "key"), (f" {_('Back')}", "muted")]]

    def on_blur(self) -> None:
        self.display = False

    def on_key(self, event: Key) -> None:
        """Run the step with this number, if it leads somewhere; no digit changes the mode meanwhile."""
        if not (event.key.isascii() and event.key.isdigit()):
            return
        event.stop()
        event.prevent_default()
        index = int(event.key) - 1
        if 0 <= index < len(self.places) and self.places[index]:
            self.action_close()
            self.post_message(self.Chosen(index))

    def action_close(self) -> None:
        self.display = False
        self.post_message(self.Closed())
