"""The requests of a first wave: each source has some of its own, and what others leave may be used for further pages."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from typing import Any

from services.aws.client.reader import Answer, Reader, incomplete, next_page
from services.i18n import _
from services.incidents.first_wave.patience import PatienceLimit
from services.models.first_wave import Source

MARGIN = 0.3
"""Seconds before a source's time-out at which it stops reading further pages, so that those it has are not lost."""


class RequestBudget:
    """At most `limit` requests for all sources; `reserved` are those of each."""

    def __init__(self, limit: int, reserved: Mapping[Source, int]) -> None:
        self._reserved = dict(reserved)
        self._spare = limit - sum(reserved.values())
        self._running = set(reserved)
        self._waiting = 0
        self._changed = asyncio.Event()

    def own(self, source: Source) -> int:
        return self._reserved.get(source, 0)

    def ended(self, source: Source, requests: int) -> None:
        if source in self._running:
            self._running.discard(source)
            self._spare += max(0, self.own(source) - requests)
            self._announce()

    async def extra(self) -> bool:
        """Take one more request, waiting until others have ended; False if none of them leaves any."""
        self._waiting += 1
        self._announce()
        try:
            while self._spare <= 0:
                if self._waiting >= len(self._running):
                    return False
                await self._changed.wait()
            self._spare -= 1
            return True
        finally:
            self._waiting -= 1
            self._announce()

    def _announce(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()


class SourceReader:
    """The Reader of one source: counts requests and reads no more pages than the budget has."""

    def __init__(self, session: Reader, budget: RequestBudget, source: Source, limit: PatienceLimit) -> None:
        self.limit = limit  # When the source is given up
        self.requests = 0  # Requests sent, pages counted
        self.is_cut = False  # Whether there were further pages, which were not read
        self._session = session
        self._budget = budget
        self._source = source

    async def read(self, service: str, operation: str, /, **params: Any) -> Answer:
        """Make one call, counted. Raises Incomplete if no request is left for it."""
        if not await self._granted():
            text = _("The first wave of an incident has no request left for this.")
            raise incomplete(text, service, operation)
        self.requests += 1
        return await self._session.read(service, operation, **params)

    async def pages(self, service: str, operation: str, /, **params: Any) -> AsyncGenerator[Answer, None]:
        self.requests += 1
        pages = self._session.pages(service, operation, **params)
        async with aclosing(pages):
            page = await anext(pages)
            while True:
                yield page
                _parameter, token = next_page(page)
                if not token:
                    return
                try:
                    async with self.limit.within(MARGIN):
                        if not await self._granted():
                            self.is_cut = True
                            return
                        self.requests += 1
                        page = await anext(pages)
                except TimeoutError:
                    self.is_cut = True
                    return

    async def extra(self) -> bool:
        try:
            async with self.limit.within(MARGIN):
                return await self._budget.extra()
        except TimeoutError:
            return False

    async def _granted(self) -> bool:
        return self.requests < self._budget.own(self._source) or await self._budget.extra()
