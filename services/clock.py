"""Injected time: the real clock, the demo's accelerated one, and one that tests advance manually."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

from services.models.full_seconds import until_full, until_last_full

NAP = 5.0
"""Maximum seconds of real time per sleep. Event loop timers stop while the machine is suspended; with short sleeps an
overdue wait ends at most this long after it resumes."""

LEAST_SKEW = 60.0
"""Seconds from which a difference to AWS's clock counts: less may be the time that a response takes."""


class Clock(Protocol):
    """The only source of time in the console. `now` is the wall clock, which dates things and may be set at
    any time. Durations and waits are measured with `elapsed`."""

    def now(self) -> datetime:
        """The current time (aware, UTC)."""
        ...

    def elapsed(self) -> float:
        """Seconds of this clock since a fixed moment; continues during suspend and cannot be set."""
        ...

    def awake(self) -> float:
        """As `elapsed`, but without time in suspend, when no process runs; the same in all processes of one boot."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait for `seconds` of this clock's time."""
        ...


# Linux's CLOCK_MONOTONIC stops during suspend, and so does Python's `monotonic` on macOS, whose
# CLOCK_MONOTONIC does not.
_UNSETTABLE: int = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


def boot_seconds() -> float:
    """Seconds since the machine was booted, including suspend."""
    return time.clock_gettime(_UNSETTABLE)


async def _wait(seconds: float, elapsed: Callable[[], float], nap: float) -> None:
    """Wait until `elapsed` has advanced by `seconds`, in sleeps that all end at the same multiples of `nap` seconds."""
    until = elapsed() + seconds
    await asyncio.sleep(min(max(0.0, seconds), until_full(time.time(), nap)))
    while (rest := until - elapsed()) > 0:  # noqa: ASYNC110  no event tells that the machine has woken up
        await asyncio.sleep(min(rest, until_full(time.time(), nap)))


class SystemClock:
    """The machine's clock. `boot` returns seconds that cannot be set; `nap` is as NAP."""

    def __init__(self, *, boot: Callable[[], float] = boot_seconds, nap: float = NAP) -> None:
        self._boot = boot
        self._nap = nap

    def now(self) -> datetime:
        """The current time (aware, UTC)."""
        return datetime.now(UTC)

    def elapsed(self) -> float:
        """Seconds since the machine was booted."""
        return self._boot()

    def awake(self) -> float:
        """Seconds since the machine was booted, excluding suspend."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        await _wait(seconds, self._boot, self._nap)


class SpedClock:
    """A clock that runs `speed` times as fast; shared by the console and the embedded AWS. The simulated time
    is `origin` at the machine's time `since` (epoch seconds)."""

    def __init__(self, origin: datetime, since: float, speed: float) -> None:
        self.origin = origin
        self.since = since
        self.speed = speed

    def now(self) -> datetime:
        """The current simulated time (aware, UTC)."""
        return self.origin + timedelta(seconds=(time.time() - self.since) * self.speed)

    def elapsed(self) -> float:
        """Simulated seconds since the machine was booted."""
        return boot_seconds() * self.speed

    def awake(self) -> float:
        """Simulated seconds; a clock with a later origin is ahead by the difference."""
        return self.origin.timestamp() + time.monotonic() * self.speed

    async def sleep(self, seconds: float) -> None:
        """Wait for `seconds` of simulated time."""
        await _wait(seconds / self.speed, boot_seconds, NAP)


class AwsClock:
    """AWS's time by another clock, which may be wrong by minutes; below LEAST_SKEW that clock's own. What AWS
    dates is compared with it: how long an alarm has been firing, up to which minute its logs are read."""

    def __init__(self, clock: Clock, skew: Callable[[], float | None]) -> None:
        """`skew`: AWS's time minus that of `clock`, in seconds; None while it is not known."""
        self.by = clock  # The clock that is corrected
        self._skew = skew

    def now(self) -> datetime:
        """AWS's time (aware, UTC)."""
        return self.by.now() + (self.skew or timedelta())

    @property
    def skew(self) -> timedelta | None:
        skew = self._skew()
        return None if skew is None else timedelta(seconds=skew if abs(skew) >= LEAST_SKEW else 0.0)

    def elapsed(self) -> float:
        """As the other clock: durations need no correction."""
        return self.by.elapsed()

    def awake(self) -> float:
        return self.by.awake()

    async def sleep(self, seconds: float) -> None:
        await self.by.sleep(seconds)


