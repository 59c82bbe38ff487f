import contextlib
import fcntl
import os
import pty
import re
import select
import signal
import struct
import termios
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from tests.bench.answering import Answering
from tests.bench.observed import COLUMNS, NOT_INHERITED, ROWS
from tests.tools.process import cpu_seconds, stat
from tests.tools.terminal_screen import TerminalByteStream, TerminalScreen

_MARK = re.compile(rb"q(\d{8})")
_MARK_TEXT = re.compile(r"q(\d{8})")


class Terminal:
    def __init__(self, argv: Sequence[str], env: Mapping[str, str], *, emulate: bool = False) -> None:
        self.bytes = 0
        self._answering = Answering()
        self.newest = -1  # Highest line number seen on the screen, as of the last look
        self._unseen: deque[tuple[float, bytes]] = deque()
        self._screen = TerminalScreen(COLUMNS, ROWS) if emulate else None
        self._stream = TerminalByteStream(self._screen) if self._screen else None
        self.pid, self._fd = pty.fork()
        if self.pid == 0:
            inherited = {name: value for name, value in os.environ.items() if name not in NOT_INHERITED}
            os.execvpe(argv[0], list(argv), {**inherited, **env})
        fcntl.ioctl(self._fd, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
        os.set_blocking(self._fd, False)

    def read(self, seconds: float) -> int:
        """Read at most once; bytes read. What came is looked at later, because an emulator in Python is slow."""
        if not select.select([self._fd], [], [], seconds)[0]:
            return 0
        try:
            data = os.read(self._fd, 1 << 20)
        except (BlockingIOError, OSError):
            return 0
        self.bytes += len(data)
        if answers := self._answering.to(data):
            self.send(answers)
        self._unseen.append((time.monotonic(), data))
        return len(data)

    def look(self) -> list[tuple[float, int]]:
        """(when it came, the highest line number on the screen thereafter) of all that was read since the last look."""
        sightings = []
        while self._unseen:
            at = self._look_at_one()
            sightings.append((at, self.newest))
        return sightings

    def when(self, is_shown: Callable[[str], bool], most: float) -> float | None:
        """When the screen first was as asked for, in seconds of the monotonic clock; None if it was not within `most`."""
        end = time.monotonic() + most
        while time.monotonic() < end:
            self.read(0.02)
            while self._unseen:
                at = self._look_at_one()
                if is_shown(self.text):
                    return at
        return None

    def written(self, mark: bytes, most: float) -> float | None:
        """In seconds of the monotonic clock; does not emulate, so that nothing keeps the program waiting."""
        at, before = len(self._unseen), b""
        end = time.monotonic() + most
        while time.monotonic() < end:
            self.read(0.02)
            while at < len(self._unseen):
                when, data = self._unseen[at]
                at += 1
                if mark in before + data:
                    return when
                before = data[-len(mark) :]
        return None

    def _look_at_one(self) -> float:
        at, data = self._unseen.popleft()
        if self._stream is not None:
            self._stream.feed(data)
            marks = [int(mark) for line in self._changed() for mark in _MARK_TEXT.findall(line)]
        else:
            marks = [int(mark) for mark in _MARK.findall(data)]
        self.newest = max([self.newest, *marks])
        return at

    @property
    def text(self) -> str:
        assert self._screen is not None
        rows = [self._screen.buffer[y] for y in range(ROWS)]
        return "\n".join("".join([row[x].data for x in range(COLUMNS)]) for row in rows)

    def _changed(self) -> list[str]:
        """The rows that changed since the last call (pyte's own `display` trips over half wide characters)."""
        assert self._screen is not None
        rows = [self._screen.buffer[y] for y in self._screen.dirty]
        self._screen.dirty.clear()
        return ["".join([row[x].data for x in range(COLUMNS)]) for row in rows]

    def quiet(self, seconds: float, most: float = 20.0) -> None:
        end = time.monotonic() + most
        last = time.monotonic()
        while time.monotonic() < end and time.monotonic() - last < seconds:
            if self.read(0.02):
                last = time.monotonic()

    def wait_for(self, number: int, most: float) -> bool:
        end = time.monotonic() + most
        self.look()
        while self.newest < number and time.monotonic() < end and self.alive:
            if self.read(0.02):
                self.look()
        return self.newest >= number

    def send(self, keys: bytes) -> None:
        os.write(self._fd, keys)

    @property
    def alive(self) -> bool:
        return stat(self.pid)[0] != b"Z"

    def cpu(self) -> float:
        """CPU seconds used so far."""
        return cpu_seconds(self.pid)

    def rss(self) -> float:
        status = Path(f"/proc/{self.pid}/status").read_text()
        match = re.search(r"VmRSS:\s+(\d+)", status)
        return int(match[1]) / 1024 if match else 0.0

    def close(self) -> None:
        with contextlib.suppress(ProcessLookupError, ChildProcessError):
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        self.pid = 0
        os.close(self._fd)
