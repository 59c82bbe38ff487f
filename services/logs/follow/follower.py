"""Follows one log group: delivers every event once, however late it arrives, and retries after every failure."""

import asyncio
import random
from collections.abc import AsyncGenerator
from contextlib import aclosing
from datetime import UTC, datetime
from typing import Protocol

from services.aws.client.errors import AwsError
from services.background.faults import Fault, fault_problem, from_within, unreported
from services.clock import Clock, Mark, mark
from services.i18n import _
from services.logs.follow.window import OVERLAP, QUIET_OVERLAP, SWEEP, SWEEP_EVERY, FollowWindow
from services.models.logs import LogLine, TailBatch, TailStats
from services.models.problem import Problem, ProblemKind
from services.models.text import clean

__all__ = ["LogFollower", "LogSource", "TailBatch", "TailStats"]

POLL = 5.0
"""Seconds between rounds; FilterLogEvents allows 5 requests a second for the whole account."""
BACKLOG = 200
"""Number of lines to begin with, however quiet the group is."""
SEARCH_BACK = (30, 600, 3_600, 6 * 3_600, 24 * 3_600, 7 * 86_400)
"""Seconds to read back, increased until BACKLOG lines are found; with the first step a busy group's ten minutes are not
read."""
SLOWEST = 60.0
"""Maximum seconds between attempts while reading fails."""


class LogSource(Protocol):
    """`services.aws.logs.events.Logs`."""

    async def page(
        self,
        group: str,
        start_ms: int,
        end_ms: int | None = None,
        pattern: str = "",
        token: str | None = None,
    ) -> tuple[tuple[LogLine, ...], str | None]:
        """One page of events and the next token. Raises AwsError."""
        ...