def skew_of(clock: Clock) -> timedelta | None:
    """By how much AWS's clock is ahead of this machine's, as far as `clock` corrects it; None while that is not known."""
    return clock.skew if isinstance(clock, AwsClock) else timedelta()


class ManualClock:
    """A clock that only moves when told to; sleepers wake when their time is reached. `advance` lets time
    pass, `step` sets the wall clock, `suspend` simulates a suspended machine."""

    def __init__(self, start: datetime) -> None:
        self._now = start
        self._elapsed = 1000.0
        self._suspended = 0.0
        self._sleepers: list[tuple[float, asyncio.Future[None]]] = []

    def now(self) -> datetime:
        """The time last set (aware, UTC)."""
        return self._now

    def elapsed(self) -> float:
        """Seconds that have passed, regardless of `step`."""
        return self._elapsed

    def awake(self) -> float:
        """Seconds that have passed by `advance`."""
        return self._elapsed - self._suspended

    async def sleep(self, seconds: float) -> None:
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._sleepers.append((self._elapsed + seconds, future))
        await future

    @property
    def sleepers(self) -> int:
        """Number of waiting sleepers; tests wait for it instead of sleeping."""
        return sum(not future.done() for _, future in self._sleepers)

    def advance(self, seconds: float) -> None:
        self._pass(seconds)
        waiting = []
        for due, future in self._sleepers:
            if future.done():
                continue
            # Rounded like a datetime, so that a sleeper waiting for one does not wake just before it.
            if due <= self._elapsed + 1e-6:
                future.set_result(None)
            else:
                waiting.append((due, future))
        self._sleepers = waiting

    def step(self, seconds: float) -> None:
        """Change the wall clock by `seconds`; no time passes."""
        self._now += timedelta(seconds=seconds)

    def suspend(self, seconds: float) -> None:
        """Simulate suspend: time passes, but sleepers wake only at the next `advance`."""
        self._pass(seconds)
        self._suspended += seconds

    def _pass(self, seconds: float) -> None:
        self._now += timedelta(seconds=seconds)
        self._elapsed += seconds


@dataclass(frozen=True, slots=True)
class Mark:
    """A moment, as read from both of a clock's time sources."""

    at: datetime
    """UTC."""
    elapsed: float


def mark(clock: Clock) -> Mark:
    return Mark(clock.now(), clock.elapsed())


def passed(clock: Clock, since: Mark) -> float:
    """Seconds since a moment: the larger of the two readings, so that setting the clock never shortens it."""
    return max((clock.now() - since.at).total_seconds(), clock.elapsed() - since.elapsed)


@dataclass(frozen=True, slots=True)
class Deadline:
    """The latest moment at which something may be done: `seconds` of `clock`'s time after `since`."""

    clock: Clock
    since: Mark
    seconds: float

    @property
    def is_over(self) -> bool:
        return passed(self.clock, self.since) > self.seconds


_LEAST_ROUNDED = 2.0  # Seconds of real time from which on a wait may be shortened by up to a second


def until_tick(clock: Clock, seconds: float) -> float:
    """A wait of `seconds`, shortened so that it ends with the full second at which the console wakes up
    anyway. Waits by a clock that is not the machine's, and short ones, stay as they are."""
    if isinstance(clock, AwsClock):
        return until_tick(clock.by, seconds)
    speed = clock.speed if isinstance(clock, SpedClock) else 1.0
    if not isinstance(clock, SystemClock | SpedClock) or seconds < _LEAST_ROUNDED * speed:
        return seconds
    return until_last_full(time.time(), seconds / speed) * speed


def real(clock: Clock, seconds: float) -> timedelta:
    """`seconds` of real time as a duration of `clock` (longer if sped up), for limits on people and requests."""
    if isinstance(clock, AwsClock):
        return real(clock.by, seconds)
    return timedelta(seconds=seconds * (clock.speed if isinstance(clock, SpedClock) else 1.0))
