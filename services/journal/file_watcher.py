"""Whether anybody has written to a journal's file, seen without waking the event loop."""

import asyncio
import os
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self


class FileWatcher:
    """A thread that looks at the file every `seconds` and, when it is not as it was, calls `tell` in the event loop.

    It only compares what the file system says of the file and its -wal; whoever is told reads. Use as a context
    manager, in the event loop.
    """

    def __init__(self, path: Path, seconds: float, tell: Callable[[], object]) -> None:
        self._paths = (path, Path(f"{path}-wal"))
        self._seconds = seconds
        self._tell = tell
        self._over = threading.Event()

    def __enter__(self) -> Self:
        loop = asyncio.get_running_loop()
        threading.Thread(target=self._run, args=(loop,), name="journal-lookout", daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()

    def _run(self, loop: asyncio.AbstractEventLoop) -> None:
        # Told of the first look, too: it may have been written to before that.
        before: object = None
        changed = False
        while not self._over.wait(self._seconds):
            now = [_mark(path) for path in self._paths]
            # And one look later once more: what is being written is seen in the file before it can be read.
            changed, told_before = now != before, changed
            before = now
            if changed or told_before:
                # The loop may have been closed at this moment; then nobody listens.
                with suppress(RuntimeError):
                    loop.call_soon_threadsafe(self._tell)


def _mark(path: Path) -> tuple[int, ...]:
    """Differs when the file is another one, was written to, or may be used by others than before."""
    try:
        found = os.stat(path)
    except OSError:
        return ()
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns
