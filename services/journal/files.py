"""The journal's file: which files may be used, how a new one is created, who may read it."""

import errno
import os
import sqlite3
import stat
from contextlib import closing, suppress
from pathlib import Path
from urllib.parse import quote
from uuid import uuid4

from services.host.private_files import make_folder, new_file
from services.i18n import _
from services.journal.problems import UnusableJournal
from services.journal.schema import SCHEMA

SHARED = 0o660


def check(path: Path) -> bool:
    """Whether the file exists. Raises UnusableJournal for an unsuitable file, OSError if it cannot be examined."""
    try:
        status = path.lstat()
    except ValueError as error:
        raise UnusableJournal(
            _("The journal's path is not a valid file name."),
            _("Choose another file in the journal setting."),
        ) from error
    except FileNotFoundError:
        if has_wal(path):
            # SQLite would replay the lost file's entries into the new one.
            raise UnusableJournal(
                _("The journal file is missing, but its -wal file is still here."),
                _("Put {path} back, or move {path}-wal aside to begin a new journal."),
            ) from None
        return False
    if stat.S_ISLNK(status.st_mode):
        raise UnusableJournal(
            _("The journal's path is a symbolic link: refused."),
            _("Set the file itself in the journal setting, or remove the link {path}."),
        )
    if not stat.S_ISREG(status.st_mode):
        raise UnusableJournal(
            _("The journal's path is not a file."),
            _("Move {path} away, or choose another file in the journal setting."),
        )
    _check_beside(path)
    if status.st_mode & stat.S_IWOTH:
        raise UnusableJournal(
            _("The journal file is writable by everyone: refused."),
            _("Find out who wrote to it, then run: chmod o-w {path}"),
        )
    if status.st_size == 0:
        raise UnusableJournal(
            _("The journal file is empty, which a journal never is. Its contents are lost."),
            _("Restore it from a backup, or move {path} aside to begin a new journal."),
        )
    return True


def _check_beside(path: Path) -> None:
    """Check the -wal and -shm files: SQLite opens anything with these names, and would block on a pipe forever."""
    for end in ("-wal", "-shm", "-journal"):
        try:
            beside = Path(f"{path}{end}").lstat()
        except FileNotFoundError:
            continue
        if not stat.S_ISREG(beside.st_mode):
            raise UnusableJournal(
                _("The {end} file beside the journal is not a file.", end=end),
                _(
                    "Move {path}-wal and {path}-shm away if they are not files; the console retries automatically."
                ),
            )


def has_wal(path: Path) -> bool:
    wal = Path(f"{path}-wal")
    return wal.exists() and wal.stat().st_size > 0


def which(path: Path) -> tuple[int, int]:
    """The device and inode of the file with this name now; (0, 0): none."""
    try:
        status = os.stat(path)
    except FileNotFoundError:
        return (0, 0)
    return (status.st_dev, status.st_ino)


def create(path: Path, journal: str = "") -> None:
    """Create a journal completely or not at all, unless another console does first; "" gives it an id of its
    own. Raises OSError, sqlite3.Error."""
    try:
        make_folder(path.parent)
    except FileNotFoundError as error:
        # /proc, where no folder can be created, gives the same error, and "no journal" would be misleading.
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(path.parent)) from error
    unfinished = path.with_name(f".{path.name}.{uuid4().hex[:8]}")
    try:
        os.close(new_file(unfinished))
        with closing(sqlite3.connect(unfinished, isolation_level=None)) as db:
            db.execute("PRAGMA journal_mode = WAL")
            db.execute("PRAGMA synchronous = FULL")
            db.executescript(f"BEGIN;{SCHEMA}COMMIT;")
            db.execute("INSERT INTO journal VALUES ('id', ?)", (journal or uuid4().hex,))
        if not journal:
            _share(unfinished)
        with suppress(FileExistsError):
            publish(unfinished, path)
    finally:
        for name in (unfinished, *(Path(f"{unfinished}{end}") for end in ("-wal", "-shm", "-journal"))):
            name.unlink(missing_ok=True)


def _share(file: Path) -> None:
    folder, status = file.parent.stat(), file.stat()
    if folder.st_mode & stat.S_IWGRP and folder.st_gid == status.st_gid:
        file.chmod(SHARED)


def publish(unfinished: Path, path: Path) -> None:
    """Give a finished file its name. Raises FileExistsError instead of replacing another file."""
    try:
        os.link(unfinished, path)
    except FileExistsError:
        raise
    except OSError as error:
        # The file system has no hard links.
        if path.exists():
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path)) from error
        unfinished.rename(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def address(path: Path, options: str) -> str:
    """The file as SQLite's URI, e.g. with `mode=ro`."""
    return f"file:{quote(str(path.absolute()))}?{options}"
