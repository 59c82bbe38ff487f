import os
import re
import subprocess
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.bench.feeds.terminal import Terminal
from tests.bench.observed import NOT_INHERITED
from tests.bench.peers import ROOT
from tests.tools.process import cpu_seconds

_MARK = re.compile(rb"q(\d{8}) ")


class PipeReader:
    def __init__(self, argv: Sequence[str], env: Mapping[str, str]) -> None:
        inherited = {name: value for name, value in os.environ.items() if name not in NOT_INHERITED}
        self.shown: Counter[int] = Counter()  # How often each number was shown
        self.first_at: dict[int, float] = {}
        """When each number was shown first, in seconds of the monotonic clock."""
        self.has_printed = False  # Whether anything came yet
        self._rest = b""
        self._process = subprocess.Popen(
            argv, env={**inherited, **env}, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=ROOT
        )
        assert self._process.stdout is not None
        self._output = self._process.stdout.fileno()
        os.set_blocking(self._output, False)

    def read(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while (now := time.monotonic()) < end:
            try:
                data = os.read(self._output, 1 << 16)
            except BlockingIOError:
                time.sleep(min(0.005, end - now))
                continue
            if not data:
                time.sleep(end - now)  # it has ended
                return
            self.has_printed = True
            self._take(self._rest + data, time.monotonic())

    def _take(self, data: bytes, at: float) -> None:
        cut = data.rfind(b"\n") + 1
        data, self._rest = data[:cut], data[cut:]
        for mark in _MARK.findall(data):
            self.shown[int(mark)] += 1
            self.first_at.setdefault(int(mark), at)

    def cpu(self) -> float:
        return cpu_seconds(self._process.pid)

    def rss(self) -> float:
        return resident(self._process.pid)

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        os.close(self._output)
        self._process.stdout = None


class ScreenReader:
    def __init__(self, argv: Sequence[str], env: Mapping[str, str]) -> None:
        self._terminal = Terminal(
            argv, {"TERM": "xterm-256color", "COLORTERM": "truecolor", **env}, emulate=True
        )
        self.sightings: list[tuple[float, int]] = []
        """When (seconds of the monotonic clock) the screen showed which highest number."""

    def until(self, text: str, seconds: float) -> bool:
        return self._terminal.when(lambda shown: text in shown, seconds) is not None

    def answer(self, keys: bytes, mark: bytes, limit: float = 5.0) -> float:
        """Seconds from `keys` until `mark` is written; `limit` if it never is."""
        began = time.monotonic()
        self.type(keys)
        at = self._terminal.written(mark, limit)
        return limit if at is None else at - began

    def type(self, keys: bytes) -> None:
        self._terminal.send(keys)

    def read(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self._terminal.read(left)

    def look(self) -> None:
        self.sightings += self._terminal.look()

    def cpu(self) -> float:
        return self._terminal.cpu()

    def rss(self) -> float:
        return self._terminal.rss()

    def close(self) -> None:
        self._terminal.close()


def resident(pid: int) -> float:
    """Megabytes that a process has in memory."""
    match = re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())
    return int(match[1]) / 1024 if match else 0.0
