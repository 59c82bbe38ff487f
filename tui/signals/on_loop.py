"""The signals that end a process, handed to the event loop while the console runs."""

import asyncio
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tui.signals import before_loop as early_signals
from tui.signals.loop_guard import LoopGuard

QUIT_KEY = "ctrl+q"
"""Pressed again while the loop takes nothing, it ends the process."""

_guard: LoopGuard | None = None
"""Of the running loop; there is one console a process."""


def add(
    loop: asyncio.AbstractEventLoop, number: int, handler: Callable[..., object], *values: object
) -> None:
    """As `loop.add_signal_handler`, with the guard still there afterwards."""
    loop.add_signal_handler(number, handler, *values)
    if _guard is not None:
        _guard.listen()


def key_pressed(key: str) -> None:
    """Called in any thread for every key."""
    if key == QUIT_KEY and _guard is not None:
        _guard.key_pressed()


@contextmanager
def handled(handler: Callable[[int], object], by_force: Callable[[int], object]) -> Iterator[None]:
    """Let the running loop call `handler` with the number of each signal; afterwards as before.

    `by_force` is called in a thread where the loop does not take a signal: it ends the process. A signal that was
    ignored from the start stays so: that is what `nohup` asks for.
    """
    global _guard  # noqa: PLW0603  the descriptor that the kernel's handler writes to is the process's
    loop = asyncio.get_running_loop()
    guard = LoopGuard(by_force)

    def take(number: int) -> None:
        guard.taken()
        handler(number)

    before = {
        number: previous
        for number in early_signals.END_SIGNALS
        if (previous := signal.getsignal(number)) is not signal.SIG_IGN
    }
    for number in before:
        loop.add_signal_handler(number, take, number)
    guard.start()
    _guard = guard

    def give_back() -> None:
        guard.stop()
        for number, previous in before.items():
            loop.remove_signal_handler(number)
            # None: set by something that is not Python, which cannot be set again.
            signal.signal(number, previous if previous is not None else signal.SIG_DFL)

    try:
        yield
    finally:
        _guard = None
        # Whoever asks again while the rest is put away ends that, too.
        early_signals.held_back(give_back)
