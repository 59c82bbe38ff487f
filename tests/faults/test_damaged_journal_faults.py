"""Hundreds of damaged journals; `FAULTS=all` takes a thousand and fifty."""

import asyncio
import os
import shutil
import sys
from collections import Counter

import pytest

from services.journal import reader
from services.journal.anchors.external_hashes import ExternalHashes
from tests.demo_process import start
from tests.services.journal.book import NOON, checked
from tests.services.journal.damage import DAMAGES, copied, damaged, misunderstood, worn
from tests.services.journal.start import bears
from tests.tui.pty_console import PtyConsole

pytestmark = pytest.mark.slow
IS_ALL = os.environ.get("FAULTS") == "all"
COUNT, SHOWN = (1000, 50) if IS_ALL else (500, 20)
A_TEST, AT_ONCE, IN_A_ROW = 100, 10, 10
FIRST = 10_000
MISUNDERSTOOD = 100


@pytest.fixture(autouse=True)
def alone(monkeypatch):
    monkeypatch.setattr("services.journal.journal.machine_log", ExternalHashes)
    monkeypatch.setattr(reader, "BUSY_MS", 20)


@pytest.fixture(scope="module")
def journal(tmp_path_factory):
    folder = tmp_path_factory.mktemp("worn")
    yield worn(folder)
    shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.scenario("ordinary-day", origin=NOON, history=600.0)
@pytest.mark.parametrize("first", range(FIRST, FIRST + COUNT, A_TEST))
async def test_hundreds_of_damages(embedded, journal, tmp_path, first, capsys):
    words: Counter[str] = Counter()

    async def one(seed):
        path = in_a_folder(journal, tmp_path / str(seed))
        health = await bears(path, damaged(path, seed), placed=seed % 10 == 0, embedded=embedded)
        words[health.problem.summary if health.problem else "no harm done"] += 1
        shutil.rmtree(path.parent, ignore_errors=True)

    for begin in range(first, first + A_TEST, AT_ONCE):
        # Side by side, for each of them mostly waits for the disk.
        await asyncio.gather(*map(one, range(begin, begin + AT_ONCE)))
    with capsys.disabled():
        print(f"\n{first}: {dict(words)}")


async def test_a_hundred_chains_that_no_console_wrote(journal, tmp_path):
    async def one(seed):
        path = in_a_folder(journal, tmp_path / str(seed))
        await bears(path, misunderstood(path, seed), placed=seed % 10 == 0)

    for begin in range(FIRST, FIRST + MISUNDERSTOOD, AT_ONCE):
        await asyncio.gather(*map(one, range(begin, begin + AT_ONCE)))


def in_a_folder(journal, folder):
    folder.mkdir()
    return copied(journal, folder / "j.db")


@pytest.mark.pty
@pytest.mark.parametrize("first", range(0, SHOWN, IN_A_ROW))
def test_some_in_a_terminal(journal, tmp_path, first):
    demo = asyncio.run(start("ordinary-day", 1.0))
    try:
        for seed in range(first, first + IN_A_ROW):
            path = in_a_folder(journal, tmp_path / str(seed))
            what = damaged(path, 20_000 + seed * (len(DAMAGES) + 1))
            harmed = (path.exists() or path.is_symlink()) and not checked(path).intact
            command = [sys.executable, "-m", "tui", "--lang", "en", "--endpoint-url", demo.url]
            with PtyConsole([*command, "--journal", str(path)], size=(40, 120)) as terminal:
                terminal.wait_text("alb-5xx-error-rate")
                terminal.wait_text("read-only")
                if harmed:
                    terminal.wait_text("no journal")
                    terminal.wait(
                        lambda terminal=terminal: "ournal" in terminal.text.partition("\n")[2], what
                    )
                terminal.send("\x11")
                assert terminal.wait_exit() == 0, what
                assert b"Traceback" not in terminal.raw, what
                terminal.assert_restored()
            shutil.rmtree(path.parent, ignore_errors=True)
    finally:
        asyncio.run(demo.stop())
