"""Whether anybody can see the console: a hidden tmux window, or a detached session, needs few frames."""

import asyncio
import os
import stat
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from services.host.programs import begin, end, program

_QUESTION = "#{window_active} #{session_attached}"
_TIMEOUT = 2.0
EVERY = 30.0
"""Seconds between two checks; a key, a focus event, or a client that comes or goes triggers one sooner."""
HIDDEN_EVERY = 5.0
"""The same while another window is shown to somebody: tmux tells nobody when that changes, and each check is a process."""


def pane(environ: Mapping[str, str] = os.environ) -> str:
    """The tmux pane that the console runs in; "" outside tmux."""
    return environ.get("TMUX_PANE", "") if environ.get("TMUX") else ""


def socket_of(environ: Mapping[str, str] = os.environ) -> Path | None:
    """The socket of tmux's server; None outside tmux. The server makes it executable while a client shows any
    session, and else not (tmux, server_update_socket)."""
    # Its number and the session's follow; the path may have commas of its own.
    path = environ.get("TMUX", "").rsplit(",", 2)[0]
    return Path(path) if path else None


def has_clients(socket: Path | None) -> bool:
    """Whether tmux shows any of its sessions to somebody; False where that is unknown."""
    try:
        return socket is not None and bool(socket.stat().st_mode & stat.S_IXUSR)
    except OSError:
        return False


async def is_visible(pane: str) -> bool:
    """Whether tmux shows `pane` to anybody (display-message); True where it does not answer."""
    tmux = program("tmux")
    if tmux is None:
        return True
    try:
        process = await begin(
            tmux, "display-message", "-p", "-t", pane, _QUESTION,
            stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
    except OSError:
        return True
    try:
        async with asyncio.timeout(_TIMEOUT):
            output, _errors = await process.communicate()
    except TimeoutError:
        return True
    finally:
        if process.returncode is None:
            end(process)
    active, _space, attached = output.decode("ascii", "replace").strip().partition(" ")
    return not (active == "0" or attached == "0")


class Visibility:
    def __init__(self, pane: str, on_change: Callable[[bool], object], socket: Path | None = None) -> None:
        """`on_change` is called with each new value; the first is assumed to be True. `socket`: of tmux's server."""
        self._pane = pane
        self._socket = socket
        self._on_change = on_change
        self._visible = True
        self._acts = 0
        self._wake = asyncio.Event()

    def check_soon(self) -> None:
        self._wake.set()

    def user_acted(self) -> None:
        self._acts += 1
        self._set(True)

    async def follow(self) -> None:
        with self._reported():
            while True:
                self._wake.clear()
                acts = self._acts
                visible = await is_visible(self._pane)
                # Events during the query are newer than tmux's answer.
                if acts == self._acts and not self._wake.is_set():
                    self._set(visible)
                with suppress(TimeoutError):
                    async with asyncio.timeout(self._pause()):
                        await self._wake.wait()

    def _pause(self) -> float:
        """Seconds until the next check, if nothing triggers one."""
        return EVERY if self._visible or not has_clients(self._socket) else HIDDEN_EVERY

    @contextmanager
    def _reported(self) -> Iterator[None]:
        from services.host.file_events import FileEvents

        socket = self._socket
        events = FileEvents.of(socket.parent, [socket.name]) if socket is not None else None
        if events is None:
            yield
            return
        loop = asyncio.get_running_loop()

        def changed() -> None:
            concerns, goes_on = events.read()
            if concerns:
                self.check_soon()
            if not goes_on:
                loop.remove_reader(events.descriptor)

        loop.add_reader(events.descriptor, changed)
        try:
            yield
        finally:
            loop.remove_reader(events.descriptor)
            events.close()

    def _set(self, visible: bool) -> None:
        if visible is not self._visible:
            self._visible = visible
            self._on_change(visible)
