"""What is closed is gone: no screen outlives its closing, whatever it followed, asked or began."""

import asyncio
import gc
import weakref
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.screen import Screen

from tests.conftest import Embedded
from tests.tools.console import console, settled, until
from tests.tools.holders import holders
from tests.tui.screen_visits import (
    OPENERS,
    close_screens,
    every_screen,
    has_read,
    of_modes,
    open_screen,
    things,
)
from tui.modes import MODES

Alive = weakref.WeakSet[Screen[Any]]
_WAITS = ("Event.wait", "Queue.get", "ManualClock.sleep")
"""What the services' loops make anew for each of their turns."""

FEW = 3
"""Tasks that a screen which is still open may have more of by then; each closed one would leave one at least."""


@pytest.fixture
def alive(embedded: Embedded, monkeypatch: pytest.MonkeyPatch) -> Iterator[Alive]:
    """Every screen that exists; what is there before the first one is not looked through again and again."""
    assert embedded
    screens: Alive = weakref.WeakSet()
    make = Screen.__init__

    def made(self: Screen[Any], *arguments: Any, **options: Any) -> None:
        make(self, *arguments, **options)
        screens.add(self)

    monkeypatch.setattr(Screen, "__init__", made)
    gc.collect()
    gc.freeze()
    yield screens
    gc.unfreeze()
    gc.enable()


async def gone(pilot: Pilot[Any], alive: Alive) -> None:
    """Wait until no closed screen is left; says what holds one that is."""

    def left() -> list[Screen[Any]]:
        gc.collect()
        shown = {id(screen) for stack in pilot.app._screen_stacks.values() for screen in stack}
        return [screen for screen in alive if id(screen) not in shown]

    try:
        await until(pilot, lambda: not left())
    except AssertionError:
        screens = left()
        lines = "\n".join(holders(screens[0]))
        raise AssertionError(
            f"{len(screens)} closed screens are alive; {screens[0]} is held by\n{lines}"
        ) from None


def tasks() -> Counter[str]:
    """What runs, by what it does."""
    running = (task.get_coro().__qualname__ for task in asyncio.all_tasks())
    return Counter(each for each in running if each not in _WAITS)


def test_every_screen_has_an_opener() -> None:
    assert every_screen() - of_modes() == {kind for kind in OPENERS if kind.__module__.startswith("tui.")}


@pytest.mark.usefixtures("at_once")
@pytest.mark.scenario("ordinary-day", history=600.0)
async def test_closed_screens_are_gone(embedded: Embedded, alive: Alive) -> None:
    async with console(embedded.url, embedded.clock, notifications=True) as pilot:
        it = await things(pilot)
        pilot.app.clear_notifications()
        await settled(pilot)
        before = tasks()
        for kind, openers in OPENERS.items():
            for opener in openers:
                await open_screen(pilot, kind, opener, it)
                await has_read(pilot)
                await close_screens(pilot)
        await gone(pilot, alive)
        pilot.app.clear_notifications()
        await until(pilot, lambda: all(count <= before[name] + FEW for name, count in tasks().items()))


@pytest.mark.scenario("ordinary-day", history=600.0)
async def test_the_modes_screens_are_gone_once_they_are_built_anew(embedded: Embedded, alive: Alive) -> None:
    # As the launcher does: the first mode's screen is frozen with what else the start made.
    gc.disable()
    async with console(embedded.url, embedded.clock, notifications=True) as pilot:
        app = pilot.app
        for _time in range(2):
            for mode in MODES:
                await pilot.press(mode.key)
                await until(pilot, lambda mode=mode: app.current_mode == mode.id)
            first = app.screen
            app.action_next_language()
            await until(
                pilot, lambda first=first: app.screen is not first and app.current_mode == MODES[-1].id
            )
            del first
            await gone(pilot, alive)
        assert gc.isenabled()
