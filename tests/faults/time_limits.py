"""Time limits of requests that pass when a test says so, not when a busy machine has used them up."""

import asyncio
from collections.abc import Callable

import pytest

from tests.faults.waiting import until

LIMIT = 1234.5  # The time-out (seconds) of a request whose time passes by `TimeLimits.pass_when`


class TimeLimits:
    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._limits: list[asyncio.Timeout] = []
        timeout = asyncio.timeout

        def noted(delay: float | None) -> asyncio.Timeout:
            limit = timeout(delay)
            if delay == LIMIT:
                self._limits.append(limit)
            return limit

        monkeypatch.setattr(asyncio, "timeout", noted)

    async def pass_when(self, holds: Callable[[], object]) -> None:
        """Wait until a request has begun and `holds()`; then the time of every request that has begun is over."""
        async with asyncio.timeout(60):
            await until(lambda: self._limits and holds())
        for limit in self._limits:
            limit.reschedule(asyncio.get_running_loop().time())
        self._limits.clear()
