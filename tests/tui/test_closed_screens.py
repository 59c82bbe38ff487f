import asyncio
import gc
import os
import tracemalloc
import weakref
from collections import Counter
from collections.abc import Iterator
from itertools import product
from time import monotonic
from typing import Any

import pytest
from textual._styles_cache import StylesCache
from textual.containers import VerticalScroll
from textual.message import Message
from textual.messages import Prompt
from textual.pilot import Pilot
from textual.screen import Screen
from textual.widget import Widget

from tests.conftest import Embedded
from tests.tools.console import LIMIT, console, press, settled, until
from tests.tools.holders import holders
from tests.tui.screen_visits import (
    OPENERS,
    Opener,
    close_screens,
    every_screen,
    has_read,
    of_modes,
    open_screen,
    things,
)
from tui.modes import MODES
from tui.screens.common.choose import ChooseScreen

_WAITS = ("Event.wait", "Queue.get", "ManualClock.sleep")
"""What the services' loops make anew for each of their turns."""
FEW = 3
"""Tasks that a screen which is still open may have more of by then; each closed one would leave one at least."""
PARTS = 3  # Of the measurement, side by side
OPENINGS, MOST = int(os.environ.get("OPENINGS", "3")), 50_000
"""Of each screen, and bytes that may be left of one; `make openings`: twenty."""
TIMES = 3  # What a screen leaves is left each time; what is read meanwhile comes once


class Made:
    """Every screen and widget that was made, and the lines each has drawn."""

    def __init__(self) -> None:
        self._made: list[tuple[weakref.ref[Widget], weakref.ref[StylesCache]]] = []

    def note(self, widget: Widget) -> None:
        self._made.append((weakref.ref(widget), weakref.ref(widget._styles_cache)))

    def left(self) -> list[object]:
        gc.collect()
        self._made = [each for each in self._made if any(ref() is not None for ref in each)]
        widgets = [widget for ref, _lines in self._made if (widget := ref()) is not None and widget._closing]
        lines = [lines for ref, drawn in self._made if ref() is None and (lines := drawn()) is not None]
        return [*widgets, *lines]


@pytest.fixture
def new_widgets(embedded: Embedded, monkeypatch: pytest.MonkeyPatch) -> Iterator[Made]:
    """Objects created from now on; older ones are not scanned again and again."""
    assert embedded
    noted = Made()
    make = Widget.__init__

    def note(self: Widget, *children: Widget, **options: Any) -> None:
        make(self, *children, **options)
        noted.note(self)

    monkeypatch.setattr(Widget, "__init__", note)
    gc.collect()
    gc.freeze()
    yield noted
    gc.enable()


async def gone(pilot: Pilot[Any], new_widgets: Made) -> None:
    """Wait until nothing closed is left; says what holds it."""
    try:
        await until(pilot, lambda: not new_widgets.left())
    except AssertionError:
        left = new_widgets.left()
        ways = "\n".join(holders(left[0]))
        kinds = dict(Counter(type(each).__name__ for each in left))
        raise AssertionError(f"left of what is closed: {kinds}; {left[0]} is held by\n{ways}") from None


def tasks() -> Counter[str]:
    running = (task.get_coro().__qualname__ for task in asyncio.all_tasks())
    return Counter(each for each in running if each not in _WAITS)


def test_every_screen_has_an_opener():
    assert every_screen() - of_modes() == {kind for kind in OPENERS if kind.__module__.startswith("tui.")}


@pytest.mark.usefixtures("at_once")
@pytest.mark.scenario("ordinary-day", history=600.0)
@pytest.mark.slow
async def test_closed_screens_are_gone(embedded, new_widgets):
    async with console(embedded.url, embedded.clock) as pilot:
        it = await things(pilot)
        await settled(pilot)
        before = tasks()
        for kind, openers in OPENERS.items():
            for opener in openers:
                await open_screen(pilot, kind, opener, it)
                await has_read(pilot)
                await close_screens(pilot)
        await gone(pilot, new_widgets)
        await until(pilot, lambda: all(count <= before[name] + FEW for name, count in tasks().items()))


class Said(Message):
    pass


class Kept(Message, bubble=False):
    pass


@pytest.mark.scenario("ordinary-day", history=600.0)
@pytest.mark.slow
async def test_a_quiet_widgets_message_keeps_no_closed_screen(embedded, new_widgets):
    async with console(embedded.url, embedded.clock) as pilot:
        it = await things(pilot)
        for kind, bar in product((Said, Kept, Prompt), (False, True)):
            shown = VerticalScroll()
            await pilot.app.screen.mount(shown)
            quiet = shown.vertical_scrollbar if bar else shown
            await settled(pilot)
            await open_screen(pilot, ChooseScreen, OPENERS[ChooseScreen][0], it)
            dialog = pilot.app.screen
            await close_screens(pilot)
            # As when an answer changes what the screen below shows. A pilot's pauses would send newer messages.
            with dialog._context():
                quiet.post_message(kind())
            del dialog
            ends = monotonic() + LIMIT
            while new_widgets.left() and monotonic() < ends:  # noqa: ASYNC110  a pilot's pause is what must not be
                await asyncio.sleep(0.01)
            assert not (left := new_widgets.left()), (kind, bar, holders(left[0]))


@pytest.mark.slow
@pytest.mark.scenario("ordinary-day", history=600.0)
async def test_rebuilt_screens_of_modes_are_freed(embedded, new_widgets):
    # As the launcher does: the first mode's screen is frozen with what else the start made.
    gc.disable()
    async with console(embedded.url, embedded.clock) as pilot:
        app = pilot.app
        for _time in range(2):
            for mode in MODES:
                await press(pilot, mode.key, then=lambda mode=mode: app.current_mode == mode.id)
            first = app.screen
            app.action_next_language()
            await until(
                pilot, lambda first=first: app.screen is not first and app.current_mode == MODES[-1].id
            )
            del first
            await gone(pilot, new_widgets)
        assert gc.isenabled()


@pytest.mark.slow
@pytest.mark.usefixtures("at_once")
@pytest.mark.scenario("ordinary-day", history=600.0)
@pytest.mark.parametrize("part", range(PARTS))
async def test_what_an_opening_leaves(embedded, new_widgets, part):
    # From before the start on: what is replaced by its like then weighs nothing.
    tracemalloc.start()
    try:
        async with console(embedded.url, embedded.clock) as pilot:
            it = await things(pilot)

            async def visit(kind: type[Screen[Any]], opener: Opener, times: int) -> int:
                for time in range(times):
                    await open_screen(pilot, kind, opener, it)
                    # Half of them are left before they have read what they show.
                    if time % 2 == 0:
                        await has_read(pilot)
                    await close_screens(pilot)
                await gone(pilot, new_widgets)
                return tracemalloc.get_traced_memory()[0]

            for kind, openers in list(OPENERS.items())[part::PARTS]:
                for opener in openers:
                    # What is made once: its style, its client, the caches of its words.
                    before = await visit(kind, opener, 2)
                    for _time in range(TIMES):
                        after = await visit(kind, opener, OPENINGS)
                        left, before = (after - before) / OPENINGS, after
                        print(f"{kind.__name__}: {left / 1000:.1f} kB an opening")
                        if left < MOST:
                            break
                    else:
                        pytest.fail(f"{kind}: {left / 1000:.1f} kB an opening")
    finally:
        tracemalloc.stop()
