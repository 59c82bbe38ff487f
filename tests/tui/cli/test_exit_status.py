import ast
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import click
import pytest

from tests.tui.printing import stdout_of
from tui import __main__ as launcher
from tui.cli.main import PrintedOutput, build, run
from tui.exit_status import MEANINGS, ExitStatus, ended_by

ROOT = Path(__file__).parents[3]
VALUES = {int(status) for status in ExitStatus}


def test_every_status_is_explained_and_none_of_ours_is_a_verdict(capsys):
    output = stdout_of(capsys, run(["--lang", "en", "--help"], PrintedOutput(outline_drawn=False)))
    assert {*MEANINGS} == {*ExitStatus}
    for status, meaning in MEANINGS.items():
        assert f"{int(status):>3}  {meaning}" in output
    assert not [status for status in ExitStatus if 3 < status < 64], (
        "0 to 3 are findings, the rest is not near"
    )


@pytest.mark.parametrize("language", ["en", "ja"])
def test_the_page_lists_every_status_and_no_other(language):
    page = (ROOT / "docs/site" / language / "statuses.md").read_text("utf-8")
    statuses = [row.split("|")[1] for row in page.splitlines() if re.match(r"\| \d", row)]
    assert sorted(
        int(number) for cell in statuses for number in re.findall(r"\b\d+\b(?! \+)", cell)
    ) == sorted(VALUES)


def test_no_command_names_a_status_that_the_table_lacks():
    for path in sorted((ROOT / "tui").rglob("*.py")):
        text = ast.get_docstring(ast.parse(path.read_text("utf-8"))) or ""
        for sentence in re.findall(r"[Ee]xit status: (.*?)(?:\.\s|\.$|$)", text, re.DOTALL):
            assert {int(number) for number in re.findall(r"\b\d+\b", sentence)} <= VALUES, path


def test_what_ends_before_the_table_is_loaded_agrees_with_it():
    assert launcher._INTERRUPTED == ExitStatus.INTERRUPTED == ended_by(signal.SIGINT)


def groups(command: click.Command, path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    parts = command.commands.items() if isinstance(command, click.Group) else ()
    return [path, *(group for name, part in parts for group in groups(part, (*path, name)))]


def test_wrong_usage_of_any_command_is_64():
    for path in groups(build(PrintedOutput(outline_drawn=False))):
        assert run([*path, "--no-such-option"], PrintedOutput(outline_drawn=False)) in (64, 69), path


def toban(*words: str, stdout: int, close: bool = False) -> "subprocess.CompletedProcess[bytes]":
    return subprocess.run(
        [sys.executable, "-m", "tui", "--lang", "en", *words],
        stdout=stdout,
        stderr=subprocess.PIPE,
        timeout=60,
        check=False,
        preexec_fn=(lambda: os.close(1)) if close else None,
        cwd=Path(__file__).parents[3],
    )


@pytest.mark.parametrize("words", [("runbook", "schema"), ("--help",), ("runbook", "show"), ("--version",)])
@pytest.mark.slow
def test_an_output_that_takes_no_more(words):
    with open("/dev/full", "wb") as full:
        ended = toban(*words, stdout=full.fileno())
    assert (ended.returncode, ended.stderr) == (
        74,
        b"The output cannot be written: No space left on device.\n",
    )
    reader, writer = os.pipe()
    os.close(reader)
    gone = toban(*words, stdout=writer)
    os.close(writer)
    assert (gone.returncode, gone.stderr) == (141, b"")
    closed = toban(*words, stdout=subprocess.DEVNULL, close=True)
    assert (closed.returncode, closed.stderr) == (74, b"The output cannot be written: Bad file descriptor.\n")
