"""Reads AWS in the background: for steps whose outcome is unknown, and for changes whose end is to be seen."""

import asyncio
from collections.abc import Callable
from datetime import datetime

from services.changes.history import ChangeHistory
from services.changes.recovery import ChangeRecovery
from services.changes.watches import Watches
from services.clock import Clock


class Checks:
    def __init__(
        self,
        history: ChangeHistory,
        recovery: ChangeRecovery,
        watches: Watches,
        clock: Clock,
        report: Callable[[BaseException], None],
    ) -> None:
        self._history = history
        self._recovery = recovery
        self._watches = watches
        self._clock = clock
        self._report = report
        self._task: asyncio.Task[None] | None = None

    def start_due(self) -> None:
        due = self._next()
        if not self._is_running and due is not None and due <= self._clock.now():
            self._task = asyncio.create_task(self._check(), name="changes-check")
            self._task.add_done_callback(self._ended)

    @property
    def next_due(self) -> datetime | None:
        """When the next read is due (UTC); None: none is, or they are running."""
        return None if self._is_running else self._next()

    def cancel(self) -> None:
        if self._task is not None:
            self._task.cancel()

    @property
    def _is_running(self) -> bool:
        return self._task is not None and not self._task.done()

    def _next(self) -> datetime | None:
        runs = self._history.runs()
        dues = (self._recovery.next_check(runs), self._watches.next_check(runs))
        return min((due for due in dues if due is not None), default=None)

    async def _check(self) -> None:
        try:
            await self._recovery.check_due(self._history.runs())
            await self._watches.check_due(self._history.runs())
        finally:
            self._history.wakes.wake()

    def _ended(self, task: "asyncio.Task[None]") -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            self._report(error)
