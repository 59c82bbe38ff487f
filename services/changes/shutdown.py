"""The console's shutdown: what is under way gets a little time, then its outcome is recorded as it stands."""

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

from services.clock import Clock

T = TypeVar("T")
LAST_SECONDS = 5.0
"""How long AWS may still take once the console shuts down (the machine's time). Less than the console gives
`drain`, so that an outcome that is missing by then is at least recorded as unknown."""


class Shutdown:
    """Whether the console is shutting down, and waits that end with it."""

    def __init__(self) -> None:
        self._begun = asyncio.Event()
        self._over = asyncio.Event()

    @property
    def begun(self) -> bool:
        """Whether the shutdown has begun: start nothing new."""
        return self._begun.is_set()

    def begin(self) -> None:
        """Begin the shutdown; repeated calls change nothing."""
        if not self.begun:
            self._begun.set()
            asyncio.get_running_loop().call_later(LAST_SECONDS, self._over.set)

    async def in_time(self, work: Awaitable[T]) -> T:
        """What `work` gives; TimeoutError, and `work` is given up, once an ending console can wait no longer."""
        task = asyncio.ensure_future(work)
        over = asyncio.ensure_future(self._over.wait())
        try:
            await asyncio.wait({task, over}, return_when=asyncio.FIRST_COMPLETED)
            if not task.done():
                raise TimeoutError
            return task.result()
        finally:
            over.cancel()
            task.cancel()

    async def pause(self, clock: Clock, seconds: float) -> None:
        """Wait on `clock`, unless the console ends."""
        if not seconds or self.begun:
            return
        waits = {asyncio.ensure_future(clock.sleep(seconds)), asyncio.ensure_future(self._begun.wait())}
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
