"""The signals that end a process, handed to the event loop while the console runs."""

import asyncio
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tui import early_signals


@contextmanager
def handled(handler: Callable[[int], object]) -> Iterator[None]:
    """Let the running loop call `handler` with the number of each signal; afterwards as before.

    A signal that was ignored from the start stays so: that is what `nohup` asks for.
    """
    loop = asyncio.get_running_loop()
    before = {
        number: previous
        for number in early_signals.END_SIGNALS
        if (previous := signal.getsignal(number)) is not signal.SIG_IGN
    }
    for number in before:
        loop.add_signal_handler(number, handler, number)

    def give_back() -> None:
        for number, previous in before.items():
            loop.remove_signal_handler(number)
            # None: set by something that is not Python, which cannot be set again.
            signal.signal(number, previous if previous is not None else signal.SIG_DFL)

    try:
        yield
    finally:
        # Whoever asks again while the rest is put away ends that, too.
        early_signals.held_back(give_back)
