"""Runs a console in a real pseudo-terminal that tests read, type into, stall, resize and close. Give it any
command line: `PtyConsole([sys.executable, "-m", "tui", "demo"])`. Nothing sleeps: every wait is for a state,
with a deadline."""

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
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from pyte.screens import Char
from rich.cells import cell_len

from tests.tools import process
from tests.tools.demo import is_undated
from tests.tools.terminal_screen import TerminalByteStream, TerminalScreen

LIMIT = 60.0  # Seconds after which a wait has failed; long, because the machine may be busy
_NOT_FOR_PYTE = re.compile(rb"\x1b\[[<>=][0-9;]*[a-z]|\x1bP[^\x1b]*\x1b\\")
_CUT_SHORT = re.compile(rb"\x1b(?:\[[0-?]*[ -/]*|P[^\x1b]*)?\Z")
"""A sequence of which the rest has not come yet."""
_LONGEST_SEQUENCE = 4096
_ROOT = Path(__file__).parents[2]

Stdin = Literal["terminal", "null", "closed"]


class PtyConsole:
    """One command in one terminal; use as a context manager."""

    def __init__(
        self,
        command: Sequence[str],
        *,
        size: tuple[int, int] = (24, 80),
        env: Mapping[str, str | None] | None = None,
        stdin: Stdin = "terminal",
        ignore_hup: bool = False,
        answers: bool = True,
        cwd: Path = _ROOT,
    ) -> None:
        """`size` is rows, columns. A None in `env` removes the variable. `answers`: as terminals do when they are asked."""
        assert not is_undated(command), "use tests.tools.demo.demo_command, or give --at"
        self.raw = bytearray()  # Every byte that was read
        self.master, slave = pty.openpty()
        self.terminal_name = os.ttyname(slave)
        self._fed = 0
        self._gone = False
        self.answers = answers
        self._screen = _Emulator(self._answer, size[1] or 80, size[0] or 24)
        self._stream = TerminalByteStream(self._screen)
        self._set_size(size)
        self.attributes_before = termios.tcgetattr(self.master)
        changes = {
            "TERM": "xterm-256color",
            "COLORTERM": "truecolor",
            "PYTHONDONTWRITEBYTECODE": "1",
            **(env or {}),
        }
        environment = {**os.environ, **{name: value for name, value in changes.items() if value is not None}}
        for name in [name for name, value in changes.items() if value is None]:
            environment.pop(name, None)

        def prepare() -> None:
            fcntl.ioctl(1, termios.TIOCSCTTY, 0)
            # What runs the tests in the background may ignore signals, and a child would inherit that.
            for number in (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM):
                signal.signal(number, signal.SIG_DFL)
            if ignore_hup:
                signal.signal(signal.SIGHUP, signal.SIG_IGN)
            if stdin == "closed":
                os.close(0)

        self.process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL if stdin == "null" else slave,
            stdout=slave,
            stderr=slave,
            env=environment,
            cwd=cwd,
            start_new_session=True,
            preexec_fn=prepare,  # noqa: PLW1509  no test has threads of its own here
        )
        os.close(slave)

    def __enter__(self) -> "PtyConsole":
        return self

    def __exit__(self, *_error: object) -> None:
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.close_terminal()

    # -- what it shows

    def read(self, seconds: float = 0.02) -> bool:
        """Take what the console has written; False when nothing came within `seconds`."""
        if self._gone or not select.select([self.master], [], [], seconds)[0]:
            return False
        try:
            data = os.read(self.master, 1 << 16)
        except OSError:
            data = b""
        self._gone = not data
        self.raw += data
        self._feed()
        return bool(data)

    def _answer(self, answer: bytes) -> None:
        if self.answers and not self._gone:
            self.send(answer)

    def _feed(self) -> None:
        cut = _CUT_SHORT.search(self.raw, max(self._fed, len(self.raw) - _LONGEST_SEQUENCE))
        end = cut.start() if cut else len(self.raw)
        self._stream.feed(_NOT_FOR_PYTE.sub(b"", bytes(self.raw[self._fed : end])))
        self._fed = end

    @property
    def lines(self) -> list[str]:
        return [_shown(self._screen.buffer[row], self._screen.columns) for row in range(self._screen.lines)]

    @property
    def text(self) -> str:
        return "\n".join(self.lines)

    # -- what is done to it

    def send(self, keys: bytes | str, *, shows: str = "") -> None:
        os.write(self.master, keys.encode() if isinstance(keys, str) else keys)
        if shows:
            self.wait_text(shows)

    def signal(self, number: int) -> None:
        self.process.send_signal(number)

    def resize(self, rows: int, columns: int) -> None:
        """Change the size of the terminal; the kernel signals the process."""
        self._set_size((rows, columns))
        self._screen.resize(rows or 24, columns or 80)

    def _set_size(self, size: tuple[int, int]) -> None:
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", *size, 0, 0))

    def close_terminal(self) -> None:
        """Take the terminal away, as a dropped connection does."""
        if self.master >= 0:
            os.close(self.master)
            self.master, self._gone = -1, True

    # -- waiting

    def wait(
        self, condition: Callable[[], bool], what: str = "", *, reading: bool = True, limit: float = LIMIT
    ) -> None:
        """Wait until `condition()`; the terminal is read meanwhile, unless it is to be stalled."""
        deadline = time.monotonic() + limit
        while not condition():
            if time.monotonic() > deadline:
                raise AssertionError(
                    f"never seen: {what or condition}\n{self.text}\n{bytes(self.raw[-2000:])!r}"
                )
            if not (reading and self.read()):
                select.select([], [], [], 0.01)

    def wait_text(self, text: str, limit: float = LIMIT) -> None:
        self.wait(lambda: text in self.text, repr(text), limit=limit)

    def wait_raw(self, data: bytes, limit: float = LIMIT) -> None:
        self.wait(lambda: data in self.raw, repr(data), limit=limit)

    def wait_exit(self, *, reading: bool = True, limit: float = LIMIT) -> int:
        """Wait for the end; the exit status, negative when a signal killed it."""
        self.wait(
            lambda: self.process.poll() is not None, "the end of the process", reading=reading, limit=limit
        )
        while reading and self.read(0.05):
            pass
        status = self.process.returncode
        assert status is not None
        return status

    # -- what is asked of it

    def is_raw(self) -> bool:
        return not termios.tcgetattr(self.master)[3] & (termios.ICANON | termios.ECHO)

    def assert_restored(self, *, early: bool = False) -> None:
        """The terminal is as it was before the console came; `early`: some modes may not have been on yet."""
        assert self._screen.cursor.attrs == self._screen.default_char, "no colour is left on"
        assert termios.tcgetattr(self.master) == self.attributes_before
        for on, off in _MODES:
            if not early or on in self.raw:
                assert self.raw.rfind(off) > self.raw.rfind(on), f"{on!r} was not undone"

    def end(self, status: int | None = None, *, keys: bytes | str = "", by: int = 0) -> None:
        """End it by keys or by a signal, whose status it then has; the terminal is restored."""
        if by:
            self.signal(by)
        elif keys:
            self.send(keys)
        assert self.wait_exit() == (128 + by if status is None else status)
        self.assert_restored()

    def cpu_seconds(self) -> float:
        return process.cpu_seconds(self.process.pid)

    def is_stopped(self) -> bool:
        """Whether the process stands still by a signal; what it wrote before is read."""
        return process.stat(self.process.pid)[0] == b"T" and not self.read(0.05)


