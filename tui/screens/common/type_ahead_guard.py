"""Accepts keys only once a dialog has been visible: keys typed ahead must not confirm anything.

A key is judged by when it was pressed, not by when it is handled.
"""

from collections.abc import Callable
from time import monotonic
from typing import ClassVar, TypeVar

from textual.events import Key, Paste, Resize
from textual.widget import Widget

from tui.screens.common.dialog import Dialog

T = TypeVar("T")
_NEXT_FRAME = 0.001
"""Seconds."""


class TypeAheadGuard:
    """Closed from `hold` until a frame has been painted and visible for a moment."""

    seconds: ClassVar[float] = 0.6
    """How long a dialog must have been painted before it accepts keys."""

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
        """Whether a key pressed now is accepted."""
        return self.accepts(monotonic())

    def accepts(self, pressed_at: float) -> bool:
        """Whether a key pressed at that time (an event's `time`) is accepted."""
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
    """A dialog that accepts only escape until it has been painted for a moment, and again after a resize.

    Until then nothing has the focus; then `first()` gets it, or the widget that had it before the resize.
    """

    AUTO_FOCUS = ""

    def __init__(self, *, harmless: bool = False) -> None:
        """`harmless` as for TypeAheadGuard."""
        super().__init__()
        self.guard = TypeAheadGuard(self, self._begin, harmless=harmless)
        self._back_to: Widget | None = None

    def first(self) -> Widget | None:
        """The widget that gets the focus; never one that confirms."""
        return None

    def on_mount(self) -> None:
        """Close the guard."""
        self.hold()

    def on_resize(self, _event: Resize) -> None:
        """Close the guard, because everything has moved."""
        self.hold()

    def hold(self) -> None:
        """Remove the focus until the present content has been visible for a moment."""
        self._back_to = self.focused or self._back_to
        self.set_focus(None)
        self.guard.hold()

    def on_descendant_focus(self) -> None:
        """Postpone the focus of a click while the guard is closed."""
        if not self.guard.is_open and self.focused is not None:
            self._back_to = self.focused
            self.set_focus(None)

    def on_key(self, event: Key) -> None:
        """Drop keys typed ahead; escape changes nothing, so it is always accepted."""
        if event.key != "escape" and not self.guard.accepts(event.time):
            event.stop()
            event.prevent_default()

    def on_paste(self, event: Paste) -> None:
        """Drop a paste that came too early."""
        if not self.guard.accepts(event.time):
            event.stop()
            event.prevent_default()

    def _begin(self) -> None:
        back = self._back_to
        usable = back is not None and back.is_attached and back.focusable
        if self.focused is None:
            self.set_focus(back if usable else self.first())
