"""Makes sure that an end that began does come to an end."""

import os
import threading
from collections.abc import Callable

from tui import early_signals


class Watchdog:
    """Ends the process by force when the orderly end takes too long."""

    def __init__(self) -> None:
        self._timer: threading.Timer | None = None

    def arm(self, seconds: float, status: int, restore: Callable[[], None]) -> None:
        """After `seconds`: `restore` the terminal and leave with `status`. Arming again changes nothing."""
        if self._timer is not None:
            return

        def leave() -> None:
            try:
                restore()
                early_signals.undo_all()
            finally:
                os._exit(status)

        self._timer = threading.Timer(seconds, leave)
        self._timer.daemon = True
        self._timer.start()

    def cancel(self) -> None:
        """The end was reached in time."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
