import os
import re
import sys
import termios
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from services.clock import SystemClock
from services.models.verdict import Verdict
from tests.tools.answering_terminal import answering_terminal
from tests.tui.pty_console import PtyConsole
from tui.cli.doctor import installation, terminal, terminal_queries
from tui.cli.doctor.examination import CheckOutcome, examination
from tui.start_options import StartOptions


@contextmanager
def terminal_that_draws(cells: dict[str, int], *, answers: bool = True) -> Iterator[int]:
    """A terminal that reports the cursor after each character as if it had drawn it so wide."""

    def answer(master: int) -> None:
        read = b""
        while not read.endswith(b"\x1b[K"):
            try:
                read += os.read(master, 64)
            except OSError:
                return
            if answers and read.endswith(b"\x1b[6n"):
                drawn = read.rpartition(b"\r")[2].removesuffix(b"\x1b[6n").decode()
                os.write(master, f"\x1b[24;{1 + cells[drawn]}R".encode())

    with answering_terminal(answer) as end:
        yield end


@pytest.mark.parametrize(
    ("cells", "is_advised"), [((2, 1, 1), False), ((2, 2, 2), True), ((1, 1, 1), True), ((2, 2, 1), True)]
)
def test_the_cells_of_a_character_are_measured(cells, is_advised):
    drawn = dict(zip(terminal_queries.SAMPLES, cells, strict=True))
    with terminal_that_draws(drawn) as slave:
        before = termios.tcgetattr(slave)
        assert terminal_queries.widths(slave, slave, limit=30.0) == drawn
        assert termios.tcgetattr(slave) == before
    assert bool(terminal._width_advice(drawn)) is is_advised


def test_a_terminal_that_does_not_say_where_its_cursor_is_gets_no_advice():
    with terminal_that_draws({}, answers=False) as slave:
        assert terminal_queries.widths(slave, slave, limit=0.1) == {}
    assert terminal._width_advice({}) == []


@pytest.mark.pty
@pytest.mark.slow
def test_a_real_terminal_is_measured_and_left_clean():
    command = [sys.executable, "-m", "tui", "--lang", "en", "doctor", "--no-aws"]
    with PtyConsole(command, size=(60, 160)) as console:
        # pyte reports its cursor, but not what kind of terminal it is.
        console.wait_raw(b"\x1b[c")
        console.send("\x1b[?62;4c")
        console.wait_exit()
        line = next(each for each in console.lines if "Terminal" in each)
        assert re.search(r"answers in \d+ ms, 当 2, ■ 1, ─ 1", line)
        assert not any(each.strip() in terminal_queries.SAMPLES for each in console.lines)


async def installed(options: StartOptions | None = None) -> CheckOutcome:
    async with examination(options or StartOptions(), SystemClock(), no_aws=True) as subject:
        return await installation.installation(subject)


async def test_version_commit_folder_and_parts_are_named():
    outcome = await installed()
    assert outcome.verdict is Verdict.NORMAL
    assert re.match(r"toban \d+\.\d+\.\d+ \(.*journal schema 1\); a checkout; ", outcome.text)
    assert str(Path(__file__).parents[3]) in outcome.text
    assert "demo" in outcome.text


@pytest.mark.parametrize(
    ("journal", "verdict"),
    [
        ("postgresql://toban@db.example/toban", Verdict.ABNORMAL),
        ("dynamodb://toban-journal?region=ap-northeast-1", Verdict.NORMAL),
        (None, Verdict.NORMAL),
    ],
)
async def test_a_part_that_is_missing_matters_where_the_journal_needs_it(journal, verdict, monkeypatch):
    monkeypatch.setattr(installation, "find_spec", lambda _name: None)
    outcome = await installed(StartOptions(journal=journal))
    assert "without demo, postgresql, mcp" in outcome.text
    assert outcome.verdict is verdict
    assert ("toban[postgresql]" in outcome.remedy) is (verdict is Verdict.ABNORMAL)


@pytest.mark.parametrize(
    ("prefix", "way"),
    [
        ("/home/a/.local/share/pipx/venvs/toban", "pipx"),
        ("/home/a/.local/share/uv/tools/toban", "uv tool"),
        ("/opt/venv", "pip"),
    ],
)
def test_the_way_of_installing_is_told_by_the_folders(prefix, way, tmp_path):
    assert installation.way(tmp_path, prefix) == way


def test_a_bundles_folder_is_known_by_its_mark(tmp_path):
    (tmp_path / "toban-bundle.json").write_text("{}")
    assert installation.way(tmp_path / "app", str(tmp_path)) == "an offline bundle"
