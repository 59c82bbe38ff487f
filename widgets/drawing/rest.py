from collections.abc import Callable

from textual.timer import Timer
from textual.widget import Widget

from widgets.drawing.timers import is_going

MOMENT = 0.25  # Seconds without a move after which it rests; a held key repeats about thirty times a second


class Rest:
    def __init__(self, owner: Widget, act: Callable[[], object]) -> None:
        self._owner = owner
        self._act = act
        self._timer: Timer | None = None

    def moved(self) -> None:
        self.stop()
        self._timer = self._owner.set_timer(MOMENT, self.settle, name="rest")

    def stop(self) -> None:
        if self._timer is not None:
            self._timer.stop()
            self._timer = None

    def settle(self) -> None:
        if self._timer is not None:
            self.stop()
            if not is_going(self._owner):
                self._act()
