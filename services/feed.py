"""A repeating read: interval, jitter, back-off, the last good value and its age."""

import asyncio
import math
import random
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from services.aws.client.errors import AwsError
from services.background.boundaries import Fault, from_within, unreported
from services.background.detached import detached
from services.background.faults import fault_problem
from services.background.wake import Wake
from services.clock import Clock, Mark, mark, until_tick
from services.i18n import _
from services.models.feeds import FeedState
from services.models.problem import Problem, ProblemKind

T = TypeVar("T")

_SLOW_DOWN = frozenset({ProblemKind.THROTTLED, ProblemKind.UNREACHABLE, ProblemKind.UNAVAILABLE})
"""Problem kinds that retrying at the usual pace makes worse. Others need a person, whose fix must take effect at once."""

LONGEST_BACKOFF = 300.0  # Seconds


class Feed(Generic[T]):
    """Calls `read` repeatedly, one call at a time, and keeps the last good value.

    `interval` is the number of seconds from the end of a read to the start of the next; up to `jitter` times the
    interval is added. With `align`, reads start at whole multiples of `align` seconds (UTC) plus `lag`, so that a
    metric's period has ended when it is read. Failures that a slower pace helps with double the wait, up to
    `backoff_limit`; after any other failure the usual pace continues, so that the feed recovers by itself once
    credentials are renewed.

    No exception of `read` ends the feed: anything but an AwsError is an internal error, which is shown and reported to
    `fault`. Due times are measured by the clock's `elapsed`, so setting the clock does not move them.
    """

    def __init__(
        self,
        name: str,
        read: Callable[[], Awaitable[T]],
        *,
        clock: Clock,
        interval: float,
        jitter: float = 0.1,
        first_delay: float = 0.0,
        align: float | None = None,
        lag: float = 0.0,
        backoff_limit: float | None = None,
        rng: random.Random | None = None,
        fault: Fault = unreported,
    ) -> None:
        self.name = name
        self._fault = fault
        self.error: BaseException | None = None  # Why the newest read failed; None after a success
        self._read = read
        self._clock = clock
        self._interval = interval
        self._jitter = jitter
        self._first_delay = first_delay
        self._align = align
        self._lag = lag
        self._backoff_limit = backoff_limit
        self._rng = rng or random.Random()
        self._state: FeedState[T] = FeedState(interval=interval)
        self._slowed = 0
        self._ended: Mark | None = None
        self._is_reading = False
        self._due = clock.elapsed()  # By the clock's `elapsed`
        self._refresh_requested = False
        self._running = asyncio.Event()
        self._running.set()
        self._wake = Wake()
        self._ahead: asyncio.Task[FeedState[T]] | None = None
        """The read that was started before anybody listened."""

    @property
    def state(self) -> FeedState[T]:
        return self._state

    @property
    def interval(self) -> float:
        """Seconds between reads without failures; may be changed at any time (slower when nobody is looking)."""
        return self._interval

    @interval.setter
    def interval(self, seconds: float) -> None:
        if seconds == self._interval:
            return
        self._interval = seconds
        if self._ended is not None:
            self._due = self._next(self._ended)
        self._wake.wake()

    @property
    def paused(self) -> bool:
        return not self._running.is_set()

    @property
    def idle_for(self) -> float:
        """Seconds since the newest read ended, well or not; 0 during a read, infinite before the first."""
        if self._is_reading:
            return 0.0
        return self._clock.elapsed() - self._ended.elapsed if self._ended is not None else math.inf

    def refresh(self) -> None:
        self._refresh_requested = True
        self._wake.wake()

    def delay(self, seconds: float) -> None:
        """Let the next read be due later, once: so the reads of several feeds are spread over their interval."""
        self._due += seconds
        if self._ended is not None:
            self._state = replace(self._state, next_at=self._next_at(self._ended))

    def pause(self) -> None:
        """Start no read until `resume`; a read in progress completes as usual."""
        self._running.clear()
        self._wake.wake()

    def resume(self) -> None:
        self._running.set()

    def read_ahead(self) -> "asyncio.Task[FeedState[T]]":
        """Read once before anybody listens; the first state that `states` yields is then of this read."""
        assert self._ahead is None, "one read at a time"
        self._ahead = detached(self._polled())
        return self._ahead

    async def _polled(self) -> FeedState[T]:
        await self._poll()
        return self._state

    async def states(self, *, resumes: bool = False) -> AsyncGenerator[FeedState[T], None]:
        """Poll for as long as the caller iterates; yields after every read and when the interval changes.
        Supports one listener at a time: two would read twice. With `resumes`, a listener takes over from an
        earlier one: it gets the present state first, and the next read stays due when it was."""
        ahead, self._ahead = self._ahead, None
        if ahead is not None:
            yield await ahead
        elif resumes and self._ended is not None:
            yield self._state
        else:
            self._due = self._clock.elapsed() + self._first_delay
        while True:
            while not await self._is_due():
                if self._repaced():
                    yield self._state
            await self._poll()
            yield self._state

    async def _is_due(self) -> bool:
        """Wait for the next due time. Returns False if something happened that may have changed it."""
        await self._running.wait()
        seconds = self._due - self._clock.elapsed()
        if seconds <= 0 or self._refresh_requested:
            self._refresh_requested = False
            self._wake.clear()
            return True
        await self._wake.wait(self._clock, seconds)
        return False

    def _repaced(self) -> bool:
        """The state with a changed interval, so that its age is judged by the new one."""
        if self._state.interval == self._interval or self._ended is None:
            return False
        self._state = replace(self._state, interval=self._interval, next_at=self._next_at(self._ended))
        return True

    async def _poll(self) -> None:
        self._is_reading = True
        try:
            value = await self._read()
        except AwsError as error:
            self._failed(error)
        except (Exception, asyncio.CancelledError) as error:
            # The boundary: one bad answer must not blind the console.
            if not from_within(error):
                raise
            self._faulted(error)
        else:
            self._succeeded(value)
        finally:
            self._is_reading = False

    def _succeeded(self, value: T) -> None:
        self.error = None
        self._slowed = 0
        ended, clock = self._end(), self._clock
        self._state = FeedState(
            value=value,
            fetched_at=ended.at,
            next_at=self._next_at(ended),
            interval=self._interval,
            since=lambda: clock.elapsed() - ended.elapsed,
        )

    def _faulted(self, error: BaseException) -> None:
        self._fault(error)
        what = _("An internal error stopped this read.")
        self._unread(error, fault_problem(what, error, self._clock.now()))

    def _failed(self, error: AwsError) -> None:
        self._unread(error, error.problem)

    def _unread(self, error: BaseException, problem: Problem) -> None:
        self.error = error
        self._slowed = self._slowed + 1 if problem.kind in _SLOW_DOWN else 0
        ended = self._end()
        self._state = replace(
            self._state,
            problem=problem,
            next_at=self._next_at(ended),
            interval=self._interval,
            failures=self._state.failures + 1,
        )

    def _end(self) -> Mark:
        self._ended = mark(self._clock)
        self._due = self._ended.elapsed if self._refresh_requested else self._next(self._ended)
        return self._ended

    def _next_at(self, ended: Mark) -> datetime:
        """When the next read is due, relative to the wall clock at the end of the last one."""
        return ended.at + timedelta(seconds=self._due - ended.elapsed)

    def _next(self, ended: Mark) -> float:
        """When the read after one that ended at `ended` starts, by the clock's `elapsed`."""
        wait = self._interval
        if self._slowed > 1:
            limit = self._backoff_limit or min(5 * self._interval, LONGEST_BACKOFF)
            # 2 ** 30 intervals exceed any limit; the bound prevents an overflow after a day of failures.
            wait = max(self._interval, min(limit, self._interval * 2.0 ** min(self._slowed - 1, 30)))
        spread = self._rng.uniform(0.0, self._jitter)
        if self._align is None:
            least, most = wait, wait * (1 + spread)
        else:
            least = self._aligned(ended.at, wait)
            most = least + self._align * spread
        return ended.elapsed + max(least, until_tick(self._clock, most))

    def _aligned(self, ended: datetime, wait: float) -> float:
        """Seconds to the aligned time at or before `ended` + `wait`, or to the next one if that has passed."""
        align = self._align or wait
        before = math.floor((ended.timestamp() + wait - self._lag) / align) * align + self._lag
        if before <= ended.timestamp():
            before += align
        return before - ended.timestamp()
