"""The real console under Pilot, on any endpoint: for tests and for pictures."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from textual._xterm_parser import XTermParser
from textual.pilot import Pilot
from textual.screen import Screen

from services.aws.client.secret import Secret
from services.aws.client.settings import AwsSettings
from services.clock import Clock
from services.demo.launch import PREFIX, TOKEN
from services.github.settings import GithubSettings
from services.journal import origin
from services.journal.place import JournalPlace
from services.models.intervals import Intervals
from services.models.journal import Person
from services.models.runbook import Runbook
from services.runbook.loader import load, load_builtin
from services.slack.settings import SlackSettings
from services.system import Services
from tui.app import TobanApp
from tui.config import ConsoleConfig

if TYPE_CHECKING:
    from tests.conftest import Embedded

LIMIT = 60.0  # Seconds that a state may take to come


def app_on(
    url: str,
    clock: Clock,
    *,
    runbook: Runbook | Path | None = None,
    scenario: str = "",
    mode: str = "watch",
    keys: dict[str, str] | None = None,
    intervals: Intervals | None = None,
    theme: str = "dark",
    log_groups: tuple[str, ...] = (),
    further: dict[str, Any] | None = None,
    journal: Path | JournalPlace | None = None,
    read_only: bool = False,
    slack: SlackSettings | None = None,
    person: Person | None = None,
) -> TobanApp:
    """A console that watches `url`, with the GitHub beside it; its services are wired as at a real start.
    `person` acts there, whatever the machine and AWS say; None: as they say. `further` are more fields of
    AwsSettings. `journal` is by default a new file in the test's own home."""
    book = load(runbook) if isinstance(runbook, Path) else runbook or load_builtin("facility-prod")

    async def wired() -> tuple[Services, ConsoleConfig]:
        settings = AwsSettings(region=book.system.region, endpoint_url=url, **(further or {}))
        services = Services(
            book,
            settings,
            clock,
            journal=journal or Path(os.environ["HOME"]) / "journal.db",
            intervals=intervals,
            read_only=read_only,
            seed=1,
            slack=slack,
            github=GithubSettings(Secret(TOKEN), f"{url}{PREFIX}"),
            acts=origin.person if person is None else lambda _identity: person,
        )
        return services, ConsoleConfig(keys=keys or {}, log_groups=log_groups)

    return TobanApp(wired, start_mode=mode, demo=scenario, theme=theme)


@asynccontextmanager
async def console(
    url: str, clock: Clock, *, size: tuple[int, int] = (120, 40), notifications: bool = False, **options: Any
) -> AsyncIterator[Pilot[None]]:
    """Run it until every panel has its first data."""
    app = app_on(url, clock, **options)
    async with app.run_test(size=size, notifications=notifications) as pilot:
        await until(pilot, lambda: _filled(app))
        yield pilot
    # Textual's cache of keys keeps the parser that asked, and by the last key the console.
    XTermParser._parse_extended_key.cache_clear()


def _filled(app: TobanApp) -> bool:
    return all(
        state is not None and (state.value is not None or state.problem) for state in (app.alarms, app.view)
    )


async def until(pilot: Pilot[Any], reached: Callable[[], object], limit: float = LIMIT) -> None:
    """Let the console run until `reached()`; fails with the screen's text when it never is."""
    try:
        async with asyncio.timeout(limit):
            while not reached():
                await pilot.pause(0.01)
    except TimeoutError:
        raise AssertionError(f"never reached; the screen says:\n{screen_text(pilot)}") from None
    await pilot.pause()


async def until_later(
    pilot: Pilot[Any], aws: "Embedded", reached: Callable[[], object], step: float = 5.0
) -> None:
    """Let the world live `step` seconds at a time until `reached()`. Once is not enough: what does not sleep
    yet as the clock is advanced sleeps from then on."""
    async with asyncio.timeout(LIMIT):
        while not reached():
            aws.advance(step)
            for _turn in range(20):
                await pilot.pause(0.01)
                if reached():
                    break
    await pilot.pause()


async def settled(pilot: Pilot[Any]) -> None:
    """Wait until two reads in a row see the same screen."""
    before = ""
    async with asyncio.timeout(LIMIT):
        while (now := screen_text(pilot)) != before or not now.strip():
            before = now
            await pilot.pause(0.3)


def screen_text(pilot: Pilot[Any]) -> str:
    """What a person reads on the screen, row by row."""
    strips = pilot.app.screen._compositor.render_strips()
    return "\n".join("".join(segment.text for segment in strip).rstrip() for strip in strips)


async def expect(
    pilot: Pilot[Any],
    *,
    left: str = "",
    at: str = "",
    shows: str | tuple[str, ...] = (),
    then: Callable[[], object] | None = None,
) -> Any:
    """Wait, in this order, until a screen is gone, one is there and accepts keys, texts are shown, a state is
    reached. Screens are named by their class. A text may be wrapped and framed. Returns the screen."""
    if left:
        assert any(kind.__name__ == left for kind in _kinds(Screen)), f"there is no {left}"
        await until(pilot, lambda: not _is_at(pilot, left))
    if at:
        await until(pilot, lambda: _is_at(pilot, at) and _takes_keys(pilot))
    for text in (shows,) if isinstance(shows, str) else shows:
        await until(pilot, lambda text=text: text in screen_text(pilot) or text in flat_text(pilot))  # type: ignore[misc]
    if then is not None:
        await until(pilot, then)
    return pilot.app.screen


async def press(pilot: Pilot[Any], *keys: str, **expected: Any) -> Any:
    """Press keys and wait for what they lead to, as `expect` says."""
    await pilot.press(*keys)
    return await expect(pilot, **expected)


def _is_at(pilot: Pilot[Any], name: str) -> bool:
    return any(kind.__name__ == name for kind in type(pilot.app.screen).__mro__)


def _kinds(kind: type[Any]) -> Iterator[type[Any]]:
    for subclass in kind.__subclasses__():
        yield subclass
        yield from _kinds(subclass)


def _takes_keys(pilot: Pilot[Any]) -> bool:
    guard = getattr(pilot.app.screen, "guard", None)
    # A test may keep it shut for longer than anything is waited for.
    return pilot.app.screen.is_mounted and (guard is None or guard.is_open or guard.seconds >= LIMIT)


def flat_text(pilot: Pilot[Any]) -> str:
    """The screen's words in one line, however they were wrapped and framed."""
    return " ".join(screen_text(pilot).replace("│", " ").replace("┃", " ").split())
