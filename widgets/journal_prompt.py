"""The one input row of the journal: words to search for, a day to go to."""

from enum import StrEnum
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.message import Message
from textual.widgets import Input, Static

from services.i18n import N_, _

_LENGTH = 200


class JournalAsk(StrEnum):
    """What the row asks for."""

    WORDS = "words"
    DAY = "day"


class JournalPrompt(Horizontal):
    """Hidden until something is asked."""

    DEFAULT_CSS = """
    JournalPrompt {
        height: 1; display: none; background: $panel;
        & #journal-ask { width: auto; padding: 0 1; color: $text-accent; text-style: bold; }
        & #journal-hint { width: auto; max-width: 60%; padding: 0 1; color: $text-muted; }
        & #journal-hint.-error { color: $text-error; }
        & Input { width: 1fr; border: none; padding: 0; height: 1; background: $panel; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "cancel", N_("cancel"))]

    class Answered(Message):
        """The reader entered something; "" to drop the condition."""

        def __init__(self, ask: JournalAsk, text: str) -> None:
            super().__init__()
            self.ask = ask
            self.text = text

    class Cancelled(Message):
        """The reader thought better of it."""

    def __init__(self) -> None:
        super().__init__()
        self.ask = JournalAsk.WORDS
        self.entry = Input(max_length=_LENGTH, select_on_focus=True, compact=True)
        self.entry.cursor_blink = False

    def compose(self) -> ComposeResult:
        """Label, input, hint."""
        yield Static(id="journal-ask")
        yield self.entry
        yield Static(id="journal-hint")

    def open(self, ask: JournalAsk, text: str = "") -> None:
        """Ask, with `text` to begin with."""
        self.ask = ask
        self.display = True
        self._label()
        self.entry.value = text
        self.entry.focus()

    def close(self) -> None:
        """Disappear."""
        self.display = False

    def complain(self, text: str) -> None:
        """Say why the entry cannot be used."""
        hint = self.query_one("#journal-hint", Static)
        hint.add_class("-error")
        hint.update(Content(text))

    def action_cancel(self) -> None:
        """Leave without an answer."""
        self.post_message(self.Cancelled())

    @on(Input.Submitted)
    def _answered(self, event: Input.Submitted) -> None:
        event.stop()
        self.post_message(self.Answered(self.ask, event.value))

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        self._label()

    def _label(self) -> None:
        labels = {
            JournalAsk.WORDS: (_("search"), _("all words must occur; empty shows all")),
            JournalAsk.DAY: (_("day"), _("14  1/14  2026-01-14  -1; empty shows all")),
        }
        label, hint = labels[self.ask]
        self.query_one("#journal-ask", Static).update(Content(label))
        line = self.query_one("#journal-hint", Static)
        line.remove_class("-error")
        line.update(Content(hint))
