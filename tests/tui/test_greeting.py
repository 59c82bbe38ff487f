from pathlib import Path

import pytest

from services import i18n
from services.host.state_files import state_folder
from tests.conftest import Embedded
from tests.tools.console import app_on, until
from tests.tools.demo import demo_command
from tests.tui.pty_console import PtyConsole
from tui.app import TobanApp

pytestmark = pytest.mark.scenario("ordinary-day", history=600.0)


async def greeted(embedded: Embedded, journal: Path) -> str:
    app = app_on(embedded.url, embedded.clock, journal=journal)
    app._greets = True
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.services is not None and app.services.journal.path.exists())
        await until(pilot, lambda: _has_loaded(app))
        return app.message.text if app.message else ""


def _has_loaded(app: TobanApp) -> bool:
    return all(worker.is_finished for worker in app.workers if worker.group == "load")


@pytest.mark.slow
@pytest.mark.parametrize("language", ["en", "ja"])
async def test_it_is_shown_once(embedded, tmp_path, language):
    i18n.use(language)
    first = await greeted(embedded, tmp_path / "one.db")
    for part in ("2 点検", "⏎ 開く", "? ヘルプ") if language == "ja" else ("2 Inspect", "⏎ Open", "? Help"):
        assert part in first
    assert state_folder("started").stat().st_mode & 0o777 == 0o600
    assert await greeted(embedded, tmp_path / "two.db") == ""


async def test_whoever_has_a_journal_is_not_greeted(embedded, tmp_path):
    journal = tmp_path / "journal.db"
    assert await greeted(embedded, journal) != ""
    state_folder("started").unlink()
    assert await greeted(embedded, journal) == ""


@pytest.mark.pty
@pytest.mark.slow
def test_the_command_greets():
    with PtyConsole(demo_command(), size=(24, 80)) as terminal:
        terminal.wait_text("First steps: 2 Inspect")
        terminal.send("\x11")
        assert terminal.wait_exit() == 0
