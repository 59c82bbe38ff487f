import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from textual.screen import Screen

from tests.tools.console import console, press
from tui.modes import MODES
from tui.runtime import late_modules, ordered_app
from tui.runtime.late_modules import are_imported, import_ahead, module_of, ready
from tui.screens.common import rebuilding

pytestmark = pytest.mark.scenario("ordinary-day", history=600.0)

SOURCE = """
import threading
BY = threading.current_thread()
"""


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    name = "imported_late_by_this_test"
    (tmp_path / f"{name}.py").write_text(SOURCE)
    monkeypatch.syspath_prepend(tmp_path)
    yield name
    sys.modules.pop(name, None)


async def test_a_module_is_imported_in_another_thread_and_once(module):
    await ready(module)
    first: Any = sys.modules[module]
    assert first.BY is not threading.current_thread()
    await ready(module)
    assert sys.modules[module] is first


async def test_a_module_that_another_thread_is_importing_is_waited_for_in_a_thread(module, monkeypatch):
    await ready(module)
    imported: list[str] = []
    monkeypatch.setattr(late_modules, "import_module", imported.append)
    await ready(module)
    assert imported == []
    spec: Any = sys.modules[module].__spec__
    monkeypatch.setattr(spec, "_initializing", True, raising=False)
    await ready(module)
    assert imported == [module]


async def test_modules_are_imported_ahead_one_after_the_other_and_each_after_a_pause(module, monkeypatch):
    steps: list[str] = []

    async def pause() -> None:
        steps.append("pause")

    monkeypatch.setattr(late_modules, "import_module", steps.append)
    await import_ahead(["json", module, "asyncio", f"{module}.two"], pause)
    assert steps == ["pause", module, "pause", f"{module}.two"]


def test_a_module_that_is_being_imported_is_not_imported_yet(monkeypatch):
    spec: Any = sys.modules["json"].__spec__
    assert are_imported("json", "asyncio")
    monkeypatch.setattr(spec, "_initializing", True, raising=False)
    assert not are_imported("json", "asyncio")


@pytest.mark.slow
async def test_a_mode_is_imported_beside_the_loop_before_its_screen_is_made(embedded, monkeypatch):
    steps: list[str] = []
    make = rebuilding.make_screen

    async def note(*modules: str) -> None:
        steps.extend(modules)

    def made(name: str) -> Screen[object]:
        steps.append(name)
        return make(name)

    monkeypatch.setattr(ordered_app, "are_imported", lambda *_modules: False)
    monkeypatch.setattr(ordered_app, "ready", note)
    monkeypatch.setattr(rebuilding, "make_screen", made)
    async with console(embedded.url, embedded.clock) as pilot:
        for mode in MODES[1:]:
            steps.clear()
            await press(pilot, mode.key, then=lambda mode=mode: pilot.app.current_mode == mode.id)
            assert steps[-1] == mode.screen
            assert {"tui.navigation", module_of(mode.screen)} <= {*steps[:-1]}
