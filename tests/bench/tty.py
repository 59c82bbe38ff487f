"""Runs a command in a pseudo-terminal and watches its output and its processor time from outside."""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time
from collections.abc import Callable, Sequence

SIZE = (48, 160)
_ESCAPES = re.compile(rb"\x1b\[[0-9;?<>=!]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[()][A-Z0-9]|\x1b.")
_HZ = os.sysconf("SC_CLK_TCK")


def text_of(output: bytes) -> str:
    """What a person could read of `output`, without its escape sequences."""
    return _ESCAPES.sub(b"", output).decode("utf-8", "replace")


class Terminal:
    """One command in one terminal; use as a context manager."""

    def __init__(self, command: Sequence[str], env: dict[str, str] | None = None, size: tuple[int, int] = SIZE) -> None:
        self.output = bytearray()
        self.master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", *size, 0, 0))
        environment = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor", **(env or {})}
        self.started = time.perf_counter()
        self.process = subprocess.Popen(
            command, stdin=slave, stdout=slave, stderr=slave, env=environment, start_new_session=True
        )
        os.close(slave)

    def __enter__(self) -> "Terminal":
        return self

    def __exit__(self, *_args: object) -> None:
        self.close()

    def read(self, seconds: float) -> int:
        """Take what comes within `seconds`, at least one look; the bytes read."""
        ready, _w, _x = select.select([self.master], [], [], seconds)
        if not ready:
            return 0
        try:
            data = os.read(self.master, 1 << 16)
        except OSError:
            return 0
        self.output += data
        return len(data)

    def until(self, seen: Callable[[str], bool], limit: float = 30.0) -> float | None:
        """Seconds from the start until `seen(readable text)`; None when `limit` passed."""
        while time.perf_counter() - self.started < limit:
            if self.read(0.05) and seen(text_of(bytes(self.output))):
                return time.perf_counter() - self.started
        return None

    def send(self, keys: bytes) -> None:
        """Type."""
        os.write(self.master, keys)

    def measure(self, seconds: float) -> tuple[float, float]:
        """(bytes per second to the terminal, percent of one core) over `seconds`."""
        count, began, cpu = 0, time.perf_counter(), self.cpu()
        while (left = began + seconds - time.perf_counter()) > 0:
            count += self.read(left)
        took = time.perf_counter() - began
        return count / took, 100 * (self.cpu() - cpu) / took

    def cpu(self) -> float:
        """Processor seconds of the command itself, not of its children."""
        with open(f"/proc/{self.process.pid}/stat", "rb") as file:
            fields = file.read().rpartition(b")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _HZ

    def memory(self) -> float:
        """Resident megabytes."""
        with open(f"/proc/{self.process.pid}/statm", "rb") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6

    def close(self) -> None:
        """End the command."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGTERM)
            deadline = time.perf_counter() + 5
            while self.process.poll() is None and time.perf_counter() < deadline:
                self.read(0.05)
            if self.process.poll() is None:
                os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        os.close(self.master)
