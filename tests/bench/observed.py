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
from codecs import getincrementaldecoder
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from tests.bench.answering import Answering
from tests.tools.process import cpu_seconds

ROWS, COLUMNS = 48, 160
_ESCAPES = re.compile(
    rb"\x1b\[[0-9;:?<>=!$]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[()][A-Z0-9]|\x1b[^\[\]()]"
)
_LONGEST_ESCAPE = 64
NOT_INHERITED = ("PYTHONDONTWRITEBYTECODE", "NO_COLOR", "TEXTUAL_ANIMATIONS", "TMUX", "TMUX_PANE", "STY")
"""What would make a program slower, or paint less, than at a user's desk: here nothing is between it and its terminal."""


class Load(NamedTuple):
    bytes: float  # To the terminal, a second
    cpu: float  # Percent of one core
    wakeups: float  # Voluntary context switches of all threads, a minute


def in_terminal(command: Sequence[str], env: Mapping[str, str]) -> "tuple[int, subprocess.Popen[bytes]]":
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
    process = subprocess.Popen(
        command, stdin=slave, stdout=slave, stderr=slave, env=env, start_new_session=True
    )
    os.close(slave)
    return master, process


class Terminal:
    def __init__(
        self, command: Sequence[str], env: Mapping[str, str] | None = None, *, margins: bool = True
    ) -> None:
        self.bytes = 0  # Received so far
        self.text = ""  # What could be read of the output so far, without its escape sequences
        self._cut = b""
        self._answering = Answering(margins=margins)
        self._decoder = getincrementaldecoder("utf-8")("replace")
        inherited = {name: value for name, value in os.environ.items() if name not in NOT_INHERITED}
        environment = {**inherited, "TERM": "xterm-256color", "COLORTERM": "truecolor", "LANG": "C.UTF-8"}
        self.started = time.perf_counter()
        self.master, self.process = in_terminal(command, {**environment, **(env or {})})

    def __enter__(self) -> "Terminal":
        return self

    def __exit__(self, *_args: object) -> None:
        self.close()

    def read(self, seconds: float) -> int:
        if not select.select([self.master], [], [], max(0.0, seconds))[0]:
            return 0
        try:
            data = os.read(self.master, 1 << 16)
        except OSError:
            return 0
        self.bytes += len(data)
        if answers := self._answering.to(data):
            self.send(answers)
        self._take(self._cut + data)
        return len(data)

    def _take(self, data: bytes) -> None:
        last = data.rfind(b"\x1b")
        whole = last < 0 or len(data) - last > _LONGEST_ESCAPE or _ESCAPES.match(data, last)
        data, self._cut = (data, b"") if whole else (data[:last], data[last:])
        self.text += self._decoder.decode(_ESCAPES.sub(b"", data))

    def until(self, mark: str, limit: float = 15.0, since: int = 0) -> float | None:
        """Seconds from the start until `mark` stands in `text[since:]`; None when `limit` passed."""
        end = time.perf_counter() + limit
        while mark not in self.text[since:]:
            since = max(since, len(self.text) - len(mark))
            if time.perf_counter() > end or not (self.read(0.05) or self.alive):
                return None
        return time.perf_counter() - self.started

    def send(self, keys: bytes) -> None:
        os.write(self.master, keys)

    def answer(self, keys: bytes, mark: str, limit: float = 10.0) -> float | None:
        """Seconds from `keys` until `mark` is written after them."""
        since, began = len(self.text), time.perf_counter()
        self.send(keys)
        reached = self.until(mark, limit, since)
        return None if reached is None else time.perf_counter() - began

    def quiet(self, seconds: float, limit: float = 10.0) -> None:
        end = last = time.perf_counter()
        end += limit
        while (now := time.perf_counter()) < end and now - last < seconds:
            if self.read(0.02):
                last = time.perf_counter()

    def watch(self, seconds: float) -> Load:
        count, began, cpu, switches = 0, time.perf_counter(), self.cpu(), self._switches()
        end = began + seconds
        while (remaining := end - time.perf_counter()) > 0:
            count += self.read(remaining)
        took = time.perf_counter() - began
        woken = (self._switches() - switches) * 60 / took
        return Load(count / took, 100 * (self.cpu() - cpu) / took, woken)

    @property
    def alive(self) -> bool:
        return self.process.poll() is None

    def cpu(self) -> float:
        """Processor seconds of the command itself, not of its children."""
        return cpu_seconds(self.process.pid)

    def memory(self) -> float:
        with open(f"/proc/{self.process.pid}/statm", "rb") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6

    def _switches(self) -> int:
        total = 0
        for thread in os.listdir(f"/proc/{self.process.pid}/task"):
            try:
                with open(f"/proc/{self.process.pid}/task/{thread}/status", encoding="ascii") as file:
                    status = file.read()
            except OSError:
                continue  # the thread has ended
            total += int(status.partition("\nvoluntary_ctxt_switches:")[2].split()[0])
        return total

    def close(self) -> None:
        if self.alive:
            self._signal(signal.SIGTERM)
            deadline = time.perf_counter() + 5
            while self.alive and time.perf_counter() < deadline:
                self.read(0.02)
            if self.alive:
                self._signal(signal.SIGKILL)
        self.process.wait()
        os.close(self.master)

    def _signal(self, number: int) -> None:
        try:
            os.killpg(self.process.pid, number)
        except ProcessLookupError:
            return  # it ended meanwhile
