"""Shares the account's FilterLogEvents requests between everything that reads logs.

AWS allows 5 requests a second for an account and region, whoever sends them. Requests for new lines wait for a slot;
sweeps for late lines use only what is left, and within a budget of lines and bytes, so that at 5,000 lines a second
each line is read at most 1.5 times. What an incident's first wave asks goes before everything else.

Consoles of one account do not know of each other. Each halves its rate when AWS refuses a request, and adds a little
with every answer (additive increase, multiplicative decrease), whereby their rates become equal.
"""

import asyncio
from collections import deque
from dataclasses import dataclass, field
from weakref import WeakValueDictionary

from services.background.detached import detached
from services.clock import Clock

REQUESTS = 5  # Requests in any WINDOW
WINDOW = 1.05
"""Seconds; slightly more than one, because requests do not arrive in the rhythm in which they were sent."""
PAGE_LINES = 3_200  # Lines of 300 bytes in a page of 1 MB
LINES = 7_250.0  # Lines a second that may be read: 1.45 times 5,000
BYTES = 2_400_000.0  # Bytes a second that may be read; the same for lines of 300 bytes
OVERHEAD = 26  # Bytes that CloudWatch Logs adds to each line
MEASURED = 30.0  # Seconds over which the present load is measured
LEAST_SHARE = 0.004
"""Share of the account's budget that the sweeps of one tail always get, so that they never stand still."""
UNLIMITED = 1_000_000  # Requests in any WINDOW without a limit
_REQUEST = 0.2  # Seconds of the account's budget that one request costs
_LEAST_RATE = 1 / 8  # Part of the allowed rate that is left, however often AWS refuses
_REGAINED = 0.04  # Part of the allowed rate that is regained in each second in which requests are answered


@dataclass(eq=False)
class Lane:
    name: str
    served: float = 0.0  # Virtual time of its next request: the lane with the lowest is served first
    waited: float = 0.0  # Seconds for which its requests have waited so far
    is_urgent: bool = False
    """Whether its requests go before those of the others, and are not slowed down while AWS throttles."""
    rests_until: float = 0.0  # When the next page of a sweep may be read (`clock.elapsed`)
    refusals: deque[float] = field(default_factory=lambda: deque(maxlen=1_000))
    """When AWS refused a request because the account sent too many (`clock.elapsed`)."""

    def refused_since(self, moment: float) -> int:
        while self.refusals and self.refusals[0] < moment:
            self.refusals.popleft()
        return len(self.refusals)


