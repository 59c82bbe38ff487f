"""Keys count only once a dialog has been seen: what was typed ahead must not confirm anything.

A key is judged by when it was pressed, not by when the console got round to it.
"""

from collections.abc import Callable
from time import monotonic
from typing import ClassVar, TypeVar

from textual.events import Key, Paste, Resize
from textual.widget import Widget

from tui.screens.common.dialog import Dialog

T = TypeVar("T")


class TypeAheadGuard:
    """Closed from `hold` until a frame has been painted and looked at for a moment."""

    seconds: ClassVar[float] = 0.6
    """How long a painted dialog is looked at before its keys count."""

    def __init__(self, widget: Widget, opened: Callable[[], object] = lambda: None) -> None:
        self._widget = widget
        self._opened = opened
        self._opens_at = float("inf")
        self._holds = 0

    @property
    def is_open(self) -> bool:
        """Keys pressed now count."""
        return self.lets(monotonic())

    def lets(self, pressed_at: float) -> bool:
        """Whether a key pressed then (an event's `time`) counts."""
        return pressed_at >= self._opens_at

    def hold(self) -> None:
        """The picture changes: close until the new one was painted and looked at."""
        self._opens_at = float("inf")
        self._holds += 1
        self._widget.call_after_refresh(self._painted, self._holds)

    def _painted(self, hold: int) -> None:
        if hold == self._holds:
            self._opens_at = monotonic() + self.seconds
            self._widget.set_timer(self.seconds, lambda: self._open(hold))

    def _open(self, hold: int) -> None:
        if hold == self._holds:
            self._opens_at = min(self._opens_at, monotonic())
            self._opened()


class GuardedDialog(Dialog[T]):
    """A dialog that hears nothing but escape until it has been painted for a moment; so again after a resize.

    Nothing has the focus until then; then `first()` gets it, or what had it before the resize.
    """

    AUTO_FOCUS = ""

    def __init__(self) -> None:
        super().__init__()
        self.guard = TypeAheadGuard(self, self._begin)
        self._back_to: Widget | None = None

    def first(self) -> Widget | None:
        """Where the keys go once they count; never to what confirms."""
        return None

    def on_mount(self) -> None:
        """Close the guard."""
        self.hold()

    def on_resize(self, _event: Resize) -> None:
        """Things stand elsewhere now."""
        self.hold()

    def hold(self) -> None:
        """Take the keys away until the present picture has been looked at."""
        self._back_to = self.focused or self._back_to
        self.set_focus(None)
        self.guard.hold()

    def on_descendant_focus(self) -> None:
        """A click while the guard is closed gives nothing the keys yet."""
        if not self.guard.is_open and self.focused is not None:
            self._back_to = self.focused
            self.set_focus(None)

    def on_key(self, event: Key) -> None:
        """Drop what was typed ahead; escape does nothing, so it always may."""
        if event.key != "escape" and not self.guard.lets(event.time):
            event.stop()
            event.prevent_default()

    def on_paste(self, event: Paste) -> None:
        """Drop what was pasted ahead."""
        if not self.guard.lets(event.time):
            event.stop()
            event.prevent_default()

    def _begin(self) -> None:
        back = self._back_to
        usable = back is not None and back.is_attached and back.focusable
        if self.focused is None:
            self.set_focus(back if usable else self.first())
