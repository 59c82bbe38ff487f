"""Follows one log group: delivers every event once, however late it arrives, and retries after every failure.
Longer than other files because rounds, sweeps and failures share the state of one loop."""

import random
from asyncio import CancelledError
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass
from datetime import UTC, datetime

from services.aws.client.errors import AwsError
from services.background.boundaries import Fault, from_within, unreported
from services.background.faults import fault_problem
from services.background.turns import next_turn
from services.background.wake import Wakes
from services.clock import Clock, Mark, mark, until_tick
from services.i18n import _
from services.logs.follow.limiter import PAGE_LINES, UNLIMITED, LogLimiter
from services.logs.follow.source import LimitedSource, LogSource
from services.logs.follow.sweeps import SweepPlan, SweepRate
from services.logs.follow.window import FollowWindow
from services.models.logs import LogLine, TailBatch, TailStats
from services.models.problem import Problem, ProblemKind
from services.models.text import clean

SLOWEST = 60.0  # Maximum seconds between attempts while reading fails
_THROTTLED = 0.5
"""Seconds that are doubled by each refusal of a throttled round; others begin with the time between rounds."""


def problem_of(problem: Problem, group: str, pattern: str) -> Problem:
    if problem.kind is ProblemKind.INVALID and pattern:
        return problem.model_copy(
            update={
                "summary": _("AWS rejected the filter pattern {pattern}.", pattern=clean(pattern, 80)),
                "remedy": _("Correct it, or leave it empty to show every line."),
            }
        )
    if problem.kind is not ProblemKind.NOT_FOUND:
        return problem
    return problem.model_copy(
        update={
            "summary": _("The log group {group} does not exist.", group=clean(group)),
            "remedy": _("The console keeps checking for it; check its name if it should exist."),
        }
    )


def retry_pause(problem: Problem, failures: int, poll: float, rng: random.Random) -> float:
    """Seconds until the next attempt after so many `failures` in a row. Randomized, so that several consoles
    do not all retry at the same moment."""
    first = _THROTTLED if problem.kind is ProblemKind.THROTTLED else poll
    return min(SLOWEST, first * 2.0 ** min(failures, 10)) * rng.uniform(0.8, 1.2)


SLICE = 500  # Lines that are dealt with at a time: some milliseconds in the window, and as many in a pane


async def slices(lines: tuple[LogLine, ...]) -> AsyncGenerator[tuple[LogLine, ...], None]:
    for first in range(0, len(lines), SLICE):
        await next_turn()
        yield lines[first : first + SLICE]


async def accepted(
    window: FollowWindow, page: tuple[LogLine, ...], now: Callable[[], int]
) -> tuple[LogLine, ...]:
    fresh: list[LogLine] = []
    async for part in slices(page):
        fresh += window.new_of(part)
    return window.deliver(fresh, now())


__all__ = ["LogFollower", "LogSource", "TailBatch", "TailStats"]

POLL = 5.0  # Seconds between rounds; FilterLogEvents allows 5 requests a second for the whole account
BACKLOG = 200  # Number of lines to begin with, however quiet the group is
SEARCH_BACK = (30, 600, 3_600, 6 * 3_600, 24 * 3_600, 7 * 86_400)
"""Seconds to read back, increased until BACKLOG lines are found; with the first step a busy group's ten minutes are not
read."""
_LEAST_PAUSE = 0.25
"""Seconds between two rounds, or two pages of a sweep, even if they take longer than planned."""
UNBOUNDED_EVERY = 12  # One in so many rounds of a busy group reads events that are dated ahead of time, too
_LONGEST_RESUMED = 600_000
"""Milliseconds for which an interrupted round is continued where it stopped; then it is begun anew."""


@dataclass(slots=True)
class _Round:
    """A round in progress; it survives failures, so that a long one gets on."""

    start: int
    began: int
    end: int | None = None
    token: str | None = None


