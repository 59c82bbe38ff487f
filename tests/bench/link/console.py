"""The far end: `python -m tests.bench.link.console FILE toban ARGUMENT…`, or `… FILE feed KIND`. Runs the
console, or `feed`, unchanged, beside a probe: FILE begins with the process's id; then, once a second, come
the time (epoch seconds) and the longest delay of the loop (seconds) since the line before."""

import asyncio
import asyncio.events
import os
import sys
import time
from typing import TextIO

PERIOD = 0.02  # Seconds between two samples
WRITTEN_EVERY = 1.0


class Probe:
    def __init__(self, loop: asyncio.AbstractEventLoop, file: TextIO) -> None:
        self._loop = loop
        self._file = file
        self._due = loop.time() + PERIOD
        self._longest = 0.0
        self._written = time.time()
        loop.call_at(self._due, self._look)

    def _look(self) -> None:
        now = self._loop.time()
        self._longest = max(self._longest, now - self._due)
        if (wall := time.time()) - self._written >= WRITTEN_EVERY:
            self._file.write(f"{wall:.3f} {self._longest:.4f}\n")
            self._written, self._longest = wall, 0.0
        self._due = now + PERIOD
        self._loop.call_at(self._due, self._look)


def install(path: str) -> None:
    file = open(path, "w", buffering=1, encoding="ascii")  # noqa: SIM115  lives as long as the process
    file.write(f"{os.getpid()}\n")
    make = asyncio.events.new_event_loop

    def new_event_loop() -> asyncio.AbstractEventLoop:
        loop = make()
        Probe(loop, file)
        return loop

    # asyncio.run looks it up here.
    asyncio.events.new_event_loop = new_event_loop


def main() -> None:
    path, program, *arguments = sys.argv[1:]
    install(path)
    sys.argv = [program, *arguments]
    if program == "toban":
        from tui.__main__ import main as toban

        toban()
    else:
        from tests.bench.link.feed import main as feed

        feed()


if __name__ == "__main__":
    main()
