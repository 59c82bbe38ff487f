"""A reader at a log pane: the app, and what is on its screen."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from textual import on
from textual.app import App, ComposeResult
from textual.pilot import Pilot
from textual.widgets import Input

from services.clock import ManualClock
from services.models.logs import LogLine
from widgets.logs.pane.bar import LogBar, PaneBarFacts
from widgets.logs.pane.pane import LogPane

T0 = 1_764_028_800_000  # 2025-11-25 09:00 JST
NOW = datetime(2025, 11, 25, 0, 15, tzinfo=UTC)


def line(index: int, text: str = "", at: int | None = None, *, late: bool = False) -> LogLine:
    at = T0 + index * 1000 if at is None else at
    return LogLine(f"e{index}", at, at + 500, f"ecs/web/task{index % 2}", text or f"line {index}", late)


class PaneApp(App[None]):
    def __init__(self, **options: object) -> None:
        super().__init__()
        self.clock = ManualClock(NOW)
        self.pane = LogPane(
            now=self.clock.now, elapsed=self.clock.elapsed, zone=ZoneInfo("Asia/Tokyo"), fps=50, **options
        )  # type: ignore[arg-type]  # test helper
        self.messages: list[object] = []
        self.moves: list[object] = []  # Where the reader moved, apart from requests

    def compose(self) -> ComposeResult:
        yield self.pane

    def on_mount(self) -> None:
        self.pane.focus()

    @on(LogPane.PatternChanged)
    @on(LogPane.CopyRequested)
    @on(LogPane.GroupRequested)
    @on(LogPane.LevelRequested)
    @on(LogPane.TimeRequested)
    @on(LogPane.ToolRequested)
    def keep(self, message: object) -> None:
        self.messages.append(message)

    @on(LogPane.Moved)
    @on(LogPane.EarlierRequested)
    def keep_move(self, message: object) -> None:
        self.moves.append(message)


async def until(pilot: Pilot[None], condition: Callable[[], bool]) -> None:
    for _ in range(400):
        await pilot.pause()
        if condition():
            return
        await asyncio.sleep(0.005)
    raise AssertionError("never became true")


def rows(pane: LogPane) -> list[str]:
    """What the lines widget draws, without the time, trailing blanks off."""
    region = pane.lines.size.region
    return [strip.text[16:].rstrip() for strip in pane.lines.render_lines(region)]


def texts(pane: LogPane) -> list[str]:
    return [row for row in rows(pane) if row and "─" not in row]


async def filled(pilot: Pilot[None], count: int = 100) -> LogPane:
    app = pilot.app
    app.pane.append([line(index) for index in range(count)])
    await until(pilot, lambda: app.pane.query_one(LogBar).facts.lines == count)
    return app.pane


@asynccontextmanager
async def log_pane(
    size: tuple[int, int] = (80, 24), **options: object
) -> AsyncIterator[tuple[PaneApp, Pilot[None], LogPane]]:
    app = PaneApp(**options)
    async with app.run_test(size=size) as pilot:
        yield app, pilot, app.pane


@asynccontextmanager
async def filled_pane(
    count: int = 100, size: tuple[int, int] = (80, 24), **options: object
) -> AsyncIterator[tuple[Pilot[None], LogPane]]:
    async with PaneApp(**options).run_test(size=size) as pilot:
        yield pilot, await filled(pilot, count)


def facts(pane: LogPane) -> PaneBarFacts:
    return pane.query_one(LogBar).facts


async def search(pilot: Pilot[None], text: str, *keys: str) -> None:
    await pilot.press("slash")
    pilot.app.query_one(Input).value = text
    await pilot.press(*keys, "enter")
    await pilot.app.workers.wait_for_complete()
    await pilot.pause()


def rule_texts(pane: LogPane) -> list[str]:
    strips = pane.lines.render_lines(pane.lines.size.region)
    return [strip.text.strip("─ ") for strip in strips if strip.text.startswith("──")]
