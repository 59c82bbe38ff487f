"""Where programs of this machine are run from: folders that only root fills, never a PATH that somebody set."""

import os
import stat
from functools import cache
from pathlib import Path

FOLDERS = tuple(
    Path(name)
    for name in (
        "/usr/bin", "/bin", "/usr/local/bin", "/opt/homebrew/bin", "/opt/local/bin", "/run/current-system/sw/bin",
    )
)  # fmt: skip


@cache
def program(name: str) -> str | None:
    """The absolute path of a program, looked for once; None where no folder has one that can be trusted."""
    return next((str(path) for path in (folder / name for folder in FOLDERS) if _is_trusted(path)), None)


def _is_trusted(path: Path) -> bool:
    """A file that can be run, and that nobody but root or this user could have put there or written to."""
    try:
        file, folder = path.stat(), path.parent.stat()
    except OSError:
        return False
    return stat.S_ISREG(file.st_mode) and os.access(path, os.X_OK) and _is_ours(file) and _is_ours(folder)


def _is_ours(found: os.stat_result) -> bool:
    return found.st_uid in (0, os.geteuid()) and not found.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
