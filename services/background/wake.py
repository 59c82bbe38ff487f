import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from services.clock import Clock


class Wake:
    """Interrupts one waiter's wait; a call while nobody waits ends the next wait at once. A loop may simply
    read, then `wait`: a call between the two is not lost, and several calls before the waiter runs again
    count as one. Supports one waiter at a time; for several see `Wakes`."""

    def __init__(self) -> None:
        self._event = asyncio.Event()

    def wake(self) -> None:
        """End the current wait, or else the next one."""
        self._event.set()

    def clear(self) -> None:
        """Discard earlier calls: the caller is about to read everything that they announced."""
        self._event.clear()

    async def until_woken(self) -> None:
        await self._event.wait()
        self._event.clear()

    async def wait(self, clock: Clock, seconds: float | None) -> bool:
        """Wait until `wake` is called or `seconds` of the clock's time have passed; None: until `wake` is
        called. Returns whether `wake` was called. A call during a cancellation counts for the next wait."""
        if seconds is None:
            await self.until_woken()
            return True
        if not self._event.is_set():
            await self._first(clock, seconds)
        woken = self._event.is_set()
        self._event.clear()
        return woken

    async def _first(self, clock: Clock, seconds: float) -> None:
        called = clock.elapsed()

        async def sleep() -> None:
            # The task starts later than it is created; the time in between counts.
            await clock.sleep(seconds - (clock.elapsed() - called))

        waits = (asyncio.ensure_future(sleep()), asyncio.ensure_future(self._event.wait()))
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            # Not awaited: the tasks end in the event loop's next turn, and waiting would only delay the caller.
            for wait in waits:
                wait.cancel()


class Wakes:
    """A `Wake` for each of several waiters, so that no waiter consumes another's call."""

    def __init__(self) -> None:
        self._listening: set[Wake] = set()

    @contextmanager
    def listen(self) -> Iterator[Wake]:
        news = Wake()
        self._listening.add(news)
        try:
            yield news
        finally:
            self._listening.discard(news)

    def wake(self) -> None:
        for news in self._listening:
            news.wake()
