"""A widget in an app of its own: run it, give it what it draws, press keys; each returns once that is drawn."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from textual.app import App
from textual.pilot import Pilot

Shown = TypeVar("Shown", bound=App[Any])


@asynccontextmanager
async def running(app: Shown, size: tuple[int, int] = (80, 24)) -> AsyncIterator[tuple[Shown, Pilot[Any]]]:
    async with app.run_test(size=size) as pilot:
        yield app, pilot


async def press(pilot: Pilot[Any], *keys: str) -> None:
    await pilot.press(*keys)
    await at_rest(pilot)


async def draw(pilot: Pilot[Any], widget: Any, **fields: Any) -> None:
    for name, value in fields.items():
        setattr(widget, name, value)
    await at_rest(pilot)


async def at_rest(pilot: Pilot[Any]) -> None:
    # The second lets what the first frame has laid out be drawn.
    await pilot.pause()
    await pilot.pause()
