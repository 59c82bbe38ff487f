"""The file of an export: written beside its place, hashed on the way, put into place at once; never over another file.

Blocking: use it in a thread.
"""

import errno
import hashlib
import os
import shutil
from contextlib import suppress
from pathlib import Path

from services.host.private_files import make_folder, new_file


class ExportFile:
    """One export under way. Nothing is at its place before `place`; `discard` leaves nothing behind."""

    def __init__(self, path: Path) -> None:
        """Raises OSError: FileExistsError if there is a file already."""
        self.path = path
        if path.exists() or path.is_symlink():
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path))
        make_folder(path.parent)
        self._body_path = path.with_name(f".{path.name}.{os.getpid()}.body")
        self._file = open(new_file(self._body_path), "wb")  # noqa: SIM115  closed by `place` or `discard`
        self._hash = hashlib.sha256()
        self._made: list[Path] = []
        self.size = 0
        """Bytes of the body so far."""

    @property
    def sha256(self) -> str:
        """Of the body so far, hexadecimal."""
        return self._hash.hexdigest()

    def write(self, text: str) -> None:
        """Add to the body. Raises OSError."""
        data = text.encode("utf-8", "replace")
        self._file.write(data)
        self._hash.update(data)
        self.size += len(data)

    def place(self, head: str, companion: Path | None = None) -> None:
        """Put the file into its place, with its head in front or in the file `companion`. Raises OSError."""
        self._file.flush()
        if companion is None:
            whole = self._body_path.with_suffix(".whole")
            with open(new_file(whole), "wb") as file:
                self._made.append(whole)
                file.write(head.encode("utf-8", "replace"))
                with open(self._body_path, "rb") as body:
                    shutil.copyfileobj(body, file, 1 << 20)
                file.flush()
                os.fsync(file.fileno())
            _put(whole, self.path)
        else:
            os.fsync(self._file.fileno())
            with open(new_file(companion), "wb") as file:
                self._made.append(companion)
                file.write(head.encode("utf-8", "replace"))
                file.flush()
                os.fsync(file.fileno())
            _put(self._body_path, self.path)
        self._made.append(self.path)
        self._close()

    def keep(self) -> None:
        """The file stays: `discard` does nothing more."""
        self._made.clear()

    def discard(self) -> None:
        """Remove whatever was written."""
        self._close()
        for path in self._made:
            with suppress(OSError):
                path.unlink(missing_ok=True)
        self._made.clear()

    def _close(self) -> None:
        self._file.close()
        for path in (self._body_path, self._body_path.with_suffix(".whole")):
            with suppress(OSError):
                path.unlink(missing_ok=True)


def companion_of(path: Path) -> Path:
    """The file with the head of a CSV file."""
    return path.with_name(f"{path.name}.head.json")


def _put(source: Path, target: Path) -> None:
    """Give a finished file its name; fails if the name was taken meanwhile."""
    try:
        os.link(source, target)
    except FileExistsError:
        raise
    except OSError:
        # A file system without hard links: reserve the name, then replace the reservation.
        os.close(new_file(target))
        os.replace(source, target)
