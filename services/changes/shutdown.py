"""The console's shutdown: work in progress gets a few seconds, then its outcome is recorded as it stands."""

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

from services.background.wake import Wakes
from services.clock import Clock

T = TypeVar("T")
LAST_SECONDS = 5.0
"""How long AWS may still take to respond once the console shuts down (real time). Shorter than the console's limit for
`drain`, so that a missing outcome is at least recorded as unknown."""


class Shutdown:
    def __init__(self) -> None:
        self.has_begun = False  # The shutdown has begun: start nothing new
        self._over = False  # The time has expired: work in progress is abandoned
        self._wakes = Wakes()

    def begin(self) -> None:
        if not self.has_begun:
            self.has_begun = True
            self._wakes.wake()
            asyncio.get_running_loop().call_later(LAST_SECONDS, self._give_up)

    def _give_up(self) -> None:
        self._over = True
        self._wakes.wake()

    async def in_time(self, work: Awaitable[T]) -> T:
        """The result of `work`. When the time expires, cancels `work` and raises TimeoutError."""
        task = asyncio.ensure_future(work)
        try:
            with self._wakes.listen() as news:
                task.add_done_callback(lambda _done: news.wake())
                # Work that never waits completes even after the time has expired.
                await asyncio.sleep(0)
                while not (task.done() or self._over):
                    await news.until_woken()
            if not task.done():
                raise TimeoutError
            return task.result()
        finally:
            task.cancel()

    async def pause(self, clock: Clock, seconds: float) -> None:
        """Wait `seconds` on `clock`; ends early when the shutdown begins."""
        if seconds and not self.has_begun:
            with self._wakes.listen() as news:
                await news.wait(clock, seconds)
