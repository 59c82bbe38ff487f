"""Waits until a cursor or a scroll bar rests: what it only passes is not read."""

from collections.abc import Callable

from textual.message_pump import MessagePump
from textual.timer import Timer

MOMENT = 0.25
"""Seconds without a move after which it rests; a held key repeats about thirty times a second."""


class Rest:
    """Calls a function once it has not been told of a move for a moment, in the turn of its owner."""

    def __init__(self, owner: MessagePump, act: Callable[[], object]) -> None:
        self._owner = owner
        self._act = act
        self._timer: Timer | None = None

    def moved(self) -> None:
        """Wait from now on."""
        self.stop()
        self._timer = self._owner.set_timer(MOMENT, self.settle, name="rest")

    def stop(self) -> None:
        """Forget the last move."""
        if self._timer is not None:
            self._timer.stop()
            self._timer = None

    def settle(self) -> None:
        """Act now, if there was a move since it last acted."""
        if self._timer is not None:
            self.stop()
            self._act()
