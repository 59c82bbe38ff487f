"""Creates folders and files that only their owner can read, whatever the umask is."""

import errno
import os
from pathlib import Path

FOLDER, FILE = 0o700, 0o600


def make_folder(path: Path) -> None:
    """Create a folder and its missing parents with mode 0700; existing ones keep their mode. Raises OSError."""
    missing = []
    while not path.exists():
        missing.append(path)
        path = path.parent
    if not path.is_dir():
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(path))
    for folder in reversed(missing):
        try:
            folder.mkdir(FOLDER)
        except FileExistsError:
            # Another console created it at the same time.
            continue
        # mkdir applies the umask, chmod does not.
        folder.chmod(FOLDER)


def new_file(path: Path) -> int:
    """Create a file with mode 0600 and return its descriptor for writing. Raises FileExistsError, OSError."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, FILE)
    try:
        os.fchmod(descriptor, FILE)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor
