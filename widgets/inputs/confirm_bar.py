"""The last row before a change: why it cannot be confirmed yet, or the question that confirms it. The row
only passes a typed name on; its user checks it. A key pressed before the row has been visible for a moment
has no effect. While confirming is suspended the question keeps the focus, so that a name that is being typed
does not end up in another field."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from rich.cells import cell_len
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
from widgets.changes.plan.form import ChoiceRow, ValueInput
from widgets.drawing.format import wrap
from widgets.drawing.lines import Line, LineWidget, Span, fit, spread, width_of

Lets = Callable[[float], bool]  # Whether a key pressed at that time (monotonic seconds) is accepted
_ROOM = 4  # Cells around the field of the name
_FREE = frozenset({"escape", "tab", "shift+tab", "up", "down", "pageup", "pagedown", "ctrl+r"})


def _is_free(key: str) -> bool:
    """Whether the key is always accepted, because it neither types nor answers."""
    return key in _FREE or (key[0] == "f" and key[1:].isdigit())


class _Status(LineWidget):
    """Why the change cannot be confirmed, and how long the plan is valid: one row, or two while nothing is asked."""

    DEFAULT_CSS = """
    _Status { height: 2; }
    _Status.-asking { height: 1; }
    """

    def __init__(self) -> None:
        super().__init__()
        self.words: Line = ()
        self.right: Line = ()

    def show(self, words: Line, right: Line) -> None:
        if (tuple(words), tuple(right)) != (tuple(self.words), tuple(self.right)):
            self.words, self.right = words, right
            self.redraw()

    def draw(self, width: int, height: int) -> list[Line]:
        room = width - width_of(self.right) - 1
        if height < 2 or width_of(self.words) <= room or not self.words:
            return [spread(self.words, self.right, width)]
        *marks, (text, role) = self.words
        begin = width_of(marks)
        first, *rest = wrap(text, room - begin)
        words: Line = [(" " * begin, ""), (" ".join(rest), role)]
        return [spread([*marks, (first, role)], self.right, width), fit(words, width)]


class _NameField(ValueInput):
    """The field for the target's name; ignores keys until it has been visible for a moment."""

    DEFAULT_CSS = """
    _NameField { width: 1fr; height: 1; border: none; padding: 0 1; background: $boost; }
    _NameField:focus { background: $error-muted; }
    """

    def __init__(self, lets: Lets) -> None:
        super().__init__(compact=True, max_length=256)
        self.cursor_blink = False
        self._accepts = lets

    def on_key(self, event: Key) -> None:
        if not _is_free(event.key) and not self._accepts(event.time):
            event.stop()
            event.prevent_default()

    def on_paste(self, event: Paste) -> None:
        """Refuse pasting: typing the name makes one read it."""
        event.stop()
        event.prevent_default()
        self.notify(_("Type the name here; it cannot be pasted."), markup=False)

    def action_paste(self) -> None:
        """Refuse pasting from the console's own clipboard, too."""


class _YesNo(ChoiceRow):
    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "answer", N_("Confirm"))]
    takes_old_keys: ClassVar[bool] = False
    """A letter, typed for a name, must not answer the question."""

    def __init__(self, lets: Lets) -> None:
        super().__init__((("no", _("no")), ("yes", _("yes, apply it"))), "no")
        self._accepts = lets

    @dataclass
    class Answered(Message):
        """Enter was pressed on yes."""

    def on_key(self, event: Key) -> None:
        if not _is_free(event.key) and not self._accepts(event.time):
            event.stop()
            event.prevent_default()

    def action_answer(self) -> None:
        if self.value == "yes":
            self.post_message(self.Answered())


class ConfirmBar(VerticalGroup):
    """`block` and `wait` forbid confirming, `ask` allows it, and `open` is called once keys are accepted."""

    DEFAULT_CSS = """
    ConfirmBar { height: 3; border-top: solid $border; }
    ConfirmBar > HorizontalGroup { height: 1; }
    ConfirmBar #confirm-words { width: auto; max-width: 70%; height: 1; padding-right: 1; text-style: bold; }
    ConfirmBar .-off { display: none; }
    """

    @dataclass
    class Confirmed(Message):
        """The change was confirmed; `typed` is the name, or "" for a yes."""

        typed: str

    def __init__(self, lets: Lets, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._status = _Status()
        self._words = Static(id="confirm-words")
        self._guard_accepts = lets
        self._name_field = _NameField(self._accepts)
        self._yes_no = _YesNo(self._accepts)
        self._required_name: str | None = None
        """The name to type, "" for a yes; None while nothing can be confirmed."""
        self._visible_name: str | None = None
        """The name in the visible question, which stays, ignoring keys, during `wait`; None without one."""

    def compose(self) -> ComposeResult:
        yield self._status
        with HorizontalGroup():
            yield self._words
            yield self._name_field
            yield self._yes_no

    def on_mount(self) -> None:
        self._show()

    @property
    def asking(self) -> bool:
        return self._required_name is not None

    @property
    def is_being_answered(self) -> bool:
        return bool(self._name_field.value) or self._yes_no.value == "yes"

    def show_status(self, words: Line, right: tuple[Span, ...] = ()) -> None:
        self._status.show(words, right)

    def block(self) -> None:
        if self._visible_name is not None:
            self._required_name = self._visible_name = None
            self.clear()
            self._show()

    def wait(self, words: str) -> None:
        """Suspend confirming: the question stays, empty and ignoring keys, with `words` in its field."""
        if self._required_name is not None:
            self._required_name = None
            self.clear()
        self._name_field.placeholder = words

    def ask(self, name: str) -> None:
        """Allow confirming: ask to type `name`, or for a yes if it is ""."""
        if self._required_name != name:
            self._required_name = self._visible_name = name
            self.clear()
            self._show()

    def hush(self, words: str) -> None:
        self._name_field.placeholder = words

    def open(self) -> None:
        if self.asking:
            self._name_field.placeholder = ""

    def clear(self) -> None:
        self._name_field.value = ""
        self._yes_no.value = "no"

    def question(self) -> Widget:
        return self._yes_no if self._visible_name == "" else self._name_field

    def _accepts(self, pressed_at: float) -> bool:
        return self.asking and self._guard_accepts(pressed_at)

    def _show(self) -> None:
        name = self._visible_name
        self._status.set_class(name is not None, "-asking")
        self._words.set_class(name is None, "-off")
        self._name_field.set_class(not name, "-off")
        self._yes_no.set_class(name != "", "-off")
        words = _("Type {name} and press ⏎:", name=name) if name else _("Apply this?")
        if name and cell_len(words) + cell_len(name) + _ROOM > self.size.width > 0:
            # The plan shows the name; what is typed has to be seen.
            words = _("Type the target's name and press ⏎:")
        self._words.update(Content(words))

    @on(Input.Changed)
    @on(ChoiceRow.Changed)
    def _swallow(self, event: Message) -> None:
        event.stop()

    @on(Input.Submitted)
    def _confirm_name(self, event: Input.Submitted) -> None:
        event.stop()
        if self._required_name and event.value.strip():
            self.post_message(self.Confirmed(event.value.strip()))

    @on(_YesNo.Answered)
    def _confirm_yes(self, event: _YesNo.Answered) -> None:
        event.stop()
        if self._required_name == "":
            self.post_message(self.Confirmed(""))
