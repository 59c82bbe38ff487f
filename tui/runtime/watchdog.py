"""Kills the process if the orderly end takes too long, or if the loop does not react to a signal."""

import os
import threading
from collections.abc import Callable

from tui.exit_status import ended_by
from tui.runtime import last_resort
from tui.signals import before_loop as early_signals
from tui.terminal.driver.safe import SafeDriver


class Watchdog:
    def __init__(self) -> None:
        self._timer: threading.Timer | None = None

    def arm(self, seconds: float, status: int, restore: Callable[[], None]) -> None:
        """After `seconds`, `restore` the terminal and exit with `status`. Has no effect if armed already."""
        if self._timer is not None:
            return
        self._timer = threading.Timer(seconds, leave, (status, restore))
        self._timer.daemon = True
        self._timer.start()

    def cancel(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


def leave_blocked(number: int, driver: object) -> None:
    """End the process as signal `number` would, and report what blocked the loop; called in another thread."""
    main = threading.main_thread().ident or 0
    if isinstance(driver, SafeDriver):
        leave(
            ended_by(number),
            driver.restore_by_force,
            lambda: driver.write_by_force(last_resort.blocked(main)),
        )
    else:
        leave(ended_by(number), lambda: None)


def leave(status: int, restore: Callable[[], None], last_words: Callable[[], None] = lambda: None) -> None:
    """End the process at once, from any thread: `restore` the terminal, then call `last_words`."""
    try:
        restore()
        early_signals.undo_all()
        last_words()
    finally:
        os._exit(status)
