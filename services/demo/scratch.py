"""The folder of a demo for its journal and temporary files, deleted when the demo ends, however it ends. The
child process creates and deletes it, even if the console was killed; if the child was killed, the console
deletes it. If both were killed, the next demo does: a folder in use is locked."""

import fcntl
import os
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

PREFIX = "toban-demo-"


def new_path() -> Path:
    return Path(tempfile.gettempdir()) / f"{PREFIX}{uuid4().hex[:12]}"


def make(folder: Path) -> None:
    """Create it for this user only, lock it, and delete the folders of killed demos. Raises OSError."""
    folder.mkdir(0o700)
    folder.chmod(0o700)
    hold(folder)
    for other in folder.parent.glob(f"{PREFIX}*"):
        if other != folder:
            _sweep(other)


def hold(folder: Path) -> None:
    """Lock it until this process ends, so that no other demo deletes it. Raises OSError."""
    fcntl.flock(os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC), fcntl.LOCK_SH)


def remove(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)


def _sweep(folder: Path) -> None:
    # Another user's folder, or one in use, stays.
    with suppress(OSError):
        if folder.lstat().st_uid != os.geteuid():
            return
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            remove(folder)
        finally:
            os.close(descriptor)
