"""Modules that are imported by name, once the first frame or the first value is on the screen."""

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from importlib import import_module
from pkgutil import resolve_name
from typing import Protocol

from textual.screen import Screen


async def in_thread(*modules: str) -> None:
    """Import `modules` in a thread while the event loop continues."""
    await asyncio.to_thread(lambda: [import_module(name) for name in modules])


async def ready(*modules: str) -> None:
    """Import those of `modules` in a thread that are not imported yet, or are just being imported by another thread."""
    missing = [name for name in modules if not _is_imported(name)]
    if missing:
        await in_thread(*missing)


async def import_ahead(modules: Iterable[str], pause: Callable[[], Awaitable[object]]) -> None:
    """Import `modules` in a thread, one after the other; `pause` is awaited before each that is missing."""
    for name in modules:
        if not _is_imported(name):
            await pause()
            await ready(name)


def are_imported(*modules: str) -> bool:
    return all(map(_is_imported, modules))


def _is_imported(name: str) -> bool:
    module = sys.modules.get(name)
    # A module is listed from the moment at which its import begins.
    return module is not None and not getattr(module.__spec__, "_initializing", False)


class ClosableServices(Protocol):
    async def close(self) -> None:
        """Close them."""


@asynccontextmanager
async def closed_on_error(opened: ClosableServices) -> AsyncIterator[None]:
    """Close `opened` unless this ends as it should: nobody else knows of it yet."""
    async with AsyncExitStack() as stack:
        stack.push_async_callback(opened.close)
        yield
        stack.pop_all()


def module_of(name: str) -> str:
    return name.partition(":")[0]


def make_screen(name: str) -> Screen[object]:
    screen: Screen[object] = resolve_name(name)()
    return screen


def import_inspections() -> None:
    """Import every inspection; run it in a thread."""
    from services.inspections.registry import import_all

    import_all()
