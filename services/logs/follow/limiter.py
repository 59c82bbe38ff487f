"""Shares the account's FilterLogEvents requests between everything that reads logs.

AWS allows 5 requests a second for an account and region, whoever sends them. Requests for new lines wait for a slot;
sweeps for late lines use only what is left, and within a budget of lines and bytes, so that at 5,000 lines a second
each line is read at most 1.5 times.
"""

import asyncio
from collections import deque
from dataclasses import dataclass, field
from weakref import WeakValueDictionary

from services.background.detached import detached
from services.clock import Clock

REQUESTS = 5
"""Requests in any WINDOW."""
WINDOW = 1.05
"""Seconds; slightly more than one, because requests do not arrive in the rhythm in which they were sent."""
PAGE_LINES = 3_200
"""Lines of 300 bytes in a page of 1 MB."""
LINES = 7_250.0
"""Lines a second that may be read: 1.45 times 5,000."""
BYTES = 2_400_000.0
"""Bytes a second that may be read; the same for lines of 300 bytes."""
OVERHEAD = 26
"""Bytes that CloudWatch Logs adds to each line."""
MEASURED = 30.0
"""Seconds over which the present load is measured."""
LEAST_SHARE = 0.004
"""Share of the account's budget that the sweeps of one tail always get, so that they never stand still."""
UNLIMITED = 1_000_000
"""Requests in any WINDOW without a limit."""
_REQUEST = 0.2
"""Seconds of the account's budget that one request costs."""
_SLOWEST = 8.0
"""How many times slower than allowed the limiter becomes while AWS throttles."""


@dataclass(eq=False)
class Lane:
    """What one tail, or one search, has used of the account's budget."""

    name: str
    served: float = 0.0
    """Virtual time of its next request: the lane with the lowest is served first."""
    waited: float = 0.0
    """Seconds for which its requests have waited so far."""
    rests_until: float = 0.0
    """When the next page of a sweep may be read (`clock.elapsed`)."""
    refusals: deque[float] = field(default_factory=lambda: deque(maxlen=1_000))
    """When AWS refused a request because the account sent too many (`clock.elapsed`)."""

    def refused_since(self, moment: float) -> int:
        """How many requests were refused since then."""
        while self.refusals and self.refusals[0] < moment:
            self.refusals.popleft()
        return len(self.refusals)


@dataclass(order=True)
class _Waiter:
    served: float
    number: int
    """Requests of the same virtual time go in their order."""
    lane: Lane = field(compare=False)
    granted: "asyncio.Future[None]" = field(compare=False)


