"""The file of an export: hashed on the way, put into place at once or grown in place; never over another
file. Blocking: use it in a thread."""

import errno
import hashlib
import os
import shutil
from contextlib import suppress
from pathlib import Path
from secrets import token_hex

from services.host.private_files import make_folder, new_file
from services.host.state_files import write_private


class ExportFile:
    """One export under way. Nothing is at its place before `place`; `discard` leaves nothing behind."""

    def __init__(self, path: Path) -> None:
        """Raises OSError: FileExistsError if there is a file already."""
        self.path = path
        if path.exists() or path.is_symlink():
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path))
        make_folder(path.parent)
        self._body_path = path.with_name(f".{path.name}.{os.getpid()}.{token_hex(4)}.body")
        self._file = open(new_file(self._body_path), "wb")  # noqa: SIM115  closed by `place` or `discard`
        self._hash = hashlib.sha256()
        self._made: list[Path] = []
        self.size = 0  # Bytes of the body so far

    @property
    def sha256(self) -> str:
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
        self._made.clear()

    def discard(self) -> None:
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


class GrowingFile:
    """An export that can be read while it grows; its head is a file of its own, complete once the export has ended."""

    def __init__(self, path: Path) -> None:
        """Raises OSError: FileExistsError if there is a file already."""
        self.path = path
        make_folder(path.parent)
        self._descriptor = new_file(path)
        self._head: Path | None = None
        self._hash = hashlib.sha256()
        self._ended = False
        self._stays = False
        self.size = 0  # Bytes so far

    @property
    def sha256(self) -> str:
        return self._hash.hexdigest()

    def write(self, text: str) -> None:
        """Append. Raises OSError; then nothing of `text` is in the file."""
        data = memoryview(text.encode("utf-8", "replace"))
        rest = data
        try:
            while rest:
                rest = rest[os.write(self._descriptor, rest) :]
        except OSError:
            os.ftruncate(self._descriptor, self.size)
            os.lseek(self._descriptor, self.size, os.SEEK_SET)
            raise
        self._hash.update(data)
        self.size += len(data)

    def place(self, head: str, companion: Path | None = None) -> None:
        """Put the head, or a newer one, into the file `companion`. Raises OSError, ValueError without `companion`."""
        if companion is None:
            raise ValueError(companion)
        os.fsync(self._descriptor)
        if self._head is None:
            os.close(new_file(companion))
            self._head = companion
        write_private(companion, head)

    def keep(self) -> None:
        self._stays = True

    def discard(self) -> None:
        """Close; remove what was written unless it stays."""
        if self._ended:
            return
        self._ended = True
        os.close(self._descriptor)
        if not self._stays:
            for path in filter(None, (self._head, self.path)):
                with suppress(OSError):
                    path.unlink(missing_ok=True)


def companion_of(path: Path) -> Path:
    return path.with_name(f"{path.name}.head.json")


def _put(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except FileExistsError:
        raise
    except OSError:
        # A file system without hard links: reserve the name, then replace the reservation.
        os.close(new_file(target))
        os.replace(source, target)
