"""Time, injected: the real clock, the demo's sped-up one, and one that tests move by hand."""

import asyncio
import time
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Where every part of the console gets the time from."""

    def now(self) -> datetime:
        """The present (aware, UTC)."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait for `seconds` of this clock's time."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """The present (aware, UTC)."""
        return datetime.now(UTC)

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await asyncio.sleep(max(0.0, seconds))


class SpedClock:
    """A clock that runs `speed` times as fast from an origin; console and embedded AWS share one.

    `origin` is the world's time at the machine's time `since` (epoch seconds), so two processes that
    are given the same three numbers agree.
    """

    def __init__(self, origin: datetime, since: float, speed: float) -> None:
        self.origin = origin
        self.since = since
        self.speed = speed

    def now(self) -> datetime:
        """The world's present (aware, UTC)."""
        return self.origin + timedelta(seconds=(time.time() - self.since) * self.speed)

    async def sleep(self, seconds: float) -> None:
        """Wait for `seconds` of the world's time."""
        await asyncio.sleep(max(0.0, seconds / self.speed))


class ManualClock:
    """A clock that stands still until it is moved; sleepers wake when their time has come."""

    def __init__(self, start: datetime) -> None:
        self._now = start
        self._sleepers: list[tuple[datetime, asyncio.Future[None]]] = []

    def now(self) -> datetime:
        """The time last set (aware, UTC)."""
        return self._now

    async def sleep(self, seconds: float) -> None:
        """Wait until `advance` has moved past now + `seconds`."""
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._sleepers.append((self._now + timedelta(seconds=seconds), future))
        await future

    @property
    def sleepers(self) -> int:
        """How many are waiting; tests wait on this instead of sleeping."""
        return sum(not future.done() for _, future in self._sleepers)

    def advance(self, seconds: float) -> None:
        """Move on and wake whoever is due."""
        self._now += timedelta(seconds=seconds)
        waiting = []
        for due, future in self._sleepers:
            if future.done():
                continue
            if due <= self._now:
                future.set_result(None)
            else:
                waiting.append((due, future))
        self._sleepers = waiting


def real(clock: Clock, seconds: float) -> timedelta:
    """`seconds` of the people and requests of this machine, in the clock's time: a sped-up world passes more."""
    return timedelta(seconds=seconds * (clock.speed if isinstance(clock, SpedClock) else 1.0))
