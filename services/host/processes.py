"""Which process of which machine wrote an entry, and whether it has ended. A host's name is no proof:
containers that are built alike have one name, and often the same process ids. A process id means something
only within one boot and one process namespace, so that entries carry these beside it."""

import os
import socket
from functools import cache
from pathlib import Path

from services.models.journal import Entry

PID, SPACE = "pid", "pid_space"
"""Keys of an entry's data: the process id of the console that wrote it, and `pid_space` there."""


@cache
def boot() -> str:
    """Identifies one boot of a machine; "" if unknown."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()
    except (OSError, UnicodeError):
        return ""


@cache
def pid_space() -> str:
    """Identifies one boot and process namespace, within which process ids are unique; "" if unknown."""
    try:
        return f"{boot()} {Path('/proc/self/ns/pid').readlink()}" if boot() else ""
    except OSError:
        return ""


def process_data() -> dict[str, int | str]:
    space = pid_space()
    return {PID: os.getpid(), **({SPACE: space} if space else {})}


def process_of(entry: Entry) -> tuple[str, str, int] | None:
    """(host, process namespace, process id) of the console that wrote the entry; None if it does not say. An
    entry of an earlier version carries no namespace: there the host's name decides."""
    pid, space = entry.data.get(PID), entry.data.get(SPACE)
    if not isinstance(pid, int) or isinstance(pid, bool):
        return None
    return entry.person.host, space if isinstance(space, str) else pid_space(), pid


def is_own(entry: Entry) -> bool:
    """Whether a process with this one's id wrote the entry here: this one, or an ended one that had the same id."""
    process = process_of(entry)
    return process is not None and process[2] == os.getpid() and _is_here(process)


def abandoned(entry: Entry, host: str | None = None) -> bool:
    """Whether the console that wrote the entry is known to have ended: its process is gone from this machine.
    `host` is this machine's name; None asks the machine."""
    process = process_of(entry)
    if process is None or process[2] == os.getpid() or not _is_here(process, host):
        return False
    try:
        os.kill(process[2], 0)
    except ProcessLookupError:
        return True
    except (PermissionError, OverflowError):
        return False
    return False


def _is_here(process: tuple[str, str, int], here: str | None = None) -> bool:
    host, space, _pid = process
    return host == (socket.gethostname() if here is None else here) and space == pid_space()
