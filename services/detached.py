"""Tasks of the services that keep nothing of whoever asked for them.

A task, and every timer and connection opened in it, keeps the context it was made in for as long as it exists,
ended or not. A screen's context holds the screen, which would outlive its closing by as much.
"""

import asyncio
from collections.abc import Coroutine
from contextvars import Context
from typing import Any, TypeVar

T = TypeVar("T")


def detached(work: Coroutine[Any, Any, T], *, name: str | None = None) -> "asyncio.Task[T]":
    """Run `work` as a task in an empty context. Keep the task: the loop does not."""
    return asyncio.get_running_loop().create_task(work, name=name, context=Context())
