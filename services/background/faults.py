"""Internal errors of the console: repeating work reports them, counts them as bugs and continues."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from datetime import datetime
from functools import partial
from typing import TypeVar, cast

from services.background.boundaries import Boundary, Fault, unreported
from services.clock import Clock, real
from services.i18n import _
from services.models.problem import Problem, ProblemKind

T = TypeVar("T")

AGAIN = 5.0  # Seconds of real time after which work that an internal error stopped is restarted


def fault_problem(summary: str, error: BaseException, at: datetime) -> Problem:
    """An internal error as a problem for the screen; `summary` says in one sentence what the error stopped.
    The error's own message appears only in the bug list, which removes secrets."""
    return Problem(
        kind=ProblemKind.FAULT,
        summary=summary,
        remedy=_("The console retries automatically; check by hand until then, and report this error."),
        detail=type(error).__name__,
        at=at,
    )


class Workers:
    def __init__(self, clock: Clock, fault: Fault = unreported) -> None:
        self.fault = fault  # Called with each internal error
        self.problems: dict[str, Problem] = {}
        """By name: work that an internal error has stopped, until it runs again."""
        self._clock = clock

    @property
    def problem(self) -> Problem | None:
        return min(self.problems.values(), key=lambda problem: problem.at, default=None)

    def report(self, error: BaseException) -> None:
        self.fault(error)

    async def follow(
        self, name: str, title: str, states: Callable[[], AsyncIterator[T]], take: Callable[[T], object]
    ) -> None:
        async def once() -> None:
            async with aclosing(cast("AsyncGenerator[T, None]", states())) as news:
                async for state in news:
                    self.problems.pop(name, None)
                    take(state)

        await self.keep(name, title, once)

    async def keep(self, name: str, title: str, work: Callable[[], Awaitable[object]]) -> None:
        """Run `work` until it returns; after an internal error, restart it after a delay. The problem is
        removed when the work returns, or has run for as long as that delay."""
        while True:
            mended = asyncio.get_running_loop().call_later(AGAIN, self.problems.pop, name, None)
            try:
                with Boundary(partial(self._stopped, name, title)):
                    await work()
                    self.problems.pop(name, None)
                    return
            finally:
                mended.cancel()
            await self._clock.sleep(real(self._clock, AGAIN).total_seconds())

    def _stopped(self, name: str, title: str, error: BaseException) -> None:
        self.report(error)
        summary = _("An internal error stopped this: {title}.", title=title)
        self.problems[name] = fault_problem(summary, error, self._clock.now())
