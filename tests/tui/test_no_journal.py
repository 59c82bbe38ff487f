import asyncio
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from services.models.alarms import AlarmState
from tests.conftest import Embedded
from tests.demo_process import start
from tests.faults.small_disks import fill
from tests.services.journal.book import filled
from tests.tools.console import console, expect, flat_text, press, screen_text, until
from tests.tui.pty_console import PtyConsole
from tui.screens.common.type_ahead_guard import TypeAheadGuard
from tui.screens.common.writing_dialog import WritingDialog
from tui.screens.journal.note import NoteScreen
from tui.screens.watch.acknowledge import AcknowledgeScreen

pytestmark = [pytest.mark.scenario("ordinary-day", history=600.0), pytest.mark.slow]


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(TypeAheadGuard, "seconds", 0.05)
    monkeypatch.setattr("services.journal.reader.BUSY_MS", 20)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=512k", "none", str(folder)], check=False, capture_output=True
    )
    if mount.returncode:
        pytest.skip("no right to mount a disk")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=False)


async def refuses_and_watches(embedded: Embedded, path: Path, words: str, *, readable: bool) -> None:
    async with console(embedded.url, embedded.clock, journal=path, size=(140, 40)) as pilot:
        app = pilot.app
        assert app.alarms.value.count(AlarmState.OK) == 8, "it watches"
        await until(pilot, lambda: app.screen.journal_banner.display)
        text = screen_text(pilot)
        assert "no journal" in text.splitlines()[0]
        assert words in " ".join(text.split())
        assert app.ready.journal.health.problem.remedy[:24] in " ".join(text.split()), "what to do"

        for key, kind in (("c", AcknowledgeScreen), ("f8", NoteScreen)):
            await press(pilot, "a", key, then=lambda kind=kind: isinstance(app.screen, kind))
            dialog = app.screen
            assert isinstance(dialog, WritingDialog)
            assert words in flat_text(pilot)
            dialog.field.text = "kept"
            await until(pilot, lambda dialog=dialog: dialog.guard.is_open)
            await press(pilot, "enter", shows="Nothing was recorded")
            assert dialog.field.text == "kept"
            await press(pilot, "escape", "escape", then=lambda dialog=dialog: app.screen is not dialog)

        await app.run_action("app.arm")
        await expect(pilot, at="ArmScreen")
        await pilot.pause()
        assert app.ready.engine.permits.armed is None
        await pilot.press("escape")

        await press(pilot, "6", at="JournalScreen")
        sign = "entry 1" if readable else "The journal cannot be read"
        await until(pilot, lambda: sign in screen_text(pilot))
        assert not app.bugs
        assert app.filter_hits == 0


async def test_a_file_where_the_folder_should_be(embedded, tmp_path):
    (tmp_path / "folder").write_text("")
    await refuses_and_watches(
        embedded, tmp_path / "folder" / "j.db", "folder could not be created", readable=False
    )


async def test_a_damaged_file(embedded, tmp_path):
    (tmp_path / "j.db").write_bytes(b"This is no database.\n" * 400)
    await refuses_and_watches(embedded, tmp_path / "j.db", "damaged", readable=False)


async def test_a_locked_file_can_be_read_and_heals_by_itself(embedded, tmp_path):
    filled(tmp_path / "j.db", 2)
    with closing(sqlite3.connect(tmp_path / "j.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        await refuses_and_watches(embedded, tmp_path / "j.db", "locked by another process", readable=True)


async def test_a_full_disk_can_be_read_and_heals_by_itself(embedded, small_disk):
    path = small_disk / "j.db"
    filled(path, 2)
    ballast = small_disk / "ballast"
    fill(ballast)
    await refuses_and_watches(embedded, path, "The disk", readable=True)
    async with console(embedded.url, embedded.clock, journal=path) as pilot:
        await until(pilot, lambda: pilot.app.screen.journal_banner.display)
        ballast.unlink()
        await press(pilot, "f8", *"room", "enter", left="NoteScreen")
        await until(pilot, lambda: not pilot.app.screen.journal_banner.display)
        assert "no journal" not in screen_text(pilot)


@pytest.mark.pty
@pytest.mark.skipif(os.getuid() == 0 and not shutil.which("setpriv"), reason="root may write everywhere")
def test_a_home_that_can_only_be_read(tmp_path):
    home = tmp_path / "still"
    home.mkdir()
    home.chmod(0o555)
    # Root may write where no other user may; without this one right it is like everybody else.
    alike = ["setpriv", "--bounding-set", "-dac_override"] if os.getuid() == 0 else []
    demo = asyncio.run(start("ordinary-day", 1.0))
    try:
        command = [*alike, sys.executable, "-m", "tui", "--lang", "en", "--endpoint-url", demo.url]
        with PtyConsole(command, size=(40, 120), env={"HOME": str(home)}) as terminal:
            terminal.wait_text("alb-5xx-error-rate")
            terminal.wait_text("no journal")
            terminal.wait_text("cannot be written")
            terminal.send("\x1b[19~", shows="What the next operator should know")
            terminal.send("lost?\r", shows="Nothing was recorded")
            terminal.wait_text("lost?")
            terminal.send("\x1b", shows="Press Esc again to discard")
            terminal.send("\x1b", shows="alb-5xx-error-rate")
            terminal.end(0, keys="\x11")
        assert list(home.iterdir()) == []
    finally:
        asyncio.run(demo.stop())
        home.chmod(0o755)
