"""Modules that are imported by name, once the first frame or the first value is on the screen."""

import asyncio
from importlib import import_module
from pkgutil import resolve_name

from textual.screen import Screen


async def in_thread(*modules: str) -> None:
    """Import `modules` in a thread while the event loop continues."""
    await asyncio.to_thread(lambda: [import_module(name) for name in modules])


def module_of(name: str) -> str:
    """The module of a `module:Class`."""
    return name.partition(":")[0]


def make_screen(name: str) -> Screen[object]:
    """A new screen of the class `module:Class`."""
    screen: Screen[object] = resolve_name(name)()
    return screen


def import_inspections() -> None:
    """Import every inspection; run it in a thread."""
    from services.inspections.registry import import_all

    import_all()
