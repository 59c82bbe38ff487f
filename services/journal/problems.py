import errno
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from services.i18n import _
from services.models.journal import JournalHealth
from services.models.problem import Problem, ProblemKind

FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
FORBIDDEN = {errno.EACCES, errno.EPERM}
_DAMAGE = {
    sqlite3.SQLITE_CORRUPT,
    sqlite3.SQLITE_NOTADB,
    sqlite3.SQLITE_FORMAT,
    sqlite3.SQLITE_MISMATCH,
    sqlite3.SQLITE_CONSTRAINT,
    sqlite3.SQLITE_TOOBIG,
    # The statements fit every journal, so a table or a column is missing.
    sqlite3.SQLITE_ERROR,
}
"""SQLite's error codes for contents that no console has written."""


class UnusableJournal(Exception):
    """The file must not be used as it is; the message is in the screen's language."""

    def __init__(self, summary: str, remedy: str, *, damage: bool = False) -> None:
        super().__init__(summary)
        self.summary = summary
        self.remedy = remedy
        self.damage = damage
        """The contents are broken or were altered, so nothing more may be written to the file."""


def stale_copy(why: str) -> str:
    return _("The shared journal could not be read; this host's copy may lack newer entries: {why}", why=why)


def staleness(health: JournalHealth) -> str:
    """Why what a console reads now may lack newer entries; "" if it does not."""
    return stale_copy(health.problem.message_once) if health.queues and health.problem else ""


def problem_of(error: Exception, path: object, at: datetime) -> Problem:
    match error:
        case sqlite3.Error() if _is_input_output(error) and not has_room(path):
            # SQLite cannot tell why it could not grow the -wal or -shm file.
            summary, remedy = _full()
            detail = str(error)
        case UnusableJournal():
            summary, remedy, detail = error.summary, error.remedy, ""
        case sqlite3.Error():
            summary, remedy = _of_sqlite(error)
            detail = str(error)
        case OSError():
            summary, remedy = _of_system(error)
            detail = error.strerror or str(error)
        case _:
            summary, remedy, detail = _unknown(str(error))
    return Problem(
        kind=ProblemKind.OTHER,
        summary=summary,
        remedy=remedy.replace("{path}", str(path)),
        detail=detail,
        at=at,
    )


def has_room(path: object) -> bool:
    try:
        state = os.statvfs(os.path.dirname(os.path.abspath(str(path))))
    except OSError:
        return True
    return state.f_bavail > 0


def _is_input_output(error: sqlite3.Error) -> bool:
    return getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_IOERR


def is_damage(error: BaseException) -> bool:
    """Whether the file's contents are broken, so that nothing more may be written to it."""
    if isinstance(error, UnusableJournal):
        return error.damage
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    return isinstance(error, sqlite3.Error) and code in _DAMAGE


def newer() -> UnusableJournal:
    return UnusableJournal(
        _("The journal was written by a newer version of this console."),
        _("Start that version, or choose another file in the journal setting; {path} stays as it is."),
    )


def closed() -> UnusableJournal:
    return UnusableJournal(
        _("The journal is closed: this console is shutting down."), _("Restart the console.")
    )


def file_is_gone() -> UnusableJournal:
    return UnusableJournal(
        _("The journal file was moved or deleted while it was open."),
        _("Put {path} back, or restart the console to begin a new journal."),
    )


def another() -> UnusableJournal:
    return UnusableJournal(
        _("The journal file was replaced by another one."),
        _("Put the first one back at {path}, or restart the console to use the new one."),
    )


def damaged() -> UnusableJournal:
    return UnusableJournal(
        _("The journal file is damaged; nothing more is written to it."),
        _("Keep {path} with its -wal file for recovery, move both aside, and restart."),
        damage=True,
    )


def too_large() -> UnusableJournal:
    return UnusableJournal(
        _("The journal contains entries larger than a console writes; nothing more is written to it."),
        _("Keep {path} with its -wal file for recovery, move both aside, and restart."),
        damage=True,
    )


def no_memory() -> UnusableJournal:
    return UnusableJournal(
        _("There is not enough memory to use the journal."),
        _("Stop what uses up this machine's memory; the console retries {path} automatically."),
    )


@contextmanager
def readable_contents() -> Iterator[None]:
    """Report contents that Python cannot represent as damage: names that are not UTF-8, numbers out of range."""
    try:
        yield
    except MemoryError as error:
        raise no_memory() from error
    except (ValueError, ArithmeticError, LookupError, SystemError) as error:
        raise damaged() from error


def _of_sqlite(error: sqlite3.Error) -> tuple[str, str]:
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
    match code:
        case sqlite3.SQLITE_FULL:
            return _full()
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return (
                _("The journal is locked by another process."),
                _("Check which process has {path} open (fuser), and end it if it hangs."),
            )
        case sqlite3.SQLITE_READONLY | sqlite3.SQLITE_CANTOPEN | sqlite3.SQLITE_PERM:
            return _forbidden()
        case sqlite3.SQLITE_TOOBIG:
            return too_large().summary, too_large().remedy
        case _ if code in _DAMAGE:
            return damaged().summary, damaged().remedy
        case sqlite3.SQLITE_IOERR:
            return (
                _("The disk failed while the journal was in use."),
                _("Check that the disk of {path} has free space, is mounted and is healthy."),
            )
        case _:
            return _unknown(str(error))[:2]


def _of_system(error: OSError) -> tuple[str, str]:
    if error.errno in FULL:
        return _full()
    if error.errno in FORBIDDEN:
        return _forbidden()
    if error.errno == errno.EROFS:
        return (
            _("The journal's disk is read-only."),
            _("Mount it read-write, or choose another file in the journal setting."),
        )
    if error.errno == errno.ENOENT:
        return (
            _("There is no journal here."),
            _("Check that {path} is the right file; `toban` creates it when it starts."),
        )
    if error.errno in (errno.ENOTDIR, errno.EEXIST):
        return (
            _("The journal's folder could not be created."),
            _("Check what blocks {path}, or choose another file in the journal setting."),
        )
    return _unknown(error.strerror or str(error))[:2]


def _full() -> tuple[str, str]:
    return (
        _("The disk is full: the journal cannot be written."),
        _("Free up space on the disk of {path}; the console retries automatically."),
    )


def _forbidden() -> tuple[str, str]:
    return (
        _("The journal cannot be written by this user."),
        _(
            "Grant this user write access to {path}, the -wal and -shm files beside it and their folder "
            "(chmod 2770 on a folder that a group shares), or choose another file in the journal setting."
        ),
    )


def _unknown(reason: str) -> tuple[str, str, str]:
    return (
        _("The journal cannot be used: {reason}.", reason=reason),
        _("Check the disk and the file {path}."),
        reason,
    )
