"""Internal errors of the console: repeating work survives them, reports them, and counts them as bugs of ours."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from datetime import datetime
from typing import TypeVar, cast

from services.clock import Clock, real
from services.i18n import _
from services.models.problem import Problem, ProblemKind

T = TypeVar("T")
Fault = Callable[[BaseException], object]
"""Called with an internal error; raises nothing."""

AGAIN = 5.0
"""Seconds (of the machine) after which work that an internal error stopped is started again."""


def unreported(_error: BaseException) -> None:
    """Reports to nobody: for what runs without a console."""


def from_within(error: BaseException) -> bool:
    """Whether `error` comes from the work of this task itself; so does a cancellation that was not requested of it."""
    if not isinstance(error, asyncio.CancelledError):
        return isinstance(error, Exception)
    task = asyncio.current_task()
    return task is not None and not task.cancelling()


def fault_problem(summary: str, error: BaseException, at: datetime) -> Problem:
    """A fault as a problem on the screen; `summary` says what it stopped, in one sentence.

    The error's own message is left to the list of bugs, which knows which secrets to hide.
    """
    return Problem(
        kind=ProblemKind.FAULT,
        summary=summary,
        remedy=_("The console retries automatically; check by hand until then, and report this error."),
        detail=type(error).__name__,
        at=at,
    )


class Workers:
    """The console's own repeating work: an internal error is reported, shown until the work runs again, and survived."""

    def __init__(self, clock: Clock, fault: Fault = unreported) -> None:
        self.fault = fault
        """Called with each internal error."""
        self.problems: dict[str, Problem] = {}
        """By name: work that an internal error has stopped, until it runs again."""
        self._clock = clock

    @property
    def problem(self) -> Problem | None:
        """The problem of the work that has been stopped longest; None while everything runs."""
        return min(self.problems.values(), key=lambda problem: problem.at, default=None)

    def report(self, error: BaseException) -> None:
        """Report an internal error."""
        self.fault(error)

    async def follow(
        self, name: str, title: str, states: Callable[[], AsyncIterator[T]], take: Callable[[T], object]
    ) -> None:
        """Give every state to `take`, for as long as `states` gives any; `title` names the work to people."""

        async def once() -> None:
            async with aclosing(cast("AsyncGenerator[T, None]", states())) as news:
                async for state in news:
                    self.problems.pop(name, None)
                    take(state)

        await self.keep(name, title, once)

    async def keep(self, name: str, title: str, work: Callable[[], Awaitable[object]]) -> None:
        """Do `work` until it ends by itself; after an internal error it is started again with a delay.

        The problem is dropped when the work ends, or has run for as long as that delay.
        """
        while True:
            mended = asyncio.get_running_loop().call_later(AGAIN, self.problems.pop, name, None)
            try:
                await work()
            except (Exception, asyncio.CancelledError) as error:
                if not from_within(error):
                    raise
                self._stopped(name, title, error)
            else:
                self.problems.pop(name, None)
                return
            finally:
                mended.cancel()
            await self._clock.sleep(real(self._clock, AGAIN).total_seconds())

    def _stopped(self, name: str, title: str, error: BaseException) -> None:
        self.report(error)
        summary = _("An internal error stopped this: {title}.").format(title=title)
        self.problems[name] = fault_problem(summary, error, self._clock.now())
