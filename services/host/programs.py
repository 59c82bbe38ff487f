"""They are looked up in fixed folders that only root can write to, never through PATH."""

import asyncio
import os
import signal
import stat
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

from services.background.detached import detached
from services.host.known_secrets import OWN_VARIABLES

FOLDERS = tuple(
    Path(name)
    for name in (
        "/usr/bin", "/bin", "/usr/local/bin", "/opt/homebrew/bin", "/opt/local/bin", "/run/current-system/sw/bin",
    )
)  # fmt: skip


@cache
def program(name: str) -> str | None:
    return next((str(path) for path in (folder / name for folder in FOLDERS) if _is_trusted(path)), None)


async def begin(*command: str, **streams: Any) -> asyncio.subprocess.Process:
    """Start a program in its own session, where it can neither read the console's keys nor write to its
    screen. It does not get the console's own secrets in its environment. If the caller is cancelled, the
    program is killed as soon as it has started: asyncio would wait for its pipes, which a child process may
    hold open for ever. Before the event loop is closed, await `all_ended`. Raises OSError."""
    environment = {name: value for name, value in os.environ.items() if name not in OWN_VARIABLES}
    beginning = detached(
        asyncio.create_subprocess_exec(*command, start_new_session=True, env=environment, **streams)
    )
    try:
        return await asyncio.shield(beginning)
    except asyncio.CancelledError:
        _abandoned.add(beginning)
        beginning.add_done_callback(_end_started)
        raise


def end(process: asyncio.subprocess.Process) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    # A child process in another session may hold the other ends of the pipes open for ever.
    process._transport.close()  # type: ignore[attr-defined]  # asyncio offers no other way


async def all_ended() -> None:
    loop = asyncio.get_running_loop()
    if beginnings := {each for each in _abandoned if each.get_loop() is loop}:
        await asyncio.wait(beginnings)


_abandoned: set[asyncio.Task[asyncio.subprocess.Process]] = set()
"""Start-up tasks whose caller was cancelled; held here because the event loop keeps only weak references."""


def _end_started(beginning: asyncio.Task[asyncio.subprocess.Process]) -> None:
    _abandoned.discard(beginning)
    if not beginning.cancelled() and beginning.exception() is None:
        end(beginning.result())


def _is_trusted(path: Path) -> bool:
    try:
        file, folder = path.stat(), path.parent.stat()
    except OSError:
        return False
    return stat.S_ISREG(file.st_mode) and os.access(path, os.X_OK) and _is_ours(file) and _is_ours(folder)


def _is_ours(status: os.stat_result) -> bool:
    return status.st_uid in (0, os.geteuid()) and not status.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
