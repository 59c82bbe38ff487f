"""Detects writes to a journal's file without waking the event loop in between."""

import asyncio
import math
import os
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from services.host.file_events import FileEvents

_SETTLE = 0.05  # Seconds from the kernel's report to the comparison: an entry is written in several steps


class FileWatcher:
    """A thread that compares the file's status every `seconds` and calls `on_change` in the event loop. It
    only compares the status of the file and its -wal; reading is left to `on_change`. While nothing changes
    it waits for the kernel's report, where there is one. A context manager."""

    def __init__(self, path: Path, seconds: float, on_change: Callable[[], object]) -> None:
        self._paths = (path, Path(f"{path}-wal"))
        self._seconds = seconds
        self._on_change = on_change
        self._over = threading.Event()
        self._events: FileEvents | None = None
        self._ending = threading.Lock()

    @property
    def reports_all(self) -> bool:
        """Whether the kernel reports every change, so that nothing has to be read in between."""
        return self._events is not None

    def __enter__(self) -> Self:
        loop = asyncio.get_running_loop()
        threading.Thread(target=self._run, args=(loop,), name="journal-lookout", daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        with self._ending:
            if self._events is not None:
                self._events.wake()

    def _run(self, loop: asyncio.AbstractEventLoop) -> None:
        self._events = FileEvents.of(self._paths[0].parent, [path.name for path in self._paths])
        # The first comparison reports a change, too: the file may have been written to before it.
        before: object = None
        changed = False
        pause = self._seconds
        while not self._over.wait(pause):
            pause = self._seconds
            now = [_mark(path) for path in self._paths]
            # Notify again on the next poll: the file changes before the entry is readable.
            changed, changed_before = now != before, changed
            before = now
            if changed or changed_before:
                # The loop may have been closed meanwhile; then nothing has to be notified.
                with suppress(RuntimeError):
                    loop.call_soon_threadsafe(self._on_change)
            elif self._wait_for_event():
                pause = min(_SETTLE, self._seconds)
        self._close()

    def _wait_for_event(self) -> bool:
        if self._events is None:
            return False
        if not self._events.wait():
            self._close()
        return True

    def _close(self) -> None:
        with self._ending:
            events, self._events = self._events, None
        if events is not None:
            events.close()


class Rereads:
    """When to read again after a reported write: another console may still be waiting for its disk. The file
    is written before the disk confirms it, and only then others may read the entry; nothing reports that. An
    entry that came with a report does not end it: the next one, written as soon as the first was confirmed,
    may have been reported with it."""

    def __init__(self, poll: float, retry: float) -> None:
        """`poll`: seconds between the two reports of a write; `retry`: at most so many are waited at last."""
        self._pauses = (poll, 2 * poll, 4 * poll, retry, retry, retry)
        self._next = len(self._pauses)
        self._entries = 0

    @property
    def seconds(self) -> float:
        """The longest time until the next read; infinite: none is due."""
        return self._pauses[self._next] if self._next < len(self._pauses) else math.inf

    def note(self, entries: int, *, was_reported: bool) -> None:
        if was_reported:
            self._next = 0
        elif entries != self._entries:
            # Whatever is written after this entry is reported after this read.
            self._next = len(self._pauses)
        else:
            self._next += 1
        self._entries = entries


def _mark(path: Path) -> tuple[int, ...]:
    try:
        status = os.stat(path)
    except OSError:
        return ()
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns
