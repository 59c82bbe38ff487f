"""How a signal ends the process while no event loop runs: before the console's first screen and after its last.

Imported before the first byte is written: the little of the standard library that it needs loads at once.
"""

import os
import signal
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import FrameType

END_SIGNALS = (signal.SIGHUP, signal.SIGTERM, signal.SIGINT, signal.SIGQUIT)
"""What ends the console, with status 128 + n."""
_ALL = (*END_SIGNALS, signal.SIGTSTP)
_undo: list[Callable[[], object]] = []
"""What a signal has to put right, the newest last."""
_before_stop: list[Callable[[], object]] = []


def catch(before_stop: Callable[[], object] = lambda: None) -> None:
    """From now on a signal calls what `undo` was given and ends the process with 128 + its number.

    A signal that was ignored from the start stays so: that is what `nohup` asks for. Being stopped from the keyboard
    calls `before_stop` first.
    """
    _before_stop[:] = [before_stop]
    for number in END_SIGNALS:
        if signal.getsignal(number) in (signal.SIG_DFL, signal.default_int_handler):
            signal.signal(number, _end)
    if signal.getsignal(signal.SIGTSTP) is signal.SIG_DFL:
        signal.signal(signal.SIGTSTP, _stop)


def undo(call: Callable[[], object]) -> None:
    """Let a signal, or an end by force, call `call`; it must bear to be called while its normal way is under way."""
    _undo.append(call)


def undo_all() -> None:
    """Call everything once, newest first, whatever fails; safe in a signal's handler."""
    while _undo:
        _try(_undo.pop())


def held_back(call: Callable[[], object]) -> None:
    """Call `call`, with signals waiting until it is done."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _ALL)
    try:
        call()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _try(call: Callable[[], object]) -> None:
    try:  # noqa: SIM105  contextlib would take as long to import as all the rest
        call()
    except Exception:  # noqa: BLE001  the boundary: the process ends, whatever could not be put right
        pass


def _end(number: int, _frame: "FrameType | None") -> None:
    undo_all()
    # Not by an exception: half-done imports and foreign code catch those.
    os._exit(128 + number)


def _stop(_number: int, _frame: "FrameType | None") -> None:
    for call in _before_stop:
        _try(call)
    os.kill(os.getpid(), signal.SIGSTOP)