class LogFollower:
    """One follow loop over one group and filter pattern.

    `start_ms` (epoch milliseconds) is where it begins; without it the loop begins with the newest `backlog` lines,
    however old. `poll` is in seconds of `clock`, `quick` the same at least while lines come and the account has requests to
    spare. `limiter` is the account's; without it requests are not limited. A loop whose read failed tries again at once
    when `retries` calls, unless AWS throttles.
    """

    def __init__(
        self,
        source: LogSource,
        group: str,
        *,
        clock: Clock,
        pattern: str = "",
        start_ms: int | None = None,
        backlog: int = BACKLOG,
        poll: float = POLL,
        quick: float = POLL,
        limiter: LogLimiter | None = None,
        retries: Wakes | None = None,
        rng: random.Random | None = None,
        fault: Fault = unreported,
    ) -> None:
        self._fault = fault
        self.group = group
        self.pattern = pattern
        self._limiter = limiter or LogLimiter(clock, requests=UNLIMITED)
        self._lane = self._limiter.open(group)
        self._retries = retries or Wakes()
        self._source = LimitedSource(source, self._limiter, self._lane)
        self._clock = clock
        self._start_ms = start_ms
        self._backlog = backlog
        self._poll = self._pause = poll
        self._quick = min(quick, poll)
        self._rng = rng or random.Random()
        self._window: FollowWindow | None = None
        self._plan: SweepPlan | None = None
        self._rate = SweepRate()
        self._round_in_progress: _Round | None = None
        self._polls = self._pages = self._lines = self._late = self._failures = 0
        self._lag: float | None = None
        self._waited = 0.0
        self._complete_from: int | None = None
        self._mark: Mark | None = None

    async def batches(self) -> AsyncGenerator[TailBatch, None]:
        """Yield batches without end: one per page with new lines, and one at the end of every round. A failed
        read is a batch with a problem; the loop retries at increasing intervals and resumes where it stopped.
        AwsError is never raised; an internal error is a problem as well, and is reported to `fault`."""
        try:
            while True:
                began = self._clock.elapsed()
                problem: Problem | None = None
                try:
                    async with aclosing(self._turn(began)) as turn:
                        async for batch in turn:
                            yield batch
                except AwsError as error:
                    problem = problem_of(error.problem, self.group, self.pattern)
                except (Exception, CancelledError) as error:
                    # The boundary: one bad line must not end the tail.
                    if not from_within(error):
                        raise
                    self._fault(error)
                    problem = fault_problem(
                        _("An internal error stopped this read."), error, self._clock.now()
                    )
                if problem is not None:
                    yield self._batch((), problem=problem)
                    self._failures += 1
                await self._rest(began, problem)
        finally:
            self._limiter.close(self._lane)

    async def _rest(self, began: float, problem: Problem | None) -> None:
        if problem is None:
            left = began + self._pause - self._clock.elapsed()
            await self._clock.sleep(max(_LEAST_PAUSE, until_tick(self._clock, left)))
            return
        pause = retry_pause(problem, self._failures, self._poll, self._rng)
        if problem.kind is ProblemKind.THROTTLED:
            await self._clock.sleep(pause)
            return
        with self._retries.listen() as wake:
            await wake.wait(self._clock, pause)

    async def _turn(self, began: float) -> AsyncGenerator[TailBatch, None]:
        async with aclosing(self._round()) as round_:
            async for batch in round_:
                yield batch
        self._failures = 0
        quick = self._poll if self._lag is None else self._quick  # None: nothing new came
        self._pause = self._limiter.rhythm(self._lane, quick, self._poll)
        async with aclosing(self._sweep(began + self._pause)) as pages:
            async for batch in pages:
                yield batch

    async def _round(self) -> AsyncGenerator[TailBatch, None]:
        self._polls += 1
        now = self._now()
        if self._window is None and self._start_ms is None:
            async with aclosing(self._read_newest(now)) as steps:
                async for batch in steps:
                    yield batch
            return
        if self._window is None:
            self._begin(FollowWindow(self._start_ms or 0, now), now)
            self._complete_from = self._start_ms or 0
        window = self._window
        assert window is not None
        round_ = self._resumed(window, now)
        advanced = False
        async with aclosing(self._read(round_)) as pages:
            async for page in pages:
                newest = window.newest or 0
                lines = await accepted(window, page, self._now)
                if lines:
                    first = window.start if window.finished is None else None
                    self._rate.add(lines, self._now(), first)
                    if lines[-1].at > newest:
                        advanced = True
                        self._lag = max(0.0, (self._now() - lines[-1].at) / 1000)
                    async for part in slices(lines):
                        yield self._batch(part)
        window.finish(round_.began)
        self._round_in_progress = None
        if not advanced:
            self._lag = None
        yield self._batch(())

    def _resumed(self, window: FollowWindow, now: int) -> _Round:
        round_ = self._round_in_progress
        if round_ is not None and now - round_.began <= _LONGEST_RESUMED:
            return round_
        share = self._limiter.share(self._lane)
        overlap = self._plan.overlap(now, self._pause, share) if self._plan else ()
        start = window.begin(*overlap)
        end = None
        # While a busy round is read, more arrives, which the next round would read again.
        if self._rate.per_second(now) * self._pause > PAGE_LINES and self._polls % UNBOUNDED_EVERY:
            end = now + window.ahead
        self._round_in_progress = _Round(start, now, end)
        return self._round_in_progress

    async def _read_newest(self, now: int) -> AsyncGenerator[TailBatch, None]:
        recent: list[LogLine] = []
        start, end = now, None
        for seconds in SEARCH_BACK:
            if end is not None:
                note = _("{count} lines so far; looking back {hours:g} h…")
                yield self._batch((), note=note.format(count=len(recent), hours=round(seconds / 3600, 1)))
            start = now - seconds * 1000
            async with aclosing(self._read(_Round(start, now, end))) as pages:
                async for page in pages:
                    recent += page
            if len(recent) >= self._backlog:
                break
            end = start - 1
        window = FollowWindow(start, now)
        lines = await accepted(window, tuple(recent), lambda: now)
        window.finish(now)
        self._begin(window, now)
        self._rate.add(recent, now, start)
        note = "" if lines else _("No lines in the last seven days.")
        cut = max(0, len(lines) - self._backlog)
        # Lines of the same millisecond may be among the omitted ones.
        self._complete_from = lines[cut - 1].at + 1 if cut else start
        yield self._batch(lines[cut:], note=note)

    def _begin(self, window: FollowWindow, now: int) -> None:
        self._window = window
        self._plan = SweepPlan(window, self._rate, now)

    async def _read(self, round_: _Round) -> AsyncGenerator[tuple[LogLine, ...], None]:
        """Read every page; empty pages in between mean that AWS is still searching."""
        waited = self._lane.waited
        while True:
            before = round_.token
            try:
                page, token = await self._source.page(
                    self.group, round_.start, round_.end, self.pattern, before
                )
            except AwsError as error:
                if before and error.problem.kind is ProblemKind.INVALID:
                    self._round_in_progress = None
                raise
            self._waited = self._lane.waited - waited
            self._pages += 1
            yield page
            if not token or token == before:
                return
            round_.token = token

    async def _sweep(self, due: float) -> AsyncGenerator[TailBatch, None]:
        window, plan = self._window, self._plan
        if window is None or plan is None:
            return
        plan.plan(self._now(), self._limiter.share(self._lane))
        while (sweep := plan.next(self._now())) is not None:
            pause = self._limiter.sweep_pause(self._lane)
            if self._clock.elapsed() + pause >= due - _LEAST_PAUSE:
                return
            if pause > 0:
                await self._clock.sleep(pause)
                continue
            try:
                page, token = await self._source.sweep(
                    self.group, sweep.span.start, sweep.span.end, self.pattern, sweep.token
                )
            except AwsError as error:
                plan.drop(sweep)
                if error.problem.kind is ProblemKind.THROTTLED:
                    # The next round tells whether new lines can be read.
                    return
                raise
            self._pages += 1
            lines = await accepted(window, page, self._now)
            if not token or token == sweep.token:
                plan.finish(sweep)
            sweep.token = token
            async for part in slices(lines):
                yield self._batch(part)

    def _batch(
        self, lines: tuple[LogLine, ...], *, problem: Problem | None = None, note: str = ""
    ) -> TailBatch:
        self._lines += len(lines)
        self._late += sum(line.late for line in lines)
        window, plan, now = self._window, self._plan, self._now()
        newest = window.newest if window is not None else None
        stats = TailStats(
            group=self.group,
            polls=self._polls,
            lines=self._lines,
            late=self._late,
            duplicates=window.duplicates if window is not None else 0,
            lag=self._lag,
            rate=self._rate.per_second(now),
            pages=self._pages,
            throttled=self._lane.refused_since(self._clock.elapsed() - 60.0),
            waiting=self._waited,
            newest=datetime.fromtimestamp(newest / 1000, UTC) if newest is not None else None,
            read_to=window.finished if window is not None else None,
            complete_from=self._complete_from,
            complete_to=plan.complete_to(now) if plan is not None else None,
            lateness=(plan.covered(now) if plan is not None else 0) / 1000,
            incomplete_from=plan.incomplete_from(now) if plan is not None else None,
            late_gap=window.gap if window is not None else None,
        )
        return TailBatch(lines, stats, problem, note)

    def _now(self) -> int:
        """The current time; setting the clock has no effect, because it would make the loop skip or repeat lines."""
        anchor = self._mark = self._mark or mark(self._clock)
        passed = self._clock.elapsed() - anchor.elapsed
        return int(anchor.at.timestamp() * 1000) + round(passed * 1000)
