"""Measured in the logs mode of a real console, beside the same action on a tenth of the lines."""

import asyncio
import gc
import os
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from textual.pilot import Pilot

from services.models.logs import LogLine
from tests.bench.feeds.lines import block
from tests.bench.rows import Row, against
from tests.bench.world import World, running_world
from tests.tools.console import console, until
from tests.tools.loop_load import noted_handles
from tui.__main__ import COLLECTED_AFTER
from tui.screens.logs.logs import LogsScreen
from widgets.logs.form.group_form import FormChoice
from widgets.logs.pane.pane import LogPane
from widgets.logs.reading.ruler import RulerFacts
from widgets.logs.text.search import SearchQuery

GROUP = "reading"
LINES, TIMES = 100_000, 10
FRAME = 100.0  # Milliseconds between two frames of a pane
GROUPS = ("/bench/one", "/bench/two")
"""Two log groups that the embedded AWS does not have: nothing arrives while it is measured."""
START = 1_764_028_800_000
"""Epoch milliseconds of the first line; a line comes every 36 ms, so that 100,000 take an hour."""
STEP = 36
BATCH = 500


class Cost(NamedTuple):
    milliseconds: float
    longest: float
    """Processor milliseconds for which it kept the event loop at a stretch."""


Action = Callable[[Pilot[Any], LogPane], Awaitable[None]]


def run(_quick: bool) -> list[Row]:
    with running_world("ordinary-day") as world, _home():
        small = asyncio.run(_costs(world, LINES // TIMES))
        large = asyncio.run(_costs(world, LINES))
    rows = []
    for name, cost in large.items():
        few = f"{LINES // TIMES:,} lines"
        rows += [
            against(GROUP, f"{name} {LINES:,} lines", cost.milliseconds, "ms", few, small[name].milliseconds),
            against(GROUP, "  longest hold of the event loop", cost.longest, "ms", "a frame", FRAME, "<= 1"),
        ]
    return rows


@contextmanager
def _home() -> Iterator[None]:
    before = dict(os.environ)
    with tempfile.TemporaryDirectory() as folder:
        os.environ["HOME"] = folder
        try:
            yield
        finally:
            os.environ.clear()
            os.environ.update(before)


async def _costs(world: World, count: int) -> dict[str, Cost]:
    journal = Path(os.environ["HOME"]) / f"{count}.db"
    # As `tui.__main__` does: what is there after the start is never traversed again.
    gc.disable()
    gc.set_threshold(*COLLECTED_AFTER)
    async with console(world.url, world.clock, mode="logs", size=(160, 48), journal=journal) as pilot:
        screen = pilot.app.screen
        assert isinstance(screen, LogsScreen)
        await until(pilot, lambda: screen.tails)
        others = list(screen.tails)
        panes = [pane for group in GROUPS if (pane := await screen.add_pane(group)) is not None]
        for other in others:
            await screen.remove_pane(other)
        for number, pane in enumerate(panes):
            for start in range(0, count, BATCH):
                pane.append(_lines(start, START + number))
                await asyncio.sleep(0)
        await until(pilot, lambda: _is_counted(panes[0]))
        return {name: await _cost(pilot, panes[0], action) for name, action in ACTIONS.items()}


def _lines(first: int, start: int) -> list[LogLine]:
    """A batch of lines from the number `first` on: JSON of 300 bytes, 1 % errors; line 0 is of `start`, epoch ms."""
    texts = block(first, BATCH).decode().splitlines()
    ats = [start + STEP * number for number in range(first, first + BATCH)]
    return [LogLine(f"id{at}", at, at, "ecs/app/1", text) for at, text in zip(ats, texts, strict=True)]


async def _cost(pilot: Pilot[Any], pane: LogPane, action: Action) -> Cost:
    await pilot.pause()
    longest = 0.0

    def note(seconds: float) -> None:
        nonlocal longest
        longest = max(longest, seconds)

    with noted_handles(note):
        began = time.perf_counter()
        await action(pilot, pane)
        took = time.perf_counter() - began
    return Cost(took * 1000, longest * 1000)


async def _reached(condition: Callable[[], object]) -> None:
    while not condition():  # noqa: ASYNC110  the console has no event for each state that is measured
        await asyncio.sleep(0.001)


# Actions


def _is_counted(pane: LogPane) -> bool:
    facts = pane.ruler.facts
    return not facts.note and sum(bar.total for bar in facts.bars) == len(pane.store)


async def _histogram(_pilot: Pilot[Any], pane: LogPane) -> None:
    for chunk in pane.store.chunks:
        chunk.memo.clear()
    pane.ruler.facts = RulerFacts()
    pane.ruler.show_range(None)
    await _reached(lambda: _is_counted(pane))


async def _search(_pilot: Pilot[Any], pane: LogPane) -> None:
    pane.search.start(SearchQuery("reservation accepted"))
    await _reached(lambda: not pane.search.running)


async def _regex(_pilot: Pilot[Any], pane: LogPane) -> None:
    pane.search.start(SearchQuery(r"durationMs\W+[5-8]\d\d", regex=True))
    await _reached(lambda: not pane.search.running)
    pane.search.start(None)


async def _filter(_pilot: Pilot[Any], pane: LogPane) -> None:
    pane.filters.add(SearchQuery('"status": 503'), hides=False)
    await _reached(lambda: pane.view.shown.hides)
    narrower = SearchQuery(r"durationMs\W+[5-8]\d\d", regex=True)
    pane.filters.add(narrower, hides=False)
    await _reached(lambda: len(pane.view.shown.filters) == 2)
    pane.filters.remove()
    pane.filters.remove()
    await _reached(lambda: not pane.view.shown.hides)


async def _columns(pilot: Pilot[Any], pane: LogPane) -> None:
    choice = FormChoice(
        group=GROUPS[0], form="", columns=(), chosen=(("status", 0), ("durationMs", 0), ("msg", 60))
    )
    pane.lines.choose_form(choice)
    await pilot.pause()


async def _patterns(_pilot: Pilot[Any], pane: LogPane) -> None:
    await pane.reading.patterns.count(lambda _share: None)


async def _merge(pilot: Pilot[Any], pane: LogPane) -> None:
    screen = pilot.app.screen
    assert isinstance(screen, LogsScreen)
    total = sum(len(each.store) for each in screen.tails)
    screen.action_merge()
    await _reached(lambda: screen.cover is not None and screen.cover.pane.store.end == total)


ACTIONS: dict[str, Action] = {
    "histogram": _histogram,
    "search": _search,
    "regular expression": _regex,
    "filter, another one, and all lines again": _filter,
    "columns": _columns,
    "patterns": _patterns,
    "merge of two panes of": _merge,
}