class LogLimiter:
    """One account's and region's budget; times in seconds of `clock`."""

    def __init__(self, clock: Clock, *, requests: int | None = None) -> None:
        self._clock = clock
        self._requests = requests or REQUESTS
        self._sent: deque[float] = deque(maxlen=self._requests)
        self._waiters: list[_Waiter] = []
        self._pump: asyncio.Task[None] | None = None
        self._number = 0
        self._slowness = 1.0
        self._loads: deque[tuple[float, float]] = deque()
        """(time, share of a second's budget) of what was read for new lines during the last MEASURED seconds."""
        self._load = 0.0
        self._lanes: set[Lane] = set()
        self._virtual = 0.0
        """Virtual time of the last request: a lane that was idle does not catch up at the cost of the others."""

    # Lanes

    def open(self, name: str) -> Lane:
        """A lane for one tail; `close` it."""
        lane = Lane(name, self._virtual)
        self._lanes.add(lane)
        return lane

    def close(self, lane: Lane) -> None:
        """The lane is no longer used."""
        self._lanes.discard(lane)

    # Requests

    async def turn(self, lane: Lane) -> None:
        """Wait until a request for new lines may be sent; lanes that have been served least go first."""
        lane.served = max(lane.served, self._virtual)
        if not self._waiters and self._pause() <= 0:
            self._serve(lane)
            return
        self._number += 1
        waiter = _Waiter(lane.served, self._number, lane, asyncio.get_running_loop().create_future())
        self._waiters.append(waiter)
        since = self._clock.elapsed()
        if self._pump is None or self._pump.done():
            self._pump = detached(self._grant(), name="log limiter")
        try:
            await waiter.granted
        finally:
            lane.waited += self._clock.elapsed() - since
            if waiter in self._waiters:
                self._waiters.remove(waiter)

    def sweep_pause(self, lane: Lane) -> float:
        """Seconds until the lane may read a page of a sweep; 0: now. `sweep_sent` must follow at once."""
        if self._waiters:
            return WINDOW
        # One slot always stays free for new lines.
        return max(lane.rests_until - self._clock.elapsed(), self._pause(spare=1), 0.0)

    def sweep_sent(self, lane: Lane) -> None:
        """A request of a sweep is sent now."""
        self._serve(lane)

    # What was read

    def read(self, lines: int, size: int) -> None:
        """A page with new lines came: `lines` of together `size` characters."""
        now, work = self._clock.elapsed(), work_of(lines, size)
        self._loads.append((now, work))
        self._load += work
        self._slowness = max(1.0, self._slowness * 0.97)

    def swept(self, lane: Lane, lines: int, size: int) -> None:
        """A page of a sweep came; the lane rests as long as its share demands."""
        now = self._clock.elapsed()
        lane.rests_until = max(now, lane.rests_until) + work_of(lines, size) / self.share(lane)
        self._slowness = max(1.0, self._slowness * 0.97)

    def throttled(self, lane: Lane) -> None:
        """AWS refused a request: others read, too. Everything slows down, and recovers page by page."""
        lane.refusals.append(self._clock.elapsed())
        self._slowness = min(_SLOWEST, self._slowness * 2)

    @property
    def spare(self) -> float:
        """Share (0 to 1) of the budget that new lines leave."""
        self._expire()
        return max(0.0, 1.0 - self._load / MEASURED) / self._slowness

    def share(self, _lane: Lane) -> float:
        """Share of the budget that the sweeps of a lane may use, in seconds of the account's budget a second."""
        return max(LEAST_SHARE, self.spare / max(1, len(self._lanes)))

    def _expire(self) -> None:
        since = self._clock.elapsed() - MEASURED
        while self._loads and self._loads[0][0] < since:
            self._load -= self._loads.popleft()[1]
        if not self._loads:
            self._load = 0.0

    # Slots

    def _pause(self, spare: int = 0) -> float:
        """Seconds until a slot is free, with `spare` further ones."""
        window = WINDOW * self._slowness
        index = len(self._sent) - self._requests + spare
        return self._sent[index] + window - self._clock.elapsed() if index >= 0 else 0.0

    def _serve(self, lane: Lane) -> None:
        self._sent.append(self._clock.elapsed())
        self._virtual = max(lane.served, self._virtual)
        lane.served = self._virtual + 1.0

    async def _grant(self) -> None:
        while self._waiters:
            pause = self._pause()
            if pause > 0:
                await self._clock.sleep(pause)
                continue
            self._waiters.sort()
            waiter = self._waiters.pop(0)
            if not waiter.granted.done():
                self._serve(waiter.lane)
                waiter.granted.set_result(None)


_SHARED: "WeakValueDictionary[tuple[str, str, int], LogLimiter]" = WeakValueDictionary()


def limiter_of(account: str, region: str, clock: Clock) -> LogLimiter:
    """The limiter of an account and region, shared by all systems of this console that are in it."""
    key = (account, region, id(clock))
    limiter = _SHARED.get(key)
    if limiter is None:
        limiter = _SHARED[key] = LogLimiter(clock)
    return limiter


def work_of(lines: int, size: int) -> float:
    """The share of a second's budget that a page costs, by its lines, its bytes and its request."""
    return max(lines / LINES, (size + OVERHEAD * lines) / BYTES, _REQUEST)
