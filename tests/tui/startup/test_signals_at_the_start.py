"""A signal at any moment of the start, or of the end, leaves the terminal as it was and nothing behind.

A moment is so much processor time after the first byte: a busy machine stretches the start, not its order. On a
machine where a start takes less, the last moments are those right after it.
"""

import random
import re
import signal
import sys
from pathlib import Path

import pytest

from tests.tools.demo import DAY
from tests.tui.pty_console import PtyConsole
from tui.signals.before_loop import END_SIGNALS

pytestmark = pytest.mark.pty
TOBAN = [sys.executable, "-m", "tui", "--lang", "en"]
KEYBOARD_ON, KEYBOARD_OFF = re.compile(rb"\x1b\[>[0-9]+u"), b"\x1b[<u"
START = 1.6
"""Processor seconds that a start takes on a slow machine."""
STARTED = "alb-5xx-error-rate"
"""Shown with the first answers."""
SEED = 20261126


def starting(folder: Path, *command: str) -> PtyConsole:
    env = {"TMPDIR": str(folder), "XDG_STATE_HOME": str(folder / "state")}
    day = ("--at", DAY) if "demo" in command else ()
    return PtyConsole([*TOBAN, *command, *day], size=(40, 120), env=env)


def ends_well(console: PtyConsole, folder: Path, number: int) -> None:
    """The status is the signal's, the terminal is what it was, and no folder is left."""
    assert console.wait_exit() == 128 + number, bytes(console.raw[-2000:])
    leaves_nothing(console, folder)


def leaves_nothing(console: PtyConsole, folder: Path) -> None:
    console.assert_restored(early=True)
    taken = [match.end() for match in KEYBOARD_ON.finditer(bytes(console.raw))]
    assert not taken or console.raw.rfind(KEYBOARD_OFF) > taken[-1]
    assert b"Traceback" not in console.raw
    assert not [*folder.glob("toban-demo-*")]


def at(console: PtyConsole, seconds: float) -> None:
    """Wait for the first byte, and then until so much processor time was used, or all is shown."""
    console.wait(lambda: bool(console.raw), "the first byte")
    began = console.cpu_seconds()
    console.wait(
        lambda: console.cpu_seconds() - began >= seconds or STARTED in console.text, f"{seconds} s of work"
    )


@pytest.mark.parametrize(
    "number", [END_SIGNALS[0], *(pytest.param(each, marks=pytest.mark.slow) for each in END_SIGNALS[1:])]
)
def test_a_signal_as_soon_as_something_is_drawn(tmp_path: Path, number: signal.Signals) -> None:
    with starting(tmp_path, "demo") as console:
        console.wait(lambda: bool(console.raw), "the first byte")
        console.signal(number)
        ends_well(console, tmp_path, number)


def moments(count: int) -> list[tuple[float, signal.Signals]]:
    rng = random.Random(SEED)
    return [(START * (step + rng.random()) / count, rng.choice(END_SIGNALS)) for step in range(count)]


@pytest.mark.slow
@pytest.mark.parametrize(("seconds", "number"), moments(16))
def test_a_signal_at_any_moment_of_the_start(tmp_path: Path, seconds: float, number: signal.Signals) -> None:
    with starting(tmp_path, "demo") as console:
        at(console, seconds)
        console.signal(number)
        ends_well(console, tmp_path, number)


@pytest.mark.slow
def test_a_suspended_start_restores_the_terminal_and_continues(tmp_path: Path) -> None:
    with starting(tmp_path, "demo") as console:
        console.wait(lambda: bool(console.raw), "the first byte")
        console.signal(signal.SIGTSTP)
        console.wait(console.is_stopped, "stopped")
        console.assert_restored(early=True)
        console.signal(signal.SIGCONT)
        console.wait_text(STARTED)
        console.send("\x11")
        assert console.wait_exit() == 0
        leaves_nothing(console, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, *END_SIGNALS])
def test_a_signal_during_the_end(tmp_path: Path, number: signal.Signals) -> None:
    with starting(tmp_path, "demo") as console:
        console.wait_text(STARTED)
        console.send("\x11")
        console.wait_raw(b"\x1b[?1049l")
        console.signal(number)
        # It may come when all is done, or when Python itself already puts its things away.
        assert console.wait_exit() in (0, 128 + number, -number)
        leaves_nothing(console, tmp_path)


@pytest.mark.slow
def test_two_signals_at_once(tmp_path: Path) -> None:
    with starting(tmp_path, "demo") as console:
        console.wait_text(STARTED)
        console.signal(signal.SIGHUP)
        console.signal(signal.SIGTERM)
        console.signal(signal.SIGINT)
        assert console.wait_exit() - 128 in END_SIGNALS
        leaves_nothing(console, tmp_path)


@pytest.mark.parametrize(
    "seconds", [0.04, *(pytest.param(each, marks=pytest.mark.slow) for each in (0.08, 0.16, 0.3))]
)
def test_a_command_that_is_interrupted_says_nothing(tmp_path: Path, seconds: float) -> None:
    """Also while it is imported, when nothing of it could catch that."""
    with starting(tmp_path, "runbook", "schema") as console:
        console.wait(lambda: console.process.poll() is not None or console.cpu_seconds() >= seconds)
        console.signal(signal.SIGINT)
        console.wait_exit()
        # Before `main` it is Python's own start that is interrupted.
        assert b", in main" not in console.raw, bytes(console.raw)
