"""Imported before the outline is drawn, so it uses only parts of the standard library that load fast."""

import os
import signal
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import FrameType

END_SIGNALS = (signal.SIGHUP, signal.SIGTERM, signal.SIGINT, signal.SIGQUIT)
"""Signals that end the console, with status 128 + n."""
_ALL = (*END_SIGNALS, signal.SIGTSTP)
_undo: list[Callable[[], object]] = []  # Calls to make before the process ends, the newest last
_before_stop: list[Callable[[], object]] = []


def catch(before_stop: Callable[[], object] = lambda: None) -> None:
    """From now on a signal makes the calls registered by `undo` and ends the process with 128 + its number. A
    signal that was ignored from the start stays ignored, as `nohup` requires. A stop from the keyboard calls
    `before_stop` first."""
    _before_stop[:] = [before_stop]
    for number in END_SIGNALS:
        if signal.getsignal(number) in (signal.SIG_DFL, signal.default_int_handler):
            signal.signal(number, _end)
    if signal.getsignal(signal.SIGTSTP) is signal.SIG_DFL:
        signal.signal(signal.SIGTSTP, _stop)


def is_interrupt(error: BaseException | None) -> bool:
    """Whether `error` comes from Ctrl+C: Python 3.11 makes a RuntimeError of what a `__set_name__` raises."""
    return isinstance(error, KeyboardInterrupt) or (error is not None and is_interrupt(error.__cause__))


def undo(call: Callable[[], object]) -> None:
    """Register `call` for a signal or a kill; it may run while the normal clean-up is in progress."""
    _undo.append(call)


def undo_all() -> None:
    """Make every registered call once, newest first, whatever fails; safe in a signal handler."""
    while _undo:
        _try(_undo.pop())


def held_back(call: Callable[[], object]) -> None:
    """Call `call` with signals blocked until it returns."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _ALL)
    try:
        call()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _try(call: Callable[[], object]) -> None:
    try:  # noqa: SIM105  importing contextlib would take as long as everything else
        call()
    except Exception:  # noqa: BLE001  the boundary: the process ends, whatever could not be put right
        pass


def _end(number: int, _frame: "FrameType | None") -> None:
    undo_all()
    # Not by an exception, which half-done imports and foreign code could catch.
    os._exit(128 + number)


def _stop(_number: int, _frame: "FrameType | None") -> None:
    for call in _before_stop:
        _try(call)
    os.kill(os.getpid(), signal.SIGSTOP)
