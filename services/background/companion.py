import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any


@asynccontextmanager
async def companion(
    work: Coroutine[Any, Any, None], on_end: Callable[[], None], *, name: str | None = None
) -> AsyncIterator["asyncio.Task[None]"]:
    """Run `work` until the end of the block, which cancels it; `on_end` is called if it ends earlier. Its
    error is not raised by itself: the block has to ask the task for its result."""
    task = asyncio.create_task(work, name=name)
    task.add_done_callback(lambda _done: on_end())
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
