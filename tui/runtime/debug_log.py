"""The log file for tracebacks of internal errors: rotating, mode 0600, without locals or secrets. One file
per process, chosen with `use`. A thread writes, so that a hanging disk blocks nothing."""

import os
import re
import stat
import sys
import threading
from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from queue import SimpleQueue
from typing import TextIO

from services.host import regular_files as regular_file
from services.host.private_files import make_folder
from services.host.state_files import state_folder
from services.i18n import _
from services.models.text import clean
from tui.runtime.crash_report import crash_text, without_secrets

LARGEST = 1 << 20  # Maximum bytes of the file before it is rotated
OLDER = 2  # Number of rotated files beside it
_FLUSH_SECONDS = 2.0
_FIRST_LINE = re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00 \[\d+\] ")
_FIRST_BYTES = 64
_OPEN = os.O_RDWR | os.O_APPEND | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY


class DebugLog:
    """One file, opened for each line; the first line starts the thread."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lines: SimpleQueue[str | threading.Event] = SimpleQueue()
        self._thread: threading.Thread | None = None
        self._failed = False

    def write(self, text: str) -> None:
        """Append `text` (cleaned) with the time; never raises or waits."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="debug-log", daemon=True)
            self._thread.start()
        self._lines.put(f"{datetime.now(UTC).isoformat(timespec='milliseconds')} [{os.getpid()}] {text}\n")

    def flush(self, seconds: float = _FLUSH_SECONDS) -> bool:
        """Wait at most `seconds` until everything is written; returns whether it is."""
        if self._thread is None:
            return not self._failed
        written = threading.Event()
        self._lines.put(written)
        return written.wait(seconds) and not self._failed

    def _run(self) -> None:
        while True:
            line = self._lines.get()
            if isinstance(line, threading.Event):
                line.set()
                continue
            try:
                with open_private(self.path) as file:
                    file.write(line)
                    is_full = file.tell() > LARGEST
                if is_full:
                    rotate(self.path)
            except OSError:
                self._failed = True


def open_private(path: Path) -> TextIO:
    """Open `path` for appending: a regular file of this user, 0600. Raises OSError; Unsuitable says why in words."""
    regular_file.check_target(path)
    make_folder(path.parent)
    descriptor = os.open(path, _OPEN | os.O_CREAT, 0o600)
    try:
        _check_ours(descriptor, path)
        os.fchmod(descriptor, 0o600)
    except OSError:
        os.close(descriptor)
        raise
    return open(descriptor, "a", encoding="utf-8", errors="replace")


def _check_ours(descriptor: int, path: Path) -> None:
    """Accept only an empty file or a log of the console; no other file may change. Raises OSError, Unsuitable."""
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode) or status.st_uid != os.geteuid() or status.st_nlink != 1:
        raise regular_file.Unsuitable(
            0, _("does not belong to this user alone: choose another file"), str(path)
        )
    if status.st_size and not _FIRST_LINE.match(os.pread(descriptor, _FIRST_BYTES, 0)):
        raise regular_file.Unsuitable(
            0,
            _("contains something other than a log of Toban's internal errors: choose another file"),
            str(path),
        )


def _older(path: Path) -> list[Path]:
    """The rotated files of `path`, the newest first."""
    return [path.with_name(f"{path.name}.{number}") for number in range(1, OLDER + 1)]


def _check_older(path: Path) -> None:
    """Also accept only logs of the console as the files that rotating will replace. Raises OSError, Unsuitable."""
    for older in _older(path):
        regular_file.check_target(older)
        try:
            descriptor = os.open(older, _OPEN)
        except FileNotFoundError:
            continue
        except OSError as error:
            raise _beside(older, error) from error
        try:
            _check_ours(descriptor, older)
        except regular_file.Unsuitable as error:
            raise _beside(older, error) from error
        finally:
            os.close(descriptor)


def _beside(path: Path, error: OSError) -> regular_file.Unsuitable:
    words = _("its older part {name} cannot be replaced: {reason}")
    reason = words.format(name=clean(path.name), reason=clean(error.strerror))
    return regular_file.Unsuitable(0, reason, str(path))


def rotate(path: Path) -> None:
    """Rename `debug.log` to `debug.log.1`, and so on. Raises OSError; Unsuitable if one is not the console's."""
    _check_older(path)
    files = [path, *_older(path)]
    for newer, older in zip(files[-2::-1], files[:0:-1], strict=True):
        with suppress(FileNotFoundError):
            newer.replace(older)


_log: DebugLog | None = None


def use(path: Path | None) -> None:
    global _log  # noqa: PLW0603  one file per process
    if _log is not None:
        _log.flush()
    _log = DebugLog(path) if path is not None else None


def begin(path: Path | None) -> None:
    """As `use`, but creates or checks a file that a person named. Raises OSError; Unsuitable gives the reason."""
    if path is not None:
        open_private(path).close()
        _check_older(path)
    use(path or _usual())
    if path is not None:
        note(f"begins, Python {sys.version.partition(' ')[0]}, {sys.platform}")


def _usual() -> Path:
    return state_folder("debug.log")


def path() -> Path | None:
    return _log.path if _log is not None else None


def fault(error: BaseException, where: str = "", secrets: Iterable[str] = ()) -> None:
    """Log the traceback of `error`; `where` names the catcher. Never raises or waits."""
    if _log is not None:
        _log.write(f"{without_secrets(where) or 'fault'}\n{crash_text(error, secrets)}")


def note(text: str, secrets: Iterable[str] = ()) -> None:
    """Log one line. Never raises or waits."""
    if _log is not None:
        _log.write(without_secrets(text, secrets))


def flush() -> bool:
    return _log is not None and _log.flush()
