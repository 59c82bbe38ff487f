import asyncio
from collections.abc import Callable


async def until(holds: Callable[[], object]) -> None:
    while not holds():  # noqa: ASYNC110  what is tested has no event for this
        await asyncio.sleep(0)
