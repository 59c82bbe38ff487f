"""Statuses mean what `--help` says; an output that takes no more is told, and is never a verdict."""

import os
import subprocess
import sys
from pathlib import Path

import click
import pytest

from tui.cli.main import Output, build, run
from tui.exit_status import MEANINGS, ExitStatus


def test_every_status_is_explained_and_none_of_ours_is_a_verdict(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--lang", "en", "--help"], Output(outline_drawn=False)) == 0
    shown = capsys.readouterr().out
    assert {*MEANINGS} == {*ExitStatus}
    for status, meaning in MEANINGS.items():
        assert f"{int(status):>3}  {meaning}" in shown
    assert not [status for status in ExitStatus if 3 < status < 64], (
        "0 to 3 are findings, the rest is not near"
    )


def groups(command: click.Command, path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    parts = command.commands.items() if isinstance(command, click.Group) else ()
    return [path, *(found for name, part in parts for found in groups(part, (*path, name)))]


def test_wrong_usage_of_any_command_is_64() -> None:
    for path in groups(build(Output(outline_drawn=False))):
        assert run([*path, "--no-such-option"], Output(outline_drawn=False)) in (64, 69), path


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


@pytest.mark.parametrize(
    "words",
    [
        ("runbook", "schema"),
        ("runbook", "show"),
        ("--help",),
        pytest.param(("--version",), marks=pytest.mark.slow),
    ],
)
def test_an_output_that_takes_no_more(words: tuple[str, ...]) -> None:
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
    assert (closed.returncode, closed.stderr) == (
        74,
        b"The output cannot be written: Bad file descriptor.\n",
    )
