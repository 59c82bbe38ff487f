"""The console's shutdown: what is under way gets a little time, then its outcome is recorded as it stands."""

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

from services.background.wake import Wakes
from services.clock import Clock

T = TypeVar("T")
LAST_SECONDS = 5.0
"""How long AWS may still take once the console shuts down (the machine's time). Less than the console gives
`drain`, so that an outcome that is missing by then is at least recorded as unknown."""


class Shutdown:
    """Whether the console is shutting down, and waits that end with it."""

    def __init__(self) -> None:
        self.has_begun = False
        """Whether the shutdown has begun: start nothing new."""
        self._over = False
        """Whether the time is up: what is still under way is given up."""
        self._wakes = Wakes()

    def begin(self) -> None:
        """Begin the shutdown; repeated calls change nothing."""
        if not self.has_begun:
            self.has_begun = True
            self._wakes.wake()
            asyncio.get_running_loop().call_later(LAST_SECONDS, self._give_up)

    def _give_up(self) -> None:
        self._over = True
        self._wakes.wake()

    async def in_time(self, work: Awaitable[T]) -> T:
        """The result of `work`. Raises TimeoutError, and cancels `work`, once an ending console can wait no longer."""
        task = asyncio.ensure_future(work)
        try:
            with self._wakes.listen() as news:
                task.add_done_callback(lambda _done: news.wake())
                # Work that does not have to wait is done even after the time is up.
                await asyncio.sleep(0)
                while not (task.done() or self._over):
                    await news.until_woken()
            if not task.done():
                raise TimeoutError
            return task.result()
        finally:
            task.cancel()

    async def pause(self, clock: Clock, seconds: float) -> None:
        """Wait on `clock`, unless the console ends."""
        if seconds and not self.has_begun:
            with self._wakes.listen() as news:
                await news.wait(clock, seconds)