class LogFollower:
    """One follow loop over one group and filter pattern.

    `start_ms` (epoch milliseconds) is where it begins; without it the loop begins with the newest `backlog` lines,
    however old. `poll` is in seconds of `clock`.
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
        overlap: float = OVERLAP / 1000,
        quiet_overlap: float = QUIET_OVERLAP / 1000,
        sweep: float = SWEEP / 1000,
        sweep_every: float = SWEEP_EVERY / 1000,
        rng: random.Random | None = None,
        fault: Fault = unreported,
    ) -> None:
        self._fault = fault
        self.group = group
        self.pattern = pattern
        self._source = source
        self._clock = clock
        self._start_ms = start_ms
        self._backlog = backlog
        self._poll = poll
        self._spans = {
            "overlap": int(overlap * 1000),
            "quiet_overlap": int(quiet_overlap * 1000),
            "sweep": int(sweep * 1000),
            "sweep_every": int(sweep_every * 1000),
        }
        self._rng = rng or random.Random()
        self._window: FollowWindow | None = None
        self._polls = self._pages = self._lines = self._late = self._failures = 0
        self._lag: float | None = None
        self._complete_from: int | None = None
        self._mark: Mark | None = None

    def __aiter__(self) -> AsyncGenerator[TailBatch, None]:
        return self.batches()

    async def batches(self) -> AsyncGenerator[TailBatch, None]:
        """Yield batches without end: one per page with new lines, and one at the end of every round.

        A failed read is a batch with a problem; the loop retries at increasing intervals and resumes where it stopped.
        AwsError is never raised; an internal error is a problem as well, and is reported to `fault`.
        """
        while True:
            problem: Problem | None = None
            try:
                async with aclosing(self._round()) as round_:
                    async for batch in round_:
                        yield batch
            except AwsError as error:
                problem = self._problem(error.problem)
            except (Exception, asyncio.CancelledError) as error:
                # The boundary: one bad line must not end the tail.
                if not from_within(error):
                    raise
                self._fault(error)
                what = _("An internal error stopped this read.")
                problem = fault_problem(what, error, self._clock.now())
            if problem is None:
                self._failures = 0
                wait = self._poll
            else:
                self._failures += 1
                yield self._batch((), problem=problem)
                # Randomized, so that several consoles do not all retry at the same moment.
                wait = min(SLOWEST, self._poll * 2.0 ** min(self._failures, 10)) * self._rng.uniform(0.8, 1.2)
            await self._clock.sleep(wait)

    async def _round(self) -> AsyncGenerator[TailBatch, None]:
        self._polls += 1
        now = self._now()
        if self._window is None and self._start_ms is None:
            async with aclosing(self._read_newest(now)) as steps:
                async for batch in steps:
                    yield batch
            return
        if self._window is None:
            self._window = self._fresh_window(self._start_ms or 0, now)
            self._complete_from = self._start_ms or 0
        window = self._window
        async with aclosing(self._read(window.begin(now))) as pages:
            async for page in pages:
                lines = window.accept(page, self._now())
                if lines:
                    self._lag = max(0.0, (self._now() - lines[-1].at) / 1000)
                    yield self._batch(lines)
        window.finish(now)
        yield self._batch(())

    async def _read_newest(self, now: int) -> AsyncGenerator[TailBatch, None]:
        """The newest lines to begin with."""
        recent: list[LogLine] = []
        start, end = now, None
        for seconds in SEARCH_BACK:
            if end is not None:
                note = _("{count} lines so far; looking back {hours:g} h…")
                yield self._batch((), note=note.format(count=len(recent), hours=round(seconds / 3600, 1)))
            start = now - seconds * 1000
            async with aclosing(self._read(start, end)) as pages:
                async for page in pages:
                    recent += page
            if len(recent) >= self._backlog:
                break
            end = start - 1
        window = self._fresh_window(start, now)
        lines = window.accept(recent, now)
        window.finish(now)
        self._window = window
        note = "" if lines else _("No lines in the last seven days.")
        cut = max(0, len(lines) - self._backlog)
        # Lines of the same millisecond may be among the omitted ones.
        self._complete_from = lines[cut - 1].at + 1 if cut else start
        yield self._batch(lines[cut:], note=note)

    async def _read(self, start: int, end: int | None = None) -> AsyncGenerator[tuple[LogLine, ...], None]:
        """Read every page; empty pages in between mean that AWS is still searching."""
        token: str | None = None
        while True:
            before = token
            page, token = await self._source.page(self.group, start, end, self.pattern, token)
            self._pages += 1
            yield page
            if not token or token == before:
                return

    def _fresh_window(self, start: int, began: int) -> FollowWindow:
        return FollowWindow(start, began, **self._spans)

    def _batch(
        self, lines: tuple[LogLine, ...], *, problem: Problem | None = None, note: str = ""
    ) -> TailBatch:
        self._lines += len(lines)
        self._late += sum(line.late for line in lines)
        window = self._window
        newest = window.newest if window is not None else None
        stats = TailStats(
            group=self.group,
            polls=self._polls,
            lines=self._lines,
            late=self._late,
            duplicates=window.duplicates if window is not None else 0,
            lag=self._lag,
            pages=self._pages,
            newest=datetime.fromtimestamp(newest / 1000, UTC) if newest is not None else None,
            complete_from=self._complete_from,
            complete_to=window.complete_to if window is not None else None,
        )
        return TailBatch(lines, stats, problem, note)

    def _problem(self, problem: Problem) -> Problem:
        if problem.kind is ProblemKind.INVALID and self.pattern:
            return problem.model_copy(
                update={
                    "summary": _("AWS rejected the filter pattern {pattern}.").format(
                        pattern=clean(self.pattern, 80)
                    ),
                    "remedy": _("Correct it, or leave it empty to show every line."),
                }
            )
        if problem.kind is not ProblemKind.NOT_FOUND:
            return problem
        return problem.model_copy(
            update={
                "summary": _("The log group {group} does not exist.").format(group=clean(self.group)),
                "remedy": _("The console keeps checking for it; check its name if it should exist."),
            }
        )

    def _now(self) -> int:
        """The current time; setting the clock has no effect, because it would make the loop skip or repeat lines."""
        anchor = self._mark = self._mark or mark(self._clock)
        passed = self._clock.elapsed() - anchor.elapsed
        return int(anchor.at.timestamp() * 1000) + round(passed * 1000)
