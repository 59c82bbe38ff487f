"""Limits of time that count only while this process is on time: what AWS has answered meanwhile is not given up."""

import asyncio
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager

TICK = 0.05  # Seconds from one look at the event loop's lateness to the next
NOTED = 0.02  # Seconds of lateness that are usual
MOST = 60.0  # Most seconds of lateness by which limits are moved, in all
SAID = 0.5  # Seconds of lateness from which they are said


class Patience:
    """Measures, while it is entered, how late the event loop is, and moves the limits by that."""

    def __init__(self) -> None:
        self.lag = 0.0  # Seconds by which this process was late, at most MOST
        self.timeouts: set[asyncio.Timeout] = set()  # The limits that are waited for
        self._preparing = 0

    def __enter__(self) -> "Patience":
        self._next()
        return self

    def __exit__(self, *_error: object) -> None:
        self._handle.cancel()

    def limit(self, seconds: float) -> "PatienceLimit":
        return PatienceLimit(self, seconds)

    async def preparing(self, work: Awaitable[object]) -> None:
        """Await what this process needs before it can ask, e.g. in a thread; meanwhile no time is counted."""
        self._preparing += 1
        try:
            await work
        finally:
            self._preparing -= 1

    def _next(self) -> None:
        loop = asyncio.get_running_loop()
        self._handle = loop.call_later(TICK, self._tick, loop.time() + TICK)

    def _tick(self, due: float) -> None:
        late = asyncio.get_running_loop().time() - due + (TICK if self._preparing else 0.0)
        late = min(late, MOST - self.lag) if late > NOTED else 0.0
        self.lag += late
        for timeout in self.timeouts if late else ():
            if not timeout.expired():
                timeout.reschedule((timeout.when() or 0.0) + late)
        self._next()


class PatienceLimit:
    """So many seconds, those in which the process was late not counted."""

    def __init__(self, patience: Patience, seconds: float) -> None:
        self._patience = patience
        # A tick later, so that a tick has always noted the lateness before anything ends.
        self._end = asyncio.get_running_loop().time() + seconds + 2 * TICK
        self._before = patience.lag

    @property
    def lag(self) -> float:
        """Seconds that are not counted so far."""
        return self._patience.lag - self._before

    @asynccontextmanager
    async def within(self, margin: float = 0.0) -> AsyncIterator[None]:
        """End what is awaited inside at the limit, or `margin` seconds before it. Raises TimeoutError."""
        async with asyncio.timeout_at(self._end + self.lag - margin) as timeout:
            self._patience.timeouts.add(timeout)
            try:
                yield
            finally:
                self._patience.timeouts.discard(timeout)