class _Emulator(TerminalScreen):
    """Passes on what a terminal answers to questions for its state and for its cursor (DSR)."""

    def __init__(self, answer: Callable[[bytes], None], columns: int, lines: int) -> None:
        super().__init__(columns, lines)
        self._answer = answer

    def write_process_input(self, data: str) -> None:
        if data[-1] in "nR":
            self._answer(data.encode())


def _shown(line: Mapping[int, Char], columns: int) -> str:
    """A row as text; pyte's own `display` breaks on half a wide character, which terminals show as a blank."""
    shown: list[str] = []
    wide = False
    for column in range(columns):
        data = line[column].data
        if not wide:
            shown.append(data or " ")
        wide = not wide and bool(data) and cell_len(data) == 2
    return "".join(shown)


_MODES = [
    (b"\x1b[?1049h", b"\x1b[?1049l"),
    (b"\x1b[?25l", b"\x1b[?25h"),
    (b"\x1b[?1000h", b"\x1b[?1000l"),
    (b"\x1b[?1003h", b"\x1b[?1003l"),
    (b"\x1b[?1006h", b"\x1b[?1006l"),
    (b"\x1b[?2004h", b"\x1b[?2004l"),
    (b"\x1b[?1004h", b"\x1b[?1004l"),
    (b"\x1b[?7l", b"\x1b[?7h"),
]


@contextmanager
def growing(path: Path) -> Iterator[Callable[[], int]]:
    start = path.stat().st_size if path.exists() else 0
    yield lambda: (path.stat().st_size if path.exists() else 0) - start
