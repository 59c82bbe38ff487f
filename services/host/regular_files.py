"""Reads files named by a user: regular files only, up to a size limit, never blocking on a FIFO or a device."""

import errno
import os
import stat
from pathlib import Path

from services.i18n import _

LIMIT = 4 << 20  # Maximum size in bytes of a hand-written file
_CHUNK = 1 << 20
_OPEN = os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC


class Unsuitable(OSError):
    """A file that cannot be used; the message says why and what to do, in the active language."""

    def __str__(self) -> str:
        return str(self.args[1])


def named(text: str) -> Path:
    try:
        return Path(text).expanduser()
    except RuntimeError:
        return Path(text)


def exists(path: Path) -> bool:
    """Whether something can be found at `path`; False also for a name that cannot be looked up, where `Path.exists` raises."""
    return _look_up(path) is not None


def is_absent(path: Path) -> bool:
    """Whether nothing is at `path`; False where that cannot be looked up. Never raises."""
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return True
    except (OSError, ValueError):
        return False
    return False


def _look_up(path: Path) -> os.stat_result | None:
    try:
        return path.stat()
    except (OSError, ValueError):
        return None


def read(path: Path, limit: int = LIMIT) -> bytes:
    """The content of a regular file. Raises Unsuitable if it is not one or exceeds `limit` bytes, and OSError."""
    check(path, limit)
    descriptor = os.open(path, _OPEN)
    try:
        # The file may have been replaced since the check.
        _check_kind(os.fstat(descriptor), path)
        return _content(descriptor, path, limit)
    finally:
        os.close(descriptor)


def opener(path: str, flags: int) -> int:
    """An `opener` for `open` that never blocks; even a regular file may block on read (/proc/kmsg)."""
    return os.open(path, flags | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)


def check(path: Path, limit: int = 0) -> None:
    """Check a file without opening it, which has side effects on some devices. `limit` is the maximum size in
    bytes, 0 for any. Raises Unsuitable and OSError."""
    status = _status(path)
    _check_kind(status, path)
    if limit and status.st_size > limit:
        raise _too_large(path, limit)


def check_target(path: Path) -> None:
    """Check that `path` can be written: it is new, or a regular file but no symbolic link. Raises Unsuitable, OSError."""
    try:
        status = path.lstat()
    except FileNotFoundError:
        return
    except ValueError as error:
        raise _nameless(path) from error
    if stat.S_ISLNK(status.st_mode):
        raise _unsuitable(errno.ELOOP, _("is a symbolic link: name the file itself"), path)
    _check_kind(status, path)


def _status(path: Path) -> os.stat_result:
    try:
        return path.stat()
    except FileNotFoundError:
        if path.is_symlink():
            raise _unsuitable(errno.ENOENT, _("is a broken link: repair or remove it"), path) from None
        raise
    except ValueError as error:
        raise _nameless(path) from error


def _check_kind(status: os.stat_result, path: Path) -> None:
    if stat.S_ISREG(status.st_mode):
        return
    if stat.S_ISDIR(status.st_mode):
        raise _unsuitable(errno.EISDIR, _("is a folder, not a file"), path)
    raise _unsuitable(
        errno.EINVAL, _("is not a file but a {kind}: name a regular file", kind=kind_of(status)), path
    )


def kind_of(status: os.stat_result) -> str:
    match stat.S_IFMT(status.st_mode):
        case stat.S_IFIFO:
            return _("pipe")
        case stat.S_IFSOCK:
            return _("socket")
        case stat.S_IFLNK:
            return _("symbolic link")
        case _:
            return _("device")


def _content(descriptor: int, path: Path, limit: int) -> bytes:
    chunks: list[bytes] = []
    size = 0
    while chunk := os.read(descriptor, _CHUNK):
        chunks.append(chunk)
        size += len(chunk)
        if size > limit:
            raise _too_large(path, limit)
    return b"".join(chunks)


def _nameless(path: Path) -> Unsuitable:
    """The error for a path that contains a null byte."""
    return _unsuitable(errno.EINVAL, _("cannot be the name of a file"), path)


def _too_large(path: Path, limit: int) -> Unsuitable:
    message = _("is larger than {limit} MB: is it the right file?", limit=limit >> 20)
    return _unsuitable(errno.EFBIG, message, path)


def _unsuitable(number: int, message: str, path: Path) -> Unsuitable:
    return Unsuitable(number, message, str(path))
