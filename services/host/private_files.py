"""Folders and files that only their owner can read: creates them, whatever the umask is, and reads them."""

import errno
import os
import stat
from pathlib import Path

from services.host import regular_files
from services.host.regular_files import Unsuitable
from services.i18n import _

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


def read_private(path: Path, limit: int) -> str:
    """The text of a file that belongs to this user and that nobody else may read, as ssh asks for its keys.
    Raises Unsuitable for any other file; OSError; UnicodeDecodeError."""
    content = regular_files.read(path, limit)
    status = path.stat()
    if status.st_uid != os.geteuid():
        raise Unsuitable(errno.EPERM, _("belongs to another user"), str(path))
    if stat.S_IMODE(status.st_mode) & 0o077:
        raise Unsuitable(errno.EPERM, _("can be read by others: chmod 600 it"), str(path))
    return content.decode()
