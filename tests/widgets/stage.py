"""A widget in an app of its own: run it, give it what it draws, press keys; each returns once that is drawn."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, ClassVar

from textual.app import App, ComposeResult
from textual.message import Message
from textual.pilot import Pilot
from textual.widget import Widget


class Stage(App[None]):
    """Shows these widgets, and keeps the messages of these kinds that none of them handles."""

    keeps: ClassVar[tuple[type[Message], ...]] = ()

    def __init__(self, *widgets: Widget) -> None:
        super().__init__()
        self.widgets = widgets
        self.seen: list[Any] = []

    def compose(self) -> ComposeResult:
        yield from self.widgets

    async def _on_message(self, message: Message) -> None:
        if isinstance(message, self.keeps):
            self.seen.append(message)
        await super()._on_message(message)


@asynccontextmanager
async def running(
    app: App[Any], size: tuple[int, int] = (80, 24), *widgets: type[Widget]
) -> AsyncIterator[tuple[Any, ...]]:
    """Yield the app, its pilot and the one widget of each of these kinds."""
    async with app.run_test(size=size) as pilot:
        yield app, pilot, *(app.query_one(each) for each in widgets)


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
