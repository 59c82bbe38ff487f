"""The one input row of a log pane: search, filter pattern, time."""

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

_LENGTH = 1024
"""CloudWatch's own limit for a filter pattern, and a bound on what a stray paste can do."""


class Ask(StrEnum):
    """What the row asks for."""

    SEARCH = "search"
    REGEX = "regex"
    PATTERN = "pattern"
    TIME = "time"


class LogPrompt(Horizontal):
    """Hidden until something is asked."""

    DEFAULT_CSS = """
    LogPrompt {
        height: 1; display: none; background: $panel;
        & #log-ask { width: auto; padding: 0 1; color: $text-accent; text-style: bold; }
        & #log-hint { width: auto; max-width: 60%; padding: 0 1; color: $text-muted; }
        & #log-hint.-error { color: $text-error; }
        & Input { width: 1fr; border: none; padding: 0; height: 1; background: $panel; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", N_("cancel"), id="log.prompt.cancel"),
        Binding("ctrl+r", "toggle_regex", N_("regex"), id="log.prompt.regex"),
    ]

    class Answered(Message):
        """The reader entered something; "" to clear."""

        def __init__(self, ask: Ask, text: str) -> None:
            super().__init__()
            self.ask = ask
            self.text = text

    class Cancelled(Message):
        """The reader thought better of it."""

    def __init__(self) -> None:
        super().__init__()
        self.ask = Ask.SEARCH

    def compose(self) -> ComposeResult:
        """Label, input, hint."""
        yield Static(id="log-ask")
        entry = Input(max_length=_LENGTH, select_on_focus=True, compact=True)
        entry.cursor_blink = False
        yield entry
        yield Static(id="log-hint")

    def open(self, ask: Ask, text: str = "") -> None:
        """Ask, with `text` to begin with."""
        self.ask = ask
        self.display = True
        self._label()
        entry = self.query_one(Input)
        entry.value = text
        entry.focus()

    def close(self) -> None:
        """Disappear."""
        self.display = False

    def complain(self, text: str) -> None:
        """Say why the entry cannot be used."""
        hint = self.query_one("#log-hint", Static)
        hint.add_class("-error")
        hint.update(Content(text))

    def action_cancel(self) -> None:
        """Leave without an answer."""
        self.post_message(self.Cancelled())

    def action_toggle_regex(self) -> None:
        """Plain text or regular expression."""
        if self.ask in (Ask.SEARCH, Ask.REGEX):
            self.ask = Ask.SEARCH if self.ask is Ask.REGEX else Ask.REGEX
            self._label()

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
            Ask.SEARCH: (_("search"), _("ctrl+r regular expression")),
            Ask.REGEX: (_("search (regular expression)"), _("ctrl+r plain text")),
            Ask.PATTERN: (_("filter pattern"), _("evaluated by CloudWatch Logs; empty shows all")),
            Ask.TIME: (_("go to time"), _("9:12  11-25 9:12  -15m")),
        }
        label, hint = labels[self.ask]
        self.query_one("#log-ask", Static).update(Content(label))
        hint_line = self.query_one("#log-hint", Static)
        hint_line.remove_class("-error")
        hint_line.update(Content(hint))
