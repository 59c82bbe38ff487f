import os
import select
import signal
import time
from collections.abc import Callable, Sequence

from tests.bench.link.screen import CellScreen
from tests.bench.observed import COLUMNS, ROWS, in_terminal

_LEAVE = 3.0  # Seconds given to a command that is to end


class Viewer:
    def __init__(self, command: Sequence[str]) -> None:
        self.screen = CellScreen(ROWS, COLUMNS)
        self.bytes = 0  # Received so far
        self._master, self.process = in_terminal(command, {**os.environ, "TERM": "xterm-256color"})

    def __enter__(self) -> "Viewer":
        return self

    def __exit__(self, *_error: object) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            deadline = time.monotonic() + _LEAVE
            while self.process.poll() is None and time.monotonic() < deadline:
                self.read(0.02)
            if self.process.poll() is None:
                self.process.kill()
        self.process.wait()
        os.close(self._master)

    def read(self, seconds: float) -> int:
        if not select.select([self._master], [], [], max(0.0, seconds))[0]:
            return 0
        try:
            data = os.read(self._master, 1 << 16)
        except OSError:
            time.sleep(max(0.0, min(seconds, 0.02)))
            return 0
        self.bytes += len(data)
        self.screen.feed(data)
        if answers := self.screen.take_answers():
            os.write(self._master, answers)
        return len(data)

    @property
    def text(self) -> str:
        return "\n".join(self.screen.lines)

    def send(self, keys: bytes) -> None:
        os.write(self._master, keys)

    def until(self, matches: Callable[[str], bool], limit: float) -> float | None:
        """Seconds until the screen's text is as wanted; None when `limit` passed or the command ended."""
        began, version = time.monotonic(), -1
        while time.monotonic() - began < limit:
            if self.screen.version != version:
                version = self.screen.version
                if matches(self.text):
                    return time.monotonic() - began
            if not self.read(0.02) and self.process.poll() is not None:
                return None
        return None
