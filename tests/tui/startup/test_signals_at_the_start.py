"""A signal at any moment of the start, or of the end, leaves the terminal as it was and nothing behind. A
moment is so much processor time after the first byte: a busy machine stretches the start, not its order. On a
machine where a start takes less, the last moments are those right after it."""

import random
import re
import signal
import sys
from collections.abc import Mapping
from pathlib import Path

import click
import pytest

from tests.tools.demo import DAY
from tests.tui.pty_console import PtyConsole
from tui.__main__ import FLAGS
from tui.cli.main import build
from tui.cli.printing import PrintedOutput
from tui.signals.before_loop import END_SIGNALS

pytestmark = pytest.mark.pty
TOBAN = [sys.executable, "-m", "tui", "--lang", "en"]
KEYBOARD_ON, KEYBOARD_OFF = re.compile(rb"\x1b\[>[0-9]+u"), b"\x1b[<u"
START = 1.6  # Processor seconds that a start takes on a slow machine
STARTED = "read-only"  # Shown with the panels, after the alarms' states
SEED = 20261126
COMMAND_IMPORTS = ("click", "tui.cli.click_i18n", "tui.cli.reads", "tui.cli.shared_options", "tui.cli.main")
"""Modules that a command imports, in their order."""
INTERRUPTED_CLASS = """
class Attribute:
    def __set_name__(self, owner, name):
        raise KeyboardInterrupt

class Owner:
    attribute = Attribute()
"""


def starting(folder: Path, *command: str, env: Mapping[str, str] | None = None) -> PtyConsole:
    folders = {"TMPDIR": str(folder), "XDG_STATE_HOME": str(folder / "state")}
    day = ("--at", DAY) if "demo" in command else ()
    return PtyConsole([*TOBAN, *command, *day], size=(40, 120), env={**folders, **(env or {})})


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
def test_a_signal_as_soon_as_something_is_drawn(tmp_path, number):
    with starting(tmp_path, "demo") as console:
        console.wait(lambda: bool(console.raw), "the first byte")
        console.signal(number)
        ends_well(console, tmp_path, number)


def moments(count: int) -> list[tuple[float, signal.Signals]]:
    rng = random.Random(SEED)
    return [(START * (step + rng.random()) / count, rng.choice(END_SIGNALS)) for step in range(count)]


@pytest.mark.slow
@pytest.mark.parametrize(("seconds", "number"), moments(16))
def test_a_signal_at_any_moment_of_the_start(tmp_path, seconds, number):
    with starting(tmp_path, "demo") as console:
        at(console, seconds)
        console.signal(number)
        ends_well(console, tmp_path, number)


@pytest.mark.slow
def test_a_suspended_start_restores_the_terminal_and_continues(tmp_path):
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
def test_a_signal_during_the_end(tmp_path, number):
    with starting(tmp_path, "demo") as console:
        console.wait_text(STARTED)
        console.send("\x11")
        console.wait_raw(b"\x1b[?1049l")
        console.signal(number)
        # It may come when all is done, or when Python itself already puts its things away.
        assert console.wait_exit() in (0, 128 + number, -number)
        leaves_nothing(console, tmp_path)


@pytest.mark.slow
def test_two_signals_at_once(tmp_path):
    with starting(tmp_path, "demo") as console:
        console.wait_text(STARTED)
        console.signal(signal.SIGHUP)
        console.signal(signal.SIGTERM)
        console.signal(signal.SIGINT)
        assert console.wait_exit() - 128 in END_SIGNALS
        leaves_nothing(console, tmp_path)


@pytest.mark.parametrize(
    "module",
    ["services.host.hardening", *(pytest.param(each, marks=pytest.mark.slow) for each in COMMAND_IMPORTS)],
)
def test_a_command_that_is_interrupted_says_nothing(tmp_path, module):
    # Also while it is imported, when nothing of the command line could catch that.
    # Python tells when a module was imported, so the moment is one of our start on any machine, never of Python's own.
    with starting(tmp_path, "runbook", "schema", env={"PYTHONPROFILEIMPORTTIME": "1"}) as console:
        console.wait_raw(f" {module}\r\n".encode())
        console.signal(signal.SIGINT)
        # It may come when all is done; where code was made from a string, Python ends itself by the signal, too.
        assert console.wait_exit() in (0, 128 + signal.SIGINT, -signal.SIGINT)
        assert b", in main" not in console.raw, bytes(console.raw[-2000:])


@pytest.mark.parametrize("module", ["resource", "annotated_types"])
def test_an_interrupt_that_python_makes_another_error_of_says_nothing(tmp_path, module):
    # `resource` is imported by the start, `annotated_types` by the command.
    tmp_path.joinpath(f"{module}.py").write_text(INTERRUPTED_CLASS)
    with starting(tmp_path, "runbook", "schema", env={"PYTHONPATH": str(tmp_path)}) as console:
        assert console.wait_exit() == 128 + signal.SIGINT
        assert not console.raw


@pytest.mark.parametrize(
    "options",
    [
        ["--lang", "en"],
        *(pytest.param(each, marks=pytest.mark.slow) for each in ([], ["--lang=en"], ["--read-only"])),
    ],
)
def test_a_command_draws_no_screen(options):
    with PtyConsole([sys.executable, "-m", "tui", *options, "config"]) as console:
        assert console.wait_exit() == 0
        assert b"\x1b" not in console.raw


def test_every_option_before_a_command_is_known_as_a_flag_or_as_one_with_a_value():
    options = [
        each for each in build(PrintedOutput(outline_drawn=False)).params if isinstance(each, click.Option)
    ]
    flags = {name for option in options if option.is_flag for name in option.opts}
    assert flags == {*FLAGS, "--version"}, "the outline is drawn by the words that are no values"
