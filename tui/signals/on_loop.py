"""Hands the signals that end a process to the event loop while the console runs."""

import asyncio
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tui.signals import before_loop as early_signals
from tui.signals.loop_guard import LoopGuard

QUIT_KEY = "ctrl+q"
"""Pressed again while the loop is blocked, it ends the process."""

_guard: LoopGuard | None = None
"""Of the running loop; there is one console a process."""


def add(
    loop: asyncio.AbstractEventLoop, number: int, handler: Callable[..., object], *values: object
) -> None:
    """As `loop.add_signal_handler`, with the guard still receiving signals afterwards."""
    loop.add_signal_handler(number, handler, *values)
    if _guard is not None:
        _guard.listen()


def key_pressed(key: str) -> None:
    """Let the guard know of a key; called in any thread for every key."""
    if key == QUIT_KEY and _guard is not None:
        _guard.key_pressed()


@contextmanager
def handled(handler: Callable[[int], object], by_force: Callable[[int], object]) -> Iterator[None]:
    """Within this context the running loop calls `handler` with the number of each signal.

    Where the loop does not handle a signal, `by_force` is called in a thread to end the process. A signal that was
    ignored from the start stays ignored, as `nohup` requires.
    """
    global _guard  # noqa: PLW0603  a process has one descriptor for signal numbers
    loop = asyncio.get_running_loop()
    guard = LoopGuard(by_force)

    def handle(number: int) -> None:
        guard.handled()
        handler(number)

    before = {
        number: previous
        for number in early_signals.END_SIGNALS
        if (previous := signal.getsignal(number)) is not signal.SIG_IGN
    }
    for number in before:
        loop.add_signal_handler(number, handle, number)
    guard.start()
    _guard = guard

    def give_back() -> None:
        guard.stop()
        for number, previous in before.items():
            loop.remove_signal_handler(number)
            # None: the handler was not installed from Python and cannot be installed again.
            signal.signal(number, previous if previous is not None else signal.SIG_DFL)

    try:
        yield
    finally:
        _guard = None
        # Signals wait until their former handlers are back, so that none is lost.
        early_signals.held_back(give_back)
