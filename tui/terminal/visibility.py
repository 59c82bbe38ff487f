"""Whether anybody can see the console: a hidden tmux window, or a detached session, needs few frames."""

import asyncio
import os
from collections.abc import Callable, Mapping

from services.host.programs import begin, end, program

_QUESTION = "#{window_active} #{session_attached}"
_TIMEOUT = 2.0
EVERY = 30.0
"""Seconds between two checks; a key or a focus event triggers one sooner."""


def pane(environ: Mapping[str, str] = os.environ) -> str:
    """The tmux pane that the console runs in; "" outside tmux."""
    return environ.get("TMUX_PANE", "") if environ.get("TMUX") else ""


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
    """Checks at intervals, and on request, whether the console can be seen."""

    def __init__(self, pane: str, on_change: Callable[[bool], object]) -> None:
        """`on_change` is called with each new value; the first is assumed to be True."""
        self._pane = pane
        self._on_change = on_change
        self._visible = True
        self._acts = 0
        self._wake = asyncio.Event()

    def check_soon(self) -> None:
        """Check now: something happened that may have changed it."""
        self._wake.set()

    def user_acted(self) -> None:
        """Conclude from a key press that somebody sees the console."""
        self._acts += 1
        self._set(True)

    async def follow(self) -> None:
        """Check until cancelled."""
        while True:
            self._wake.clear()
            acts = self._acts
            visible = await is_visible(self._pane)
            # Events during the query are newer than tmux's answer.
            if acts == self._acts and not self._wake.is_set():
                self._set(visible)
            try:
                async with asyncio.timeout(EVERY):
                    await self._wake.wait()
            except TimeoutError:
                continue

    def _set(self, visible: bool) -> None:
        if visible is not self._visible:
            self._visible = visible
            self._on_change(visible)
