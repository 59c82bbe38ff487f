"""A demo's folder for its journal and its libraries' files: gone with the demo, however that ends.

The child makes it and takes it away, also when the console was killed; the console does where the child was. What is
left when both were killed is taken away by the next demo: whoever uses a folder holds a lock on it.
"""

import fcntl
import os
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

PREFIX = "toban-demo-"


def new_path() -> Path:
    """Where a folder of one's own can be; not made yet."""
    return Path(tempfile.gettempdir()) / f"{PREFIX}{uuid4().hex[:12]}"


def make(folder: Path) -> None:
    """Make it, for this user alone, hold it, and take away what killed demos have left. Raises OSError."""
    folder.mkdir(0o700)
    folder.chmod(0o700)
    hold(folder)
    for other in folder.parent.glob(f"{PREFIX}*"):
        if other != folder:
            _sweep(other)


def hold(folder: Path) -> None:
    """Keep others from taking it away, until this process has ended. Raises OSError."""
    fcntl.flock(os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC), fcntl.LOCK_SH)


def remove(folder: Path) -> None:
    """Take it away with all that is in it; whoever comes second finds nothing to do."""
    shutil.rmtree(folder, ignore_errors=True)


def _sweep(folder: Path) -> None:
    # Another user's, or one that is used: it stays.
    with suppress(OSError):
        if folder.lstat().st_uid != os.geteuid():
            return
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            remove(folder)
        finally:
            os.close(descriptor)
