from collections.abc import Mapping
from enum import StrEnum
from typing import ClassVar, Generic, TypeVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Input, Static

from services.i18n import N_, _

A = TypeVar("A", bound=StrEnum)
Asks = Mapping[A, tuple[str, str]]  # Label and hint of each prompt: English, marked with N_
NARROW = 120  # Below this width the hint has a row of its own, so that the text has room
LOW = 6  # Rows of the container below which there is no second row


class Prompt(Horizontal, Generic[A]):
    """Posts what was entered; `complain` shows why it is unusable."""

    DEFAULT_CSS = """
    Prompt {
        height: 1; display: none; background: $panel;
        & .ask { width: auto; padding: 0 1; color: $text-accent; text-style: bold; }
        & .hint {
            width: auto; max-width: 60%; padding: 0 1; color: $text-muted;
            text-wrap: nowrap; text-overflow: ellipsis;
        }
        & .hint.-error { color: $text-error; }
        &.-two-rows {
            height: 2; layout: grid; grid-size: 2 2; grid-columns: auto 1fr; grid-rows: 1;
            & .hint { column-span: 2; width: 1fr; max-width: 100%; }
        }
        & Input { width: 1fr; border: none; padding: 0; height: 1; background: $panel; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "cancel", N_("Cancel"), id="prompt.cancel")]

    class Answered(Message):
        """A text was entered; "" to clear."""

        def __init__(self, ask: StrEnum, text: str) -> None:
            super().__init__()
            self.ask = ask
            self.text = text

    class Cancelled(Message):
        pass

    def __init__(self, asks: Asks[A], first: A, *, longest: int) -> None:
        super().__init__()
        self.ask = first
        self.entry = Input(max_length=longest, select_on_focus=True, compact=True)
        self.entry.cursor_blink = False
        self._asks = asks
        self._ask_line = Static(classes="ask")
        self._hint_line = Static(classes="hint")

    def compose(self) -> ComposeResult:
        yield self._ask_line
        yield self.entry
        yield self._hint_line

    def open(self, ask: A, text: str = "") -> None:
        self.ask = ask
        self._arrange()
        self.display = True
        self.label()
        self.entry.value = text
        self.entry.focus()

    def on_resize(self) -> None:
        self._arrange()

    def _arrange(self) -> None:
        room = self.parent.size if isinstance(self.parent, Widget) else self.size
        self.set_class(room.width < NARROW and room.height >= LOW, "-two-rows")

    def close(self) -> None:
        self.display = False

    def complain(self, text: str) -> None:
        self.show_hint(text, error=True)

    def show_hint(self, text: str, *, error: bool = False) -> None:
        self._hint_line.set_class(error, "-error")
        self._hint_line.update(Content(text))

    def action_cancel(self) -> None:
        self.post_message(self.Cancelled())

    @on(Input.Submitted)
    def _submit(self, event: Input.Submitted) -> None:
        event.stop()
        self.post_message(self.Answered(self.ask, event.value))

    @on(Input.Changed)
    def _reset_hint(self, event: Input.Changed) -> None:
        event.stop()
        self.label()

    def label(self) -> None:
        label, hint = self._asks[self.ask]
        self._ask_line.update(Content(_(label)))
        self._hint_line.remove_class("-error")
        self._hint_line.update(Content(_(hint)))
