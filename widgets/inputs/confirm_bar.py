"""The last row before a change: why it cannot be confirmed yet, or the question that confirms it.

The typed name is judged by whoever uses it; the row only carries it up. A key pressed before the row
was seen for a moment does nothing. What stops it for a while does not take the keys from the question,
so that a name that is being typed ends up in no other field.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import HorizontalGroup, VerticalGroup
from textual.content import Content
from textual.events import Key, Paste
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Input, Static

from services.i18n import N_, _
from widgets.changes.plan.form import ChoiceRow
from widgets.drawing.lines import Line, LineWidget, Span, spread

Lets = Callable[[float], bool]
"""Whether a key pressed at that time (monotonic seconds) counts."""
_FREE = frozenset({"escape", "tab", "shift+tab", "up", "down", "pageup", "pagedown", "ctrl+r"})


def _is_free(key: str) -> bool:
    """It neither writes nor answers, so it always counts: these, and the function keys."""
    return key in _FREE or (key[0] == "f" and key[1:].isdigit())


class _Status(LineWidget):
    """One row: what stands in the way, and how long the plan is valid."""

    DEFAULT_CSS = """
    _Status { height: 1; }
    """

    def __init__(self) -> None:
        super().__init__()
        self.words: Line = ()
        self.right: Line = ()

    def say(self, words: Line, right: Line) -> None:
        """Show these."""
        if (tuple(words), tuple(right)) != (tuple(self.words), tuple(self.right)):
            self.words, self.right = words, right
            self.redraw()

    def draw(self, width: int, height: int) -> list[Line]:
        """The words to the left."""
        return [spread(self.words, self.right, width)]


class _Typed(Input):
    """The field for the target's name; deaf until it was seen."""

    DEFAULT_CSS = """
    _Typed { width: 1fr; height: 1; border: none; padding: 0 1; background: $foreground 8%; }
    _Typed:focus { background: $error 30%; }
    """

    def __init__(self, lets: Lets) -> None:
        super().__init__(compact=True, max_length=256)
        self.cursor_blink = False
        self._lets = lets

    def on_key(self, event: Key) -> None:
        """Drop what was pressed before the row was seen."""
        if not _is_free(event.key) and not self._lets(event.time):
            event.stop()
            event.prevent_default()

    def on_paste(self, event: Paste) -> None:
        """A name is typed, not pasted: typing it is what makes one read it."""
        event.stop()
        event.prevent_default()
        self.notify(_("Type the name here; it cannot be pasted."), markup=False)

    def action_paste(self) -> None:
        """Nor is it pasted from what was copied in the console."""


class _YesNo(ChoiceRow):
    """No or yes; begins at no, Enter on yes confirms."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "answer", N_("Confirm"))]

    def __init__(self, lets: Lets) -> None:
        super().__init__((("no", _("no")), ("yes", _("yes, apply it"))), "no")
        self._lets = lets

    @dataclass
    class Answered(Message):
        """Enter was pressed on yes."""

    def on_key(self, event: Key) -> None:
        """Drop what was pressed before the row was seen."""
        if not _is_free(event.key) and not self._lets(event.time):
            event.stop()
            event.prevent_default()

    def action_answer(self) -> None:
        """Confirm, if the answer is yes."""
        if self.value == "yes":
            self.post_message(self.Answered())


class ConfirmBar(VerticalGroup):
    """Call `block` or `wait` while it must not be confirmed, `ask` when it may, `open` once keys count."""

    DEFAULT_CSS = """
    ConfirmBar { height: 3; border-top: solid $border; }
    ConfirmBar > HorizontalGroup { height: 1; }
    ConfirmBar #confirm-words { width: auto; max-width: 70%; height: 1; padding-right: 1; text-style: bold; }
    ConfirmBar .-off { display: none; }
    """

    @dataclass
    class Confirmed(Message):
        """The question was answered; `typed` is "" where a yes was enough."""

        typed: str

    def __init__(self, lets: Lets, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._status = _Status()
        self._words = Static(id="confirm-words")
        self._lets = lets
        self._typed = _Typed(self._hears)
        self._yes_no = _YesNo(self._hears)
        self._asked: str | None = None
        """What must be typed, "" for a yes; None while nothing can be confirmed."""
        self._shown: str | None = None
        """The question that is shown; deaf while it is not asked."""

    def compose(self) -> ComposeResult:
        """The status, then the question."""
        yield self._status
        with HorizontalGroup():
            yield self._words
            yield self._typed
            yield self._yes_no

    def on_mount(self) -> None:
        """Nothing can be confirmed yet."""
        self._show()

    @property
    def asking(self) -> bool:
        """It may be confirmed now."""
        return self._asked is not None

    def say(self, words: Line, right: tuple[Span, ...] = ()) -> None:
        """What the row above the question says."""
        self._status.say(words, right)

    def block(self) -> None:
        """Nothing can be confirmed; what was typed is forgotten."""
        if self._shown is not None:
            self._asked = self._shown = None
            self.clear()
            self._show()

    def wait(self, words: str) -> None:
        """Nothing can be confirmed for a while: the question stays, empty and deaf, with `words` in its field."""
        if self._asked is not None:
            self._asked = None
            self.clear()
        self._typed.placeholder = words

    def ask(self, name: str) -> None:
        """Let `name` be typed, or yes be chosen where it is ""."""
        if self._asked != name:
            self._asked = self._shown = name
            self.clear()
            self._show()

    def hush(self, words: str) -> None:
        """Keys do not count for a moment; the field says `words` until they do."""
        self._typed.placeholder = words

    def open(self) -> None:
        """Keys count from now on: nothing stands in the field."""
        if self.asking:
            self._typed.placeholder = ""

    def clear(self) -> None:
        """Forget what was typed or chosen."""
        self._typed.value = ""
        self._yes_no.value = "no"

    def question(self) -> Widget:
        """What is focused to answer."""
        return self._yes_no if self._shown == "" else self._typed

    def _hears(self, pressed_at: float) -> bool:
        return self.asking and self._lets(pressed_at)

    def _show(self) -> None:
        asked = self._shown
        self._words.set_class(asked is None, "-off")
        self._typed.set_class(not asked, "-off")
        self._yes_no.set_class(asked != "", "-off")
        words = _("Type {name} and press Enter:").format(name=asked) if asked else _("Apply this?")
        self._words.update(Content(words))

    @on(Input.Changed)
    @on(ChoiceRow.Changed)
    def _swallow(self, event: Message) -> None:
        event.stop()

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        if self._asked and event.value.strip():
            self.post_message(self.Confirmed(event.value.strip()))

    @on(_YesNo.Answered)
    def _said_yes(self, event: _YesNo.Answered) -> None:
        event.stop()
        if self._asked == "":
            self.post_message(self.Confirmed(""))
