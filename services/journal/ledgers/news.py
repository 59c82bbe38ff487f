"""Waiting for news: until the poll's seconds are over, or until somebody hints that there may be some."""

import asyncio

from services.clock import Clock


class Hint:
    """Wakes those who wait; a hint that nobody waited for wakes the next one at once."""

    def __init__(self, clock: Clock, poll: float) -> None:
        """`poll`: seconds of the clock after which a wait ends without a hint."""
        self._clock = clock
        self._poll = poll
        self._given = asyncio.Event()

    def give(self) -> None:
        self._given.set()

    async def wait(self) -> None:
        """Until a hint, but no longer than the poll's seconds."""
        sleeping = asyncio.ensure_future(self._clock.sleep(self._poll))
        hinting = asyncio.ensure_future(self._given.wait())
        try:
            await asyncio.wait((sleeping, hinting), return_when=asyncio.FIRST_COMPLETED)
        finally:
            sleeping.cancel()
            hinting.cancel()
        self._given.clear()
