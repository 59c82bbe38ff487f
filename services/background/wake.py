"""Waits that news can cut short: what a loop does between two rounds of its work."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from services.clock import Clock


class Wake:
    """Cuts one waiter's wait short; a call that comes while nobody waits ends the next wait at once.

    The order of a loop does not matter for that: read, then `wait`. What is told between the two is not lost, and
    any number of calls before the waiter runs again count as one. One waiter at a time; for several see `Wakes`.
    """

    def __init__(self) -> None:
        self._event = asyncio.Event()

    def wake(self) -> None:
        """End the wait that is under way, or else the next one."""
        self._event.set()

    def clear(self) -> None:
        """Drop the calls so far: the caller is about to read everything that they could tell of."""
        self._event.clear()

    async def until_woken(self) -> None:
        """Wait until `wake` is called, however long that takes."""
        await self._event.wait()
        self._event.clear()

    async def wait(self, clock: Clock, seconds: float | None) -> bool:
        """Wait until `wake` is called, or until `seconds` of the clock's time have passed since this call.

        Returns whether it was woken. None: only `wake` ends it. A wait that is cancelled leaves what it was woken
        with to the next one.
        """
        if seconds is None:
            await self.until_woken()
            return True
        if not self._event.is_set():
            await self._first(clock, seconds)
        woken = self._event.is_set()
        self._event.clear()
        return woken

    async def _first(self, clock: Clock, seconds: float) -> None:
        """Wait for whichever comes first."""
        called = clock.elapsed()

        async def sleep() -> None:
            # A task begins when the event loop gets to it, and time may have passed by then.
            await clock.sleep(seconds - (clock.elapsed() - called))

        waits = (asyncio.ensure_future(sleep()), asyncio.ensure_future(self._event.wait()))
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            # They are gone at the event loop's next turn; waiting for that would only delay the caller.
            for wait in waits:
                wait.cancel()


class Wakes:
    """A `Wake` for each of several waiters, so that none takes the news from another."""

    def __init__(self) -> None:
        self._listening: set[Wake] = set()

    @contextmanager
    def listen(self) -> Iterator[Wake]:
        """A waiter's own: hears of everything from here to the end of the block."""
        news = Wake()
        self._listening.add(news)
        try:
            yield news
        finally:
            self._listening.discard(news)

    def wake(self) -> None:
        """Wake everybody who listens."""
        for news in self._listening:
            news.wake()
