"""Whether anybody can see the console: a hidden tmux window, or a session nobody is attached to, needs few frames."""

import asyncio
import os
from collections.abc import Callable, Mapping

from services.host.programs import begin, end, program

_QUESTION = "#{window_active} #{session_attached}"
_PATIENCE = 2.0
EVERY = 30.0
"""Seconds between two looks; a key or the focus says it sooner."""


def pane(environ: Mapping[str, str] = os.environ) -> str:
    """The tmux pane the console runs in, or ""."""
    return environ.get("TMUX_PANE", "") if environ.get("TMUX") else ""


async def is_visible(pane: str) -> bool:
    """Whether tmux shows `pane` to anybody (display-message); True when it does not say."""
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
        async with asyncio.timeout(_PATIENCE):
            said, _nothing = await process.communicate()
    except TimeoutError:
        return True
    finally:
        if process.returncode is None:
            end(process)
    active, _space, attached = said.decode("ascii", "replace").strip().partition(" ")
    return not (active == "0" or attached == "0")


class Attention:
    """Looks now and then, and at once when told to, whether the console is seen."""

    def __init__(self, pane: str, on_change: Callable[[bool], object]) -> None:
        """`on_change` is told whether it is seen, when that changes; at first it is taken to be."""
        self._pane = pane
        self._on_change = on_change
        self._seen = True
        self._acts = 0
        self._wake = asyncio.Event()

    def look(self) -> None:
        """Something happened that may have to do with it."""
        self._wake.set()

    def noticed(self) -> None:
        """Somebody pressed a key: it is seen."""
        self._acts += 1
        self._set(True)

    async def follow(self) -> None:
        """Look until cancelled."""
        while True:
            self._wake.clear()
            acts = self._acts
            seen = await is_visible(self._pane)
            # What happened while tmux was asked is newer than its answer.
            if acts == self._acts and not self._wake.is_set():
                self._set(seen)
            try:
                async with asyncio.timeout(EVERY):
                    await self._wake.wait()
            except TimeoutError:
                continue

    def _set(self, seen: bool) -> None:
        if seen is not self._seen:
            self._seen = seen
            self._on_change(seen)
