from time import monotonic
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.events import Key, Paste
from textual.message import Message
from textual.widgets import TextArea

from services.i18n import N_
from services.models.text import clean_block

LONGEST = 4000  # Characters of a note at most; the journal stores it whole


class NoteField(TextArea):
    """Grows with its text up to the maximum height of its style."""

    DEFAULT_CSS = """
    NoteField {
        height: auto; min-height: 3; max-height: 10; border: none; padding: 0 1; background: $panel;
        scrollbar-size-vertical: 1;
        &:focus { border: none; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "submit", N_("Record"), show=False),
        Binding("ctrl+j", "new_line", N_("New line"), show=False),
    ]

    class Submitted(Message):
        def __init__(self, text: str, pressed_at: float) -> None:
            """`pressed_at`: when Enter was pressed, in monotonic seconds."""
            super().__init__()
            self.text = text
            self.pressed_at = pressed_at

    class Left(Message):
        """The cursor was moved up from the first line."""

    def __init__(self, placeholder: str = "", *, id: str | None = None) -> None:
        super().__init__(
            id=id,
            soft_wrap=True,
            tab_behavior="focus",
            compact=True,
            highlight_cursor_line=False,
            placeholder=Content(placeholder),
        )
        self.cursor_blink = False

    @property
    def written(self) -> str:
        return self.text.strip()

    def on_key(self, event: Key) -> None:
        """Handle Enter and Ctrl+J in order: a priority binding would overtake letters still in the queue."""
        if event.key in ("enter", "ctrl+j"):
            event.prevent_default()
            event.stop()
            if event.key == "enter":
                self.post_message(self.Submitted(self.written, event.time))
            else:
                self.action_new_line()

    def on_paste(self, event: Paste) -> None:
        """Insert the clipboard without control characters, which a terminal would obey."""
        event.prevent_default()
        event.stop()
        self.insert(clean_block(event.text, LONGEST))

    def action_cursor_up(self, select: bool = False) -> None:
        if not select and self.navigator.is_first_wrapped_line(self.cursor_location):
            self.post_message(self.Left())
        else:
            super().action_cursor_up(select)

    def action_submit(self) -> None:
        self.post_message(self.Submitted(self.written, monotonic()))

    def action_new_line(self) -> None:
        self.insert("\n")
