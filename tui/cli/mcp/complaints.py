"""Lines on standard error, which many clients never read: a full pipe must not stop the server."""

import os
import threading
from contextlib import suppress
from queue import Full, Queue

MOST = 100
"""Lines that wait for their reader; further ones are dropped."""
_AT_END = 1.0
"""Seconds that the end waits for the last lines."""


class Complaints:
    def __init__(self, descriptor: int = 2) -> None:
        self._descriptor = descriptor
        self._lines: Queue[str | threading.Event] = Queue(MOST)
        threading.Thread(target=self._run, name="mcp-errors", daemon=True).start()

    def print(self, line: str) -> None:
        """Print a cleaned line soon; never raises or waits."""
        with suppress(Full):
            self._lines.put_nowait(line)

    def flush(self) -> None:
        printed = threading.Event()
        with suppress(Full):
            self._lines.put_nowait(printed)
            printed.wait(_AT_END)

    def _run(self) -> None:
        while True:
            match self._lines.get():
                case str(line):
                    self._write(f"{line}\n".encode("utf-8", "replace"))
                case printed:
                    printed.set()

    def _write(self, data: bytes) -> None:
        # Not by sys.stderr: a write that hangs there would hold its lock, and Python aborts at its end.
        with suppress(OSError):
            while data:
                data = data[os.write(self._descriptor, data) :]
