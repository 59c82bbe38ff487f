import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import TextArea

from services.aws.client.settings import AwsSettings
from services.runbook.loader import load_builtin
from services.system import Services
from tests.conftest import Embedded
from tests.tools.console import console, until
from tests.tui.typed import KEYS, at_rest, type_in
from tui.app import TobanApp
from tui.config import ConsoleConfig
from tui.modes import MODES
from tui.runtime import ordered_app
from tui.runtime.type_ahead import PATIENCE
from tui.screens.common.first_frame import ShellScreen
from tui.screens.journal.note import NoteScreen

pytestmark = pytest.mark.scenario("ordinary-day", history=600.0)

SCREENS = {
    "?": "HelpScreen", KEYS["ctrl+p"]: "ConsolePalette", ":": "ConsolePalette", KEYS["f8"]: "NoteScreen",
    KEYS["f6"]: "OutboxScreen", KEYS["f9"]: "ArmScreen",
}  # fmt: skip
"""What the keys of the whole console open."""


class Imports:
    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.come = asyncio.Event()
        self.waited_for: list[tuple[str, ...]] = []
        monkeypatch.setattr(ordered_app, "are_imported", lambda *_modules: self.come.is_set())
        monkeypatch.setattr(ordered_app, "ready", self._ready)

    async def _ready(self, *modules: str) -> None:
        self.waited_for.append(modules)
        await self.come.wait()


async def turns(count: int) -> None:
    for _turn in range(count):
        await asyncio.sleep(0)


@asynccontextmanager
async def importing(
    embedded: Embedded, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[tuple[Pilot[Any], Imports]]:
    async with console(embedded.url, embedded.clock) as pilot:
        await until(pilot, lambda: pilot.app.has_imported_all)
        yield pilot, Imports(monkeypatch)


@pytest.mark.parametrize("key", SCREENS)
async def test_a_key_opens_its_screen_once_the_modules_are_there(embedded, monkeypatch, key):
    async with importing(embedded, monkeypatch) as (pilot, imports):
        type_in(pilot.app, key)
        await until(pilot, lambda: imports.waited_for)
        assert len(pilot.app.screen_stack) == 1
        imports.come.set()
        await until(pilot, lambda: type(pilot.app.screen).__name__ == SCREENS[key])


@pytest.mark.slow
async def test_what_is_typed_meanwhile_goes_to_the_screen_that_opens_however_long_it_takes(
    embedded, monkeypatch
):
    monkeypatch.setattr("tui.runtime.type_ahead._PAUSE", 0.0)
    async with importing(embedded, monkeypatch) as (pilot, imports):
        watch = pilot.app.screen
        type_in(pilot.app, KEYS["f8"], "quiet,", " zoom? all 3 ok")
        await until(pilot, lambda: imports.waited_for)
        await turns(10 * PATIENCE)
        assert pilot.app.screen is watch
        assert not watch.maximized
        imports.come.set()
        await at_rest(pilot)
        assert isinstance(pilot.app.screen, NoteScreen)
        assert pilot.app.screen.query_one(TextArea).text == "quiet, zoom? all 3 ok"


async def test_two_keys_open_what_they_would_have_opened_one_after_the_other(embedded, monkeypatch):
    async with importing(embedded, monkeypatch) as (pilot, imports):
        type_in(pilot.app, "?", "\x1b", "6")
        await until(pilot, lambda: imports.waited_for)
        imports.come.set()
        await at_rest(pilot)
        assert pilot.app.current_mode == "journal"
        assert len(pilot.app.screen_stack) == 1


@pytest.mark.slow
async def test_what_needs_nothing_goes_on_meanwhile_and_the_console_can_be_quit(embedded, monkeypatch):
    async with importing(embedded, monkeypatch) as (pilot, imports):
        type_in(pilot.app, "?")
        await until(pilot, lambda: imports.waited_for)
        reads = embedded.counts()
        pilot.app.refresh_feeds()
        await until(pilot, lambda: embedded.counts() != reads)
        type_in(pilot.app, "\x11")
        await until(pilot, lambda: not pilot.app._running)


async def test_quitting_once_loses_no_typed_note(embedded, monkeypatch):
    async with importing(embedded, monkeypatch) as (pilot, imports):
        type_in(pilot.app, KEYS["f8"], "note", "\x11")
        await until(pilot, lambda: imports.waited_for)
        imports.come.set()
        await at_rest(pilot)
        assert pilot.app._running
        assert pilot.app.screen.query_one(TextArea).text == "note"


async def test_a_module_that_cannot_be_imported_is_reported_and_the_keys_go_on(embedded, monkeypatch):
    async def broken(*_modules: str) -> None:
        raise ImportError("no such file")

    async with importing(embedded, monkeypatch) as (pilot, imports):
        pilot.app.fail_fast = False
        monkeypatch.setattr(ordered_app, "ready", broken)
        type_in(pilot.app, "?")
        await until(pilot, lambda: "ImportError" in "".join(bug.summary for bug in pilot.app.bugs.values()))
        imports.come.set()
        type_in(pilot.app, "6")
        await until(pilot, lambda: pilot.app.current_mode == "journal")


# Before there is a mode


class Start:
    def __init__(self, aws: Embedded) -> None:
        self._aws = aws
        self.goes_on = asyncio.Event()
        self.app = TobanApp(self._connect, theme="dark")

    async def _connect(self) -> tuple[Services, ConsoleConfig]:
        await self.goes_on.wait()
        settings = AwsSettings(**self._aws.settings())
        journal = Path(os.environ["HOME"]) / "journal.db"
        book = load_builtin("facility-prod")
        return Services(book, settings, self._aws.clock, journal=journal, seed=1), ConsoleConfig()


@asynccontextmanager
async def on_the_shell(embedded: Embedded) -> AsyncIterator[tuple[Start, Pilot[Any]]]:
    start = Start(embedded)
    async with start.app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: isinstance(start.app.screen, ShellScreen) and start.app.screen.is_mounted)
        yield start, pilot


@pytest.mark.parametrize("key", SCREENS)
async def test_a_key_on_the_first_frame_opens_over_the_first_mode(embedded, key):
    async with on_the_shell(embedded) as (start, pilot):
        type_in(start.app, key)
        await turns(100)
        assert isinstance(start.app.screen, ShellScreen)
        start.goes_on.set()
        await until(pilot, lambda: type(start.app.screen).__name__ == SCREENS[key])
        assert start.app.current_mode == MODES[0].id


@pytest.mark.parametrize("mode", MODES[1:], ids=lambda mode: mode.id)
async def test_a_modes_key_on_the_first_frame_leads_there(embedded, mode):
    async with on_the_shell(embedded) as (start, pilot):
        type_in(start.app, mode.key)
        await turns(100)
        start.goes_on.set()
        await until(pilot, lambda: start.app.current_mode == mode.id)


async def test_a_note_on_the_first_frame_is_typed_into_its_dialog(embedded):
    async with on_the_shell(embedded) as (start, pilot):
        type_in(start.app, KEYS["f8"], "checked")
        start.goes_on.set()
        await until(pilot, lambda: isinstance(start.app.screen, NoteScreen))
        await at_rest(pilot)
        assert start.app.screen.query_one(TextArea).text == "checked"


async def test_a_console_that_never_connects_can_be_quit_after_a_key(embedded):
    async with on_the_shell(embedded) as (start, pilot):
        type_in(start.app, "?")
        await turns(100)
        type_in(start.app, "\x11")
        await until(pilot, lambda: not start.app._running)
