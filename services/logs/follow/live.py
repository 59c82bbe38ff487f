"""A session of Live Tail beside a follow loop: opened again when it breaks, ended when nobody reads. Live
Tail shows events a second after their arrival, and costs money for every minute. It has no past, bears no
event ids, and above 500 events a second it is a sample; so the follow loop goes on beside it, fills every
gap, and `services.logs.follow.twins` shows each event once. AWS ends a session after three hours."""

import math
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass

from services.aws.client.errors import AwsError
from services.aws.client.meter import UsageMeter
from services.aws.client.prices import USD_PER_LIVE_TAIL_MINUTE
from services.aws.logs.live_tail import LiveTail
from services.clock import Clock
from services.models.logs import LogLine
from services.models.problem import Problem, ProblemKind

IDLE = 900.0  # Seconds without a key after which the session ends by itself
PAUSES = (1.0, 2.0, 5.0, 10.0, 30.0)
"""Seconds before a broken session is opened again; the last one repeats. The follow loop reads meanwhile."""
STEADY = 60.0
"""Seconds for which a session must have been open so that the next one is opened at once again: each that is opened is
charged a minute."""
_HOPELESS = (
    ProblemKind.ACCESS_DENIED,
    ProblemKind.INVALID,
    ProblemKind.LACKING,
    ProblemKind.NOT_FOUND,
    ProblemKind.REFUSED,
)
METER = "logs.StartLiveTail"


@dataclass(frozen=True, slots=True)
class LiveTailState:
    """What a session shows about itself, and the lines that it has just brought."""

    lines: tuple[LogLine, ...] = ()
    open: bool = False  # Whether events arrive at present
    minutes: int = 0  # Minutes that are charged so far
    yen: float = 0.0  # Their price
    sampled: bool = False  # Whether the newest update is a sample
    ended: bool = False  # Whether it has ended by itself, because no key was pressed
    problem: Problem | None = None  # Why it is not open


class LiveSession:
    """Live Tail of one log group; `minutes` and the price go on over reopened sessions."""

    def __init__(
        self,
        live_tail: LiveTail,
        arn: Callable[[], Awaitable[str]],
        pattern: str,
        clock: Clock,
        meter: UsageMeter,
        usd_jpy: float,
    ) -> None:
        """`arn` finds the log group's ARN; it may raise AwsError."""
        self._live_tail = live_tail
        self._arn = arn
        self._pattern = pattern
        self._clock = clock
        self._meter = meter
        self._usd_jpy = usd_jpy
        self._minutes = 0
        self._touched = clock.elapsed()

    def touch(self) -> None:
        self._touched = self._clock.elapsed()

    @property
    def _is_idle(self) -> bool:
        return self._clock.elapsed() - self._touched > IDLE

    async def states(self) -> AsyncGenerator[LiveTailState, None]:
        """Yield the state with every update, about once a second, until it ends by itself; close it to end it."""
        failures = 0
        while True:
            problem: Problem | None = None
            opened: float | None = None
            try:
                async with aclosing(self._session()) as states:
                    async for state in states:
                        opened = self._clock.elapsed() if opened is None else opened
                        yield state
                        if state.ended:
                            return
            except AwsError as error:
                problem = error.problem
            if opened is not None and self._clock.elapsed() - opened >= STEADY:
                failures = 0
            if self._is_idle:
                yield self._state(ended=True)
                return
            yield self._state(problem=problem)
            # AWS ends an open session with errors of its own, after three hours or when it breaks.
            if problem is not None and problem.kind in _HOPELESS and opened is None:
                return
            await self._clock.sleep(PAUSES[min(failures, len(PAUSES) - 1)])
            failures += 1

    async def _session(self) -> AsyncGenerator[LiveTailState, None]:
        arn = await self._arn()
        began: float | None = None
        charged = 0
        async with aclosing(self._live_tail.updates(arn, self._pattern)) as updates:
            async for update in updates:
                now = self._clock.elapsed()
                began = now if began is None else began
                # AWS charges minutes; a minute that has begun is counted whole.
                due = max(1, math.ceil((now - began) / 60.0))
                self._charge(due - charged)
                charged = due
                ended = self._is_idle
                yield self._state(update.lines, open=not ended, sampled=update.sampled, ended=ended)
                if ended:
                    return

    def _charge(self, minutes: int) -> None:
        if minutes:
            self._minutes += minutes
            self._meter.charge(METER, minutes * USD_PER_LIVE_TAIL_MINUTE)

    def _state(
        self,
        lines: tuple[LogLine, ...] = (),
        *,
        open: bool = False,
        sampled: bool = False,
        ended: bool = False,
        problem: Problem | None = None,
    ) -> LiveTailState:
        yen = self._minutes * USD_PER_LIVE_TAIL_MINUTE * self._usd_jpy
        return LiveTailState(lines, open, self._minutes, yen, sampled, ended, problem)
