import random
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from services.journal import files, reader
from services.journal.anchors import external_hashes
from services.journal.anchors.external_hashes import ExternalHashes
from services.journal.problems import UnusableJournal
from services.journal.writer import JournalWriter
from tests.conftest import assert_in
from tests.services.journal.damage import (
    DAMAGES,
    copied,
    damaged,
    in_the_schema,
    misunderstood,
    settled,
    worn,
)
from tests.services.journal.start import bears
from tests.tools.console import console, press, screen_text, until
from tui.cli.main import PrintedOutput, run

SEEDS = range(len(DAMAGES))
STATUSES = {
    ("journal", "verify"): {0, 2, 3},
    ("journal", "list"): {0, 69},
    ("journal", "export"): {0, 69},
    ("report",): {0, 1, 2, 3},
    ("duties",): {0},
}
"""Of each command, the exit statuses that its help names."""


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.journal.journal.machine_log", ExternalHashes)
    monkeypatch.setattr(external_hashes, "machine_log", ExternalHashes)
    monkeypatch.setattr(reader, "BUSY_MS", 50)


@pytest.fixture(scope="module")
def journal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("worn")
    yield worn(folder)
    shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.parametrize("seed", SEEDS)
async def test_a_console_survives_any_damage_of_the_journal(journal, tmp_path, seed):
    path = copied(journal, tmp_path / "j.db")
    await bears(path, damaged(path, seed), placed=seed % 5 == 0)


@pytest.mark.parametrize("seed", range(4))
async def test_entries_that_no_console_wrote(journal, tmp_path, seed):
    path = copied(journal, tmp_path / "j.db")
    await bears(path, misunderstood(path, seed))


@pytest.mark.parametrize("seed", range(0, len(DAMAGES), 3))
def test_every_command_replies_with_a_sentence(journal, tmp_path, seed, monkeypatch, capsys):
    path = copied(journal, tmp_path / "j.db")
    what = damaged(path, 1000 * len(DAMAGES) + seed)
    monkeypatch.setenv("TOBAN_JOURNAL", str(path))
    monkeypatch.setenv("TOBAN_LANG", "en")
    for words, statuses in STATUSES.items():
        day = ["2026-01-14"] if words == ("report",) else []
        status = run([*words, *day], PrintedOutput(outline_drawn=False))
        printed = capsys.readouterr()
        assert status in statuses, (what, words, printed)
        text = printed.out + printed.err
        assert text.strip() or words == ("journal", "list"), (what, words)
        assert "Traceback" not in text
        if status in (3, 69):
            assert len(text.strip().splitlines()) > 1, (what, words, text)


async def test_one_byte_of_the_schema(embedded, journal, tmp_path):
    # A dozen bytes of it: nothing is raised, nothing is written to the file, the screen says what to do.
    for seed in range(12):
        path = copied(journal, tmp_path / f"{seed}.db")
        settled(path)
        what = in_the_schema(path, random.Random(seed))
        before = path.read_bytes()
        writer, refused = JournalWriter(path, None), True
        with suppress(UnusableJournal, sqlite3.Error):
            writer.try_out()
            refused = False
        writer.close()
        assert not refused or path.read_bytes() == before, f"{what}: it was written to"
    path = copied(journal, tmp_path / "shown.db")
    settled(path)
    data = path.read_bytes()
    path.write_bytes(data.replace(b"CREATE TABLE entries", b"CREATE TABLE \xffntries", 1))
    async with console(embedded.url, embedded.clock, journal=path, size=(140, 40)) as pilot:
        await until(pilot, lambda: pilot.app.screen.journal_banner.display)
        text = " ".join(screen_text(pilot).split())
        assert_in(text, "no journal", "file is damaged", "move both aside")
        await press(pilot, "6", shows="cannot be read")
        assert screen_text(pilot).count("file is damaged") == 1, (
            "the banner says it, the panel does not again"
        )
        assert not pilot.app.bugs


def test_a_path_that_no_file_can_have():
    for name in ("a\0b", "\ud800", "x" * 5000):
        with pytest.raises((UnusableJournal, OSError)):
            files.check(Path("/tmp") / name)


@pytest.mark.scenario("ordinary-day", history=600.0)
def test_commands_that_read_aws_still_do(embedded_now, journal, tmp_path, capsys, monkeypatch):
    # An inspection runs, a plan is refused without the journal, and both say so.
    path = copied(journal, tmp_path / "j.db")
    settled(path)
    path.write_bytes(path.read_bytes().replace(b"CREATE TABLE entries", b"CREATE TABLE \xffntries", 1))
    monkeypatch.setenv("TOBAN_JOURNAL", str(path))
    options = ["--endpoint-url", embedded_now.url]
    for words, statuses in ((["inspect", "alarms"], {0, 1, 2, 3}), (["change", "task-limit", "--plan"], {2})):
        status = run(["--lang", "en", *words, *options], PrintedOutput(outline_drawn=False))
        text = " ".join("".join(capsys.readouterr()).split())
        assert status in statuses, text
        assert "damaged" in text
        assert "Traceback" not in text
