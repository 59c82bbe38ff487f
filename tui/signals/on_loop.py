import asyncio
import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from time import monotonic

from tui.signals import before_loop as early_signals
from tui.signals.before_loop import END_SIGNALS

# Kills the process, with the terminal restored, if a signal arrives and the event loop does not handle it.
#
# Whatever blocks the loop (a hanging read, an endless computation) also prevents Python from calling signal handlers. The
# interpreter's C handler still writes each signal's number to a descriptor, which a thread reads here. Only foreign code
# that holds the interpreter's lock stops that thread, too.


SECONDS = 5.0  # How long the loop may take to handle a signal
AGAIN_SECONDS = 1.0  # How long the loop may still take after a second signal
PAIR_SECONDS = 0.3
"""Programs send signals in pairs within this time; a later one means that a person asks again."""
DEAF_SECONDS = 2.0
"""How long the loop may ignore the quit key before pressing it again counts as asking again."""
_STEP = 0.25  # Seconds between two checks; a process that is stopped meanwhile loses at most one step


class LoopGuard:
    """Forwards signals to the running loop, and checks that the loop handles them."""

    def __init__(self, by_force: Callable[[int], object]) -> None:
        """`by_force` ends the process with the status of a signal number; called in a thread."""
        self._by_force = by_force
        self._loop = asyncio.get_running_loop()
        self._loop_descriptor = -1
        self._reader, self._writer = socket.socketpair()
        self._writer.setblocking(False)
        self._pending = 0  # The signal that the loop has not handled; 0: none
        self._since = 0.0
        self._left = 0.0
        self._key_since: float | None = None  # When the quit key was pressed that the loop has not handled
        self._thread = threading.Thread(target=self._run, name="loop-guard", daemon=True)

    def start(self) -> None:
        """Start the thread; call `listen` after every handler added to the loop."""
        self.listen()
        self._thread.start()

    def listen(self) -> None:
        """Become the receiver of signal numbers in place of the loop; in the main thread."""
        before = signal.set_wakeup_fd(self._writer.fileno(), warn_on_full_buffer=False)
        if before != self._writer.fileno():
            self._loop_descriptor = before

    def stop(self) -> None:
        """Make the loop the receiver again, and end the thread; in the main thread."""
        signal.set_wakeup_fd(self._loop_descriptor)
        self._pending = 0
        self._writer.close()
        self._thread.join()
        self._reader.close()

    def handled(self) -> None:
        self._pending = 0
        self._key_since = None

    def key_pressed(self) -> None:
        """Record that the quit key was pressed; from any thread."""
        if self._key_since is None:
            self._key_since = monotonic()
            with suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self.handled)
        elif monotonic() - self._key_since >= DEAF_SECONDS and not self._pending:
            self._await(signal.SIGINT, AGAIN_SECONDS)
            with suppress(OSError):
                self._writer.send(b"\0")

    def _await(self, number: int, seconds: float) -> None:
        self._since, self._left = monotonic(), seconds
        self._pending = number

    def _run(self) -> None:
        before = monotonic()
        while True:
            self._reader.settimeout(_STEP if self._pending else None)
            try:
                numbers = self._reader.recv(64)
            except TimeoutError:
                numbers = b"\0"
            if not numbers:
                return
            self._pass_on(numbers.replace(b"\0", b""))
            now = monotonic()
            self._left -= min(now - before, 2 * _STEP)
            before = now
            if self._pending and self._left <= 0:
                self._by_force(self._pending)

    def _pass_on(self, numbers: bytes) -> None:
        for number in numbers:
            if number not in END_SIGNALS:
                continue
            if not self._pending:
                self._await(number, SECONDS)
            elif monotonic() - self._since >= PAIR_SECONDS:
                self._left = min(self._left, AGAIN_SECONDS)
        if numbers:
            with suppress(OSError):
                os.write(self._loop_descriptor, numbers)


QUIT_KEY = "ctrl+q"  # Pressed again while the loop is blocked, it ends the process

_guard: LoopGuard | None = None  # Of the running loop; there is one console a process


def add(
    loop: asyncio.AbstractEventLoop, number: int, handler: Callable[..., object], *values: object
) -> None:
    loop.add_signal_handler(number, handler, *values)
    if _guard is not None:
        _guard.listen()


def key_pressed(key: str) -> None:
    """Let the guard know of a key; called in any thread for every key."""
    if key == QUIT_KEY and _guard is not None:
        _guard.key_pressed()


@contextmanager
def handled(handler: Callable[[int], object], by_force: Callable[[int], object]) -> Iterator[None]:
    """Within this context the running loop calls `handler` with the number of each signal. Where the loop
    does not handle a signal, `by_force` is called in a thread to end the process. A signal that was ignored
    from the start stays ignored, as `nohup` requires."""
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