@dataclass(order=True)
class _Waiter:
    can_wait: bool  # False for an urgent request
    begins: float
    number: int  # Requests of the same virtual time go in their order
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
        self._rate = 1.0  # Part of the allowed rate that is used at present
        self._refused_at = -WINDOW
        self.served = 0  # Requests that were let through so far
        self._loads: deque[tuple[float, float]] = deque()
        """(time, share of a second's budget) of what was read for new lines during the last MEASURED seconds."""
        self._load = 0.0
        self._lanes: set[Lane] = set()
        self._virtual = 0.0
        """Virtual time of the last request: a lane that was idle does not catch up at the cost of the others."""

    # Lanes

    def open(self, name: str, *, urgent: bool = False) -> Lane:
        lane = Lane(name, self._virtual, is_urgent=urgent)
        self._lanes.add(lane)
        return lane

    def close(self, lane: Lane) -> None:
        self._lanes.discard(lane)

    # Requests

    async def turn(self, lane: Lane) -> None:
        """Wait until a request for new lines may be sent; lanes that have been served least go first."""
        # The start-time of fair queueing: a lane's second request waits behind the first ones of the others.
        begins = self._virtual if lane.is_urgent else max(lane.served, self._virtual)
        lane.served = begins + 1.0
        if self._pause(urgent=lane.is_urgent) <= 0 and (lane.is_urgent or not self._waiters):
            self._serve(begins)
            return
        self._number += 1
        granted = asyncio.get_running_loop().create_future()
        waiter = _Waiter(not lane.is_urgent, begins, self._number, granted)
        self._waiters.append(waiter)
        since = self._clock.elapsed()
        if lane.is_urgent and self._pump is not None:
            # It may sleep for longer than an urgent request has to wait.
            self._pump.cancel()
            self._pump = None
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

    def sweep_sent(self) -> None:
        self._serve(self._virtual)

    # What was read

    def read(self, lines: int, size: int) -> None:
        """A page with new lines came: `lines` of together `size` characters."""
        now, work = self._clock.elapsed(), work_of(lines, size)
        self._loads.append((now, work))
        self._load += work
        self._regain()

    def swept(self, lane: Lane, lines: int, size: int) -> None:
        now = self._clock.elapsed()
        lane.rests_until = max(now, lane.rests_until) + work_of(lines, size) / self.share(lane)
        self._regain()

    def throttled(self, lane: Lane) -> None:
        """AWS refused a request: others read, too. Everything slows down, and recovers with the answers."""
        now = self._clock.elapsed()
        lane.refusals.append(now)
        # Requests that were sent together are refused together: that is one reason to slow down.
        if now - self._refused_at >= WINDOW and self._requests < UNLIMITED:
            self._rate = max(_LEAST_RATE, self._rate / 2)
            self._refused_at = now

    def _regain(self) -> None:
        # The fewer answers come, the more each counts: the same for every console in a second, whatever its rate.
        self._rate = min(1.0, self._rate + _REGAINED * WINDOW / (self._requests * self._rate))

    @property
    def spare(self) -> float:
        self._expire()
        return max(0.0, 1.0 - self._load / MEASURED) * self._rate

    def share(self, _lane: Lane) -> float:
        """Share of the budget that the sweeps of a lane may use, in seconds of the account's budget a second."""
        return max(LEAST_SHARE, self.spare / max(1, len(self._lanes)))

    def rhythm(self, lane: Lane, least: float, most: float) -> float:
        """Seconds between two rounds with which they take half of what the lane may use, within these bounds."""
        return min(most, max(least, 2 * _REQUEST / self.share(lane)))

    def _expire(self) -> None:
        since = self._clock.elapsed() - MEASURED
        while self._loads and self._loads[0][0] < since:
            self._load -= self._loads.popleft()[1]
        if not self._loads:
            self._load = 0.0

    # Slots

    def _pause(self, spare: int = 0, *, urgent: bool = False) -> float:
        """Seconds until a slot is free, with `spare` further ones."""
        now = self._clock.elapsed()
        index = len(self._sent) - self._requests + spare
        pause = self._sent[index] + WINDOW - now if index >= 0 else 0.0
        if self._rate < 1 and self._sent and not urgent:
            # One by one: bursts of consoles that slow down would meet again and again.
            pause = max(pause, self._sent[-1] + WINDOW / (self._requests * self._rate) - now)
        return pause

    def _serve(self, begins: float) -> None:
        self.served += 1
        self._sent.append(self._clock.elapsed())
        self._virtual = max(begins, self._virtual)

    async def _grant(self) -> None:
        while self._waiters:
            self._waiters.sort()
            pause = self._pause(urgent=not self._waiters[0].can_wait)
            if pause > 0:
                await self._clock.sleep(pause)
                continue
            waiter = self._waiters.pop(0)
            if not waiter.granted.done():
                self._serve(waiter.begins)
                waiter.granted.set_result(None)


_SHARED: "WeakValueDictionary[tuple[str, str, int], LogLimiter]" = WeakValueDictionary()


def limiter_of(account: str, region: str, clock: Clock) -> LogLimiter:
    key = (account, region, id(clock))
    limiter = _SHARED.get(key)
    if limiter is None:
        limiter = _SHARED[key] = LogLimiter(clock)
    return limiter


def work_of(lines: int, size: int) -> float:
    """The share of a second's budget that a page costs, by its lines, its bytes and its request."""
    return max(lines / LINES, (size + OVERHEAD * lines) / BYTES, _REQUEST)
