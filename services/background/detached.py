"""Tasks of the services that do not keep their caller's context alive. A task, and every timer and connection
opened in it, keeps the context it was created in until it is deleted. A screen's context refers to the
screen, so a closed screen would stay in memory until then."""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from contextlib import suppress
from contextvars import Context
from typing import Any, TypeVar

T = TypeVar("T")


def detached(work: Coroutine[Any, Any, T], *, name: str | None = None) -> "asyncio.Task[T]":
    """Run `work` as a task in an empty context. Keep a reference to the task: the event loop holds only a weak one."""
    return asyncio.get_running_loop().create_task(work, name=name, context=Context())


async def in_thread(work: Callable[[], T]) -> T:
    """Run `work` in a thread of its own and return its result; cancelling the caller abandons the thread. For
    work that may never end, such as reading from a file system that hangs: in `asyncio.to_thread` it would
    occupy one of the few pool threads, and the process would wait for it at exit."""
    loop = asyncio.get_running_loop()
    outcome: asyncio.Future[T] = loop.create_future()

    def tell(call: Callable[..., None], value: Any) -> None:
        def deliver() -> None:
            if not outcome.done():
                call(value)

        # The loop may have been closed meanwhile.
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(deliver, context=Context())

    def run() -> None:
        try:
            result = work()
        except BaseException as error:  # noqa: BLE001  raised again in the caller
            tell(outcome.set_exception, error)
        else:
            tell(outcome.set_result, result)

    threading.Thread(target=run, name="may-hang", daemon=True).start()
    return await outcome
