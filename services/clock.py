"""Time, injected: the real clock, the demo's sped-up one, and one that tests move by hand."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

NAP = 5.0
"""Seconds (of the machine) that a wait sleeps at a time: the event loop's timers stand still while the machine is
suspended, so what came due meanwhile is noticed at most this long after it woke up."""


class Clock(Protocol):
    """Where every part of the console gets the time from.

    `now` is the wall clock: it dates things, and anybody may set it. Whatever is measured or waited for goes by
    `elapsed`.
    """

    def now(self) -> datetime:
        """The present (aware, UTC)."""
        ...

    def elapsed(self) -> float:
        """Seconds of this clock's time since some fixed moment: goes on through suspend, and nobody can set it."""
        ...

    def awake(self) -> float:
        """As `elapsed`, but without time in suspend, in which a process does not run either.

        All processes of one boot read the same seconds.
        """
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait for `seconds` of this clock's time."""
        ...


# Linux's CLOCK_MONOTONIC stands still in suspend, and so does Python's `monotonic` on macOS, whose
# CLOCK_MONOTONIC does not.
_UNSETTABLE: int = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


def boot_seconds() -> float:
    """Seconds of the machine since it was started, suspend included."""
    return time.clock_gettime(_UNSETTABLE)


async def _wait(seconds: float, elapsed: Callable[[], float], nap: float) -> None:
    """Wait until `elapsed` has advanced by `seconds`, in naps of the event loop."""
    until = elapsed() + seconds
    await asyncio.sleep(min(max(0.0, seconds), nap))
    while (rest := until - elapsed()) > 0:  # noqa: ASYNC110  no event tells that the machine has woken up
        await asyncio.sleep(min(rest, nap))


class SystemClock:
    """The machine's clock. `boot` is what cannot be set; `nap` as NAP."""

    def __init__(self, *, boot: Callable[[], float] = boot_seconds, nap: float = NAP) -> None:
        self._boot = boot
        self._nap = nap

    def now(self) -> datetime:
        """The present (aware, UTC)."""
        return datetime.now(UTC)

    def elapsed(self) -> float:
        """Seconds since the machine was started."""
        return self._boot()

    def awake(self) -> float:
        """Seconds since the machine was started, without those it was suspended for."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await _wait(seconds, self._boot, self._nap)


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

    def elapsed(self) -> float:
        """Seconds of the world since the machine was started."""
        return boot_seconds() * self.speed

    def awake(self) -> float:
        """Seconds of the world; a world with a later origin is ahead by the difference."""
        return self.origin.timestamp() + time.monotonic() * self.speed

    async def sleep(self, seconds: float) -> None:
        """Wait for `seconds` of the world's time."""
        await _wait(seconds / self.speed, boot_seconds, NAP)


class ManualClock:
    """A clock that stands still until it is moved; sleepers wake when their time has come.

    `advance` is time passing, `step` is somebody setting the wall clock, `suspend` is the machine asleep.
    """

    def __init__(self, start: datetime) -> None:
        self._now = start
        self._elapsed = 1000.0
        self._suspended = 0.0
        self._sleepers: list[tuple[float, asyncio.Future[None]]] = []

    def now(self) -> datetime:
        """The time last set (aware, UTC)."""
        return self._now

    def elapsed(self) -> float:
        """Seconds that have passed, wherever the wall clock was set."""
        return self._elapsed

    def awake(self) -> float:
        """Seconds that were advanced."""
        return self._elapsed - self._suspended

    async def sleep(self, seconds: float) -> None:
        """Wait until `advance` has moved past now + `seconds`."""
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._sleepers.append((self._elapsed + seconds, future))
        await future

    @property
    def sleepers(self) -> int:
        """How many are waiting; tests wait on this instead of sleeping."""
        return sum(not future.done() for _, future in self._sleepers)

    def advance(self, seconds: float) -> None:
        """Move on and wake whoever is due."""
        self._pass(seconds)
        waiting = []
        for due, future in self._sleepers:
            if future.done():
                continue
            # With the resolution of a datetime: who waits for one must not wake just before it.
            if due <= self._elapsed + 1e-6:
                future.set_result(None)
            else:
                waiting.append((due, future))
        self._sleepers = waiting

    def step(self, seconds: float) -> None:
        """Set the wall clock by `seconds`; no time passes."""
        self._now += timedelta(seconds=seconds)

    def suspend(self, seconds: float) -> None:
        """The machine sleeps: time passes, and nobody wakes before the next `advance`."""
        self._pass(seconds)
        self._suspended += seconds

    def _pass(self, seconds: float) -> None:
        self._now += timedelta(seconds=seconds)
        self._elapsed += seconds


@dataclass(frozen=True, slots=True)
class Mark:
    """A moment, by both of a clock's readings."""

    at: datetime
    """UTC."""
    elapsed: float


def mark(clock: Clock) -> Mark:
    """The present moment."""
    return Mark(clock.now(), clock.elapsed())


def passed(clock: Clock, since: Mark) -> float:
    """Seconds of the clock's time since then: the larger of its two readings, so that no setting makes it less."""
    return max((clock.now() - since.at).total_seconds(), clock.elapsed() - since.elapsed)


def real(clock: Clock, seconds: float) -> timedelta:
    """`seconds` of this machine in the clock's time: more in a sped-up world. For people's and requests' time limits."""
    return timedelta(seconds=seconds * (clock.speed if isinstance(clock, SpedClock) else 1.0))
