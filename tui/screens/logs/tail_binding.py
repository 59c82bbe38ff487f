"""Connects a log pane with the shared tails."""

import asyncio
from contextlib import aclosing
from datetime import datetime

from services.aws.client.errors import AwsError
from services.background.faults import fault_problem
from services.i18n import _
from services.logs.follow.source import LimitedSource
from services.models.logs import TailBatch
from services.models.problem import Problem
from services.system import Services
from widgets.logs.pane.pane import LogPane

EARLIER_PAGES = 10
"""Pages read at most for a time before the oldest line in the pane."""

MINUTE = 60_000
"""Milliseconds."""


class PaneTail:
    """Feeds one pane with the lines of one log group."""

    def __init__(self, pane: LogPane, services: Services) -> None:
        self.pane = pane
        self.services = services
        self.group = ""
        self.pattern = ""
        self._began = asyncio.Event()
        """Set when the first read of the present group is in the pane."""
        self._missed: Problem | None = None
        """Why the newest lines are missing from the pane; None if they are not."""

    async def follow(self, group: str, pattern: str = "", at: datetime | None = None) -> None:
        """Follow `group` until cancelled, starting at the time `at` if given; lines stay while reading fails."""
        self.group = group
        self.pattern = pattern
        self.pane.clear()
        self._began = asyncio.Event()
        self._missed = None
        self.pane.title = self._title(group)
        self.pane.pattern = pattern
        if at is not None:
            self.pane.go_to(round(at.timestamp() * 1000))
        async with aclosing(self.services.tails.batches(group, pattern)) as batches:
            async for batch in batches:
                try:
                    self._take(batch)
                except Exception as error:  # noqa: BLE001  the boundary: one bad batch must not end the tail
                    self.pane.missing_until = max(
                        [self.pane.missing_until, *(line.at for line in batch.lines)]
                    )
                    self.services.workers.report(error)
                    what = _("An internal error kept some lines from being shown.")
                    self._missed = self.pane.problem = fault_problem(what, error, self.services.clock.now())
                if batch.lines or batch.stats.complete_from is not None:
                    self._began.set()

    def _take(self, batch: TailBatch) -> None:
        if batch.lines:
            self.pane.append(batch.lines)
            self._missed = None
        self.pane.stats = batch.stats
        if self.pane.problem is not None and batch.problem is None:
            # The feeds failed for the same reason; retry them now instead of at their next poll.
            self.services.refresh_feeds()
        self.pane.problem = batch.problem or self._missed

    async def read_earlier(self, at: int) -> None:
        """Read from a minute before `at` (epoch milliseconds) up to the oldest line in the pane, if that is later."""
        start, token = at - MINUTE, None
        # What the loop reads first must be there, or both would bring the same lines.
        await self._began.wait()
        oldest = self.pane.store.oldest or at + 10 * MINUTE
        if oldest <= start:
            return  # they have arrived since the time was asked for
        limiter = self.services.log_limiter
        lane = limiter.open(self.group)
        source = LimitedSource(self.services.logs, limiter, lane)
        try:
            for _page in range(EARLIER_PAGES):
                lines, token = await source.page(self.group, start, oldest - 1, self.pattern, token)
                self.pane.append(lines)
                if token is None:
                    return
        except AwsError as error:
            self.pane.problem = error.problem
        finally:
            limiter.close(lane)

    def _title(self, group: str) -> str:
        title = next((each.title for each in self.services.runbook.log_groups if each.id == group), "")
        return f"{group}  {title}" if title else group
