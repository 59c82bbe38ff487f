"""Writes to the terminal without ever blocking the event loop. A thread does the writing. While the terminal
does not read (a laptop asleep, a dead SSH link), whole frames are dropped, and once it reads again one full
repaint is requested; control sequences are never dropped."""

import os
import select
import sys
import termios
import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from time import monotonic

_CHUNK = 4096
_LAST_WORDS = 1024
_STALLED_AFTER = 0.3  # Seconds without progress after which the terminal counts as not reading
_BACKLOG_LIMIT = 1 << 18  # Bytes of queued frames; more than one screen of any size needs
_PATIENCE = 0.2  # Seconds between checks whether to keep waiting for a terminal that does not read
_CANCEL = b"\x18\x1b\\"  # Ends a sequence that was cut short: CAN, then a string terminator


class Output:
    """The queue of frames and control sequences for one file descriptor, and the thread that writes it."""

    def __init__(self, fileno: int, on_caught_up: Callable[[], None]) -> None:
        """`on_caught_up` is called in the writing thread when everything but the dropped frames is written."""
        self.fileno, self._never_waits = _open_again(fileno)
        self.frames_dropped = 0
        self._on_caught_up = on_caught_up
        self._waiting: deque[tuple[bytes, bool]] = deque()
        self._frame_bytes = 0
        self._missed = False
        self._hasty = False
        self._closed = False
        self._writing_since: float | None = None
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._run, name="terminal-output", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def control(self, data: str) -> None:
        self._put(data.encode("utf-8", "replace"), is_frame=False)

    def frame(self, data: str) -> None:
        """Queue a frame, or drop it: a frame is written whole or not at all."""
        encoded = data.encode("utf-8", "replace")
        with self._changed:
            if self._missed or self._stalled():
                self.frames_dropped += 1
                self._drop_waiting_frames()
                return
        self._put(encoded, is_frame=True)

    @property
    def is_busy(self) -> bool:
        return bool(self._waiting) or self._writing_since is not None

    def send(self, data: bytes) -> None:
        """Write in order and never drop: at once what the terminal accepts without waiting, the rest later."""
        with self._changed:
            if self._closed:
                return
            if self._never_waits and not self.is_busy:
                data = data[self._write_now(data) :]
            if data and not self._closed:
                self._waiting.append((data, False))
                self._changed.notify()

    def _write_now(self, data: bytes) -> int:
        """Write what the terminal accepts without waiting; returns the number of bytes."""
        count = 0
        try:
            while count < len(data):
                count += os.write(self.fileno, data[count:])
        except BlockingIOError:
            pass
        except OSError:
            self._give_up()
        return count

    def close(self, seconds: float = 1.0) -> None:
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        self._thread.join(seconds / 2)
        if self._thread.is_alive():
            self._hurry()
            self._thread.join(seconds / 2)

    def _hurry(self) -> None:
        """Skip frames from now on, so that the last sequences get through."""
        with self._changed:
            self._hasty = True
            self._drop_waiting_frames()

    def _put(self, data: bytes, *, is_frame: bool) -> None:
        with self._changed:
            if self._closed or (not is_frame and self._waiting and self._waiting[-1][0] == data):
                return  # the terminal is gone, or the same (a bell) is queued already
            self._waiting.append((data, is_frame))
            self._frame_bytes += len(data) if is_frame else 0
            self._changed.notify()

    def _stalled(self) -> bool:
        since = self._writing_since
        return self._frame_bytes > _BACKLOG_LIMIT or (
            since is not None and monotonic() - since > _STALLED_AFTER
        )

    def _drop_waiting_frames(self) -> None:
        """Drop every queued frame: the coming repaint supersedes them."""
        controls = [item for item in self._waiting if not item[1]]
        self.frames_dropped += len(self._waiting) - len(controls)
        self._waiting = deque(controls)
        self._frame_bytes = 0
        self._missed = True

    def _run(self) -> None:
        try:
            while (data := self._next()) is not None:
                self._write(data)
        except OSError:
            self._give_up()
        finally:
            os.close(self.fileno)

    def _give_up(self) -> None:
        with self._changed:
            self._closed = True
            self._waiting.clear()
            self._frame_bytes = 0
            self._writing_since = None
            self._changed.notify_all()

    def _next(self) -> bytes | None:
        with self._changed:
            while not self._waiting:
                if self._closed:
                    return None
                if self._missed:
                    self._missed = False
                    self._on_caught_up()
                self._changed.wait()
            data, is_frame = self._waiting.popleft()
            self._frame_bytes -= len(data) if is_frame else 0
            self._writing_since = monotonic()
            return data

    def _write(self, data: bytes) -> None:
        view = memoryview(data)
        while view:
            try:
                view = view[os.write(self.fileno, view[:_CHUNK]) :]
            except BlockingIOError:
                if self._hasty:
                    view = self._make_room(view, len(data))
                select.select([], [self.fileno], [], _PATIENCE)
            else:
                self._writing_since = monotonic()
        self._writing_since = None

    def _make_room(self, view: memoryview, length: int) -> memoryview:
        """Discard what the kernel buffers for a terminal that does not read; the bytes to write afterwards."""
        with suppress(termios.error):
            termios.tcflush(self.fileno, termios.TCOFLUSH)
        # A kernel buffer holds a few kilobytes: longer data would fill it again before the last words.
        return memoryview(_CANCEL) if length > _LAST_WORDS else view


def _open_again(fileno: int) -> tuple[int, bool]:
    """(the same terminal opened again as non-blocking, True): the shell's own descriptor must stay blocking.
    Where that is not allowed, (a duplicate of it, False): `write` then waits."""
    with suppress(OSError):
        return os.open(os.ttyname(fileno), os.O_WRONLY | os.O_NOCTTY | os.O_NONBLOCK), True
    with suppress(OSError):
        os.tcgetpgrp(fileno)  # fails when it is not the terminal that /dev/tty means
        return os.open("/dev/tty", os.O_WRONLY | os.O_NOCTTY | os.O_NONBLOCK), True
    return os.dup(fileno), False


def terminal_fileno() -> int:
    """Standard output where it is the terminal, else standard error, as in Textual."""
    for stream in (sys.__stdout__, sys.__stderr__):
        if stream is not None and stream.isatty():
            return stream.fileno()
    return 2


def write_now(fileno: int, data: bytes, seconds: float = 0.3) -> None:
    """Write the last bytes of a process, past everything queued; give up where the terminal does not read."""
    with suppress(OSError, ValueError, termios.error):
        termios.tcflush(fileno, termios.TCOFLUSH)
        _write_in_time(fileno, _CANCEL + data, seconds)


def write_after(fileno: int, data: bytes, seconds: float = 0.3) -> None:
    """Write after the last bytes; give up where the terminal does not read."""
    with suppress(OSError, ValueError):
        _write_in_time(fileno, data, seconds)


def _write_in_time(fileno: int, data: bytes, seconds: float) -> None:
    if select.select([], [fileno], [], seconds)[1]:
        os.write(fileno, data)
