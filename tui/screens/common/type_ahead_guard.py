"""A key is judged by when it was pressed, not by when it is handled."""

from collections.abc import Callable, Mapping
from os.path import commonprefix
from time import monotonic
from typing import ClassVar, TypeVar

from textual.events import Key, Paste, Resize
from textual.widget import Widget
from textual.widgets import Input, TextArea

from services.i18n import _
from tui.messages import WriteNote
from tui.screens.common.dialog import Dialog

T = TypeVar("T")
_NEXT_FRAME = 0.001  # Seconds


class TypeAheadGuard:
    """Closed from `hold` until a frame has been painted and visible for a moment."""

    seconds: ClassVar[float] = 0.6  # How long a dialog must have been painted before it accepts keys

    def __init__(
        self, widget: Widget, opened: Callable[[], object] = lambda: None, *, harmless: bool = False
    ) -> None:
        """`harmless`: open as soon as the frame is painted, because nothing that a key can do here is regretted."""
        self._widget = widget
        self._harmless = harmless
        self._opened = opened
        self._opens_at = float("inf")
        self._holds = 0

    @property
    def is_open(self) -> bool:
        return self.accepts(monotonic())

    def accepts(self, pressed_at: float) -> bool:
        return pressed_at >= self._opens_at

    def hold(self) -> None:
        """Close, because the content changes, until it has been painted and visible for a moment."""
        self._opens_at = float("inf")
        self._holds += 1
        self._widget.call_after_refresh(self._painted, self._holds)

    def _painted(self, hold: int) -> None:
        if hold == self._holds:
            seconds = _NEXT_FRAME if self._harmless else self.seconds
            self._opens_at = monotonic() + seconds
            self._widget.set_timer(seconds, lambda: self._open(hold))

    def _open(self, hold: int) -> None:
        if hold == self._holds:
            self._opens_at = min(self._opens_at, monotonic())
            self._opened()


class GuardedDialog(Dialog[T]):
    """A dialog that confirms nothing until it has been painted for a moment, and again after a resize. What
    is typed before then goes into its text field. Then `first()` gets the focus, or what was focused before
    the resize, unless something was typed."""

    AUTO_FOCUS = ""

    def __init__(self, *, harmless: bool = False) -> None:
        super().__init__()
        self.guard = TypeAheadGuard(self, self._begin, harmless=harmless)
        self._back_to: Widget | None = None
        self._early: list[Key | Paste] = []  # Typed before there was a field for it
        self._before: tuple[Input | TextArea, str] | None = None
        """The field that has the focus until the guard opens, with its text before anything was typed."""

    def first(self) -> Widget | None:
        """The widget that gets the focus; never one that confirms."""
        return None

    def writes_to(self) -> Input | TextArea | None:
        """The field for what is typed before the guard opens: `first()`, otherwise the first of all; None without one."""
        fields = (self.first(), *self.query("Input, TextArea"))
        return next((each for each in fields if isinstance(each, Input | TextArea) and each.focusable), None)

    def awaits_field(self) -> bool:
        """Whether its fields are not known yet; what is typed until `write_early` is kept for them."""
        return False

    def write_early(self) -> None:
        """Let the field have what was typed, and what is typed until the guard opens."""
        field, early = self.writes_to(), self._early
        self._early = []
        if field is None or (self.guard.is_open and not early):
            return
        self._before = self._before or (field, text_of(field))
        self.set_focus(field)
        for event in early:
            again = Paste(event.text) if isinstance(event, Paste) else Key(event.key, event.character)
            again._set_forwarded()
            field.post_message(again)

    def refuse_enter(self) -> None:
        self.app.inform(too_early())

    def texts(self) -> dict[Input | TextArea, str]:
        fields = (each for each in self.query("Input, TextArea") if isinstance(each, Input | TextArea))
        return {each: text_of(each) for each in fields if isinstance(each, TextArea) or not each.restrict}

    def close_after(self, recorded: Mapping[Input | TextArea, str], result: T) -> None:
        """Dismiss; what was typed since `recorded`, which `texts` returned, goes into a note that is not recorded yet."""
        added = (_added(recorded.get(field, ""), text) for field, text in self.texts().items())
        rest = "\n".join(filter(None, added)).strip()
        self.dismiss(result)
        if rest:
            self.app.post_message(WriteNote(rest))

    def on_mount(self) -> None:
        self.hold()
        self.write_early()

    def on_resize(self, _event: Resize) -> None:
        """Close the guard, because everything has moved."""
        self.hold()

    def hold(self) -> None:
        if not isinstance(self.focused, Input | TextArea):
            self._back_to = self.focused or self._back_to
            self.set_focus(None)
        self.guard.hold()

    def on_descendant_focus(self) -> None:
        if not self.guard.is_open and not isinstance(self.focused, Input | TextArea | None):
            self._back_to = self.focused
            self.set_focus(self._before[0] if self._before is not None else None)

    def on_key(self, event: Key) -> None:
        field = self.focused
        edits = isinstance(field, Input | TextArea) and (
            event.key in ("tab", "shift+tab") or event.key in field._bindings.key_to_bindings
        )
        if event.is_printable or (event.key == "backspace" and not edits):
            self.on_paste(event)
        elif not self.guard.accepts(event.time) and event.key != "escape":
            if event.key == "enter":
                self.refuse_enter()
            elif edits:
                return
            event.stop()
            event.prevent_default()

    def on_paste(self, event: Key | Paste) -> None:
        awaits = self.awaits_field()
        if not self.guard.accepts(event.time) or (awaits and self.focused is None):
            self._early.append(event)
            if not awaits:
                self.write_early()
            event.stop()
            event.prevent_default()

    def _begin(self) -> None:
        # Decided by the field itself, behind the letters that are still on their way to it: if it lost the focus before
        # they are written and then had it again, it would select them, and the next letter would replace them.
        field = self._before[0] if self._before is not None else self
        if not field.call_later(self._focus_first):
            self._focus_first()

    def _focus_first(self) -> None:
        back, before, self._before = self._back_to, self._before, None
        usable = back is not None and back.is_attached and back.focusable
        is_untouched = before is not None and self.focused is before[0] and text_of(before[0]) == before[1]
        if self.focused is None or is_untouched:
            self.set_focus((back if usable else self.first()) or self.focused)


def text_of(field: Input | TextArea) -> str:
    return field.value if isinstance(field, Input) else field.text


def _added(before: str, now: str) -> str:
    begin = len(commonprefix((before, now)))  # noqa: RUF071  texts, not paths
    end = len(commonprefix((before[begin:][::-1], now[begin:][::-1])))  # noqa: RUF071
    return now[begin : len(now) - end]


def too_early() -> str:
    return _("The dialog has only just opened: read it, then press ⏎ again.")
