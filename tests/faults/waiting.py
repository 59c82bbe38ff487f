"""Waiting on a state of the code under test, never on a duration."""

import asyncio
from collections.abc import Callable


async def until(holds: Callable[[], object]) -> None:
    """Let the loop turn until `holds()`."""
    while not holds():  # noqa: ASYNC110  what is tested has no event for this
        await asyncio.sleep(0)
