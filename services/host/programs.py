"""Programs of this machine: where they are run from, how they begin, and that they end.

They are found in folders that only root fills, never by a PATH that somebody set.
"""

import asyncio
import os
import signal
import stat
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

from services.background.detached import detached

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


async def begin(*command: str, **streams: Any) -> asyncio.subprocess.Process:
    """Begin a program in a session of its own, where it can neither read the console's keys nor write on its screen.

    Where nobody waits for its beginning any more it is ended as soon as it has begun: asyncio would wait for its pipes,
    which a child of it may hold open for ever. Whoever ends the loop waits for `settled` first. Raises OSError.
    """
    beginning = detached(asyncio.create_subprocess_exec(*command, start_new_session=True, **streams))
    try:
        return await asyncio.shield(beginning)
    except asyncio.CancelledError:
        _abandoned.add(beginning)
        beginning.add_done_callback(_end_begun)
        raise


def end(process: asyncio.subprocess.Process) -> None:
    """Kill a program of `begin` with all that is in its session, and close its pipes."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    # What it began in another session may hold the other ends of its pipes open for ever.
    process._transport.close()  # type: ignore[attr-defined]  # asyncio offers no other way


async def settled() -> None:
    """Return once the programs whose beginning was given up have begun, and so have been ended."""
    loop = asyncio.get_running_loop()
    if beginnings := {each for each in _abandoned if each.get_loop() is loop}:
        await asyncio.wait(beginnings)


_abandoned: set[asyncio.Task[asyncio.subprocess.Process]] = set()
"""Beginnings that nobody waits for; the loop itself keeps no task."""


def _end_begun(beginning: asyncio.Task[asyncio.subprocess.Process]) -> None:
    _abandoned.discard(beginning)
    if not beginning.cancelled() and beginning.exception() is None:
        end(beginning.result())


def _is_trusted(path: Path) -> bool:
    """A file that can be run, and that nobody but root or this user could have put there or written to."""
    try:
        file, folder = path.stat(), path.parent.stat()
    except OSError:
        return False
    return stat.S_ISREG(file.st_mode) and os.access(path, os.X_OK) and _is_ours(file) and _is_ours(folder)


def _is_ours(status: os.stat_result) -> bool:
    return status.st_uid in (0, os.geteuid()) and not status.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
