import random
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.tui.pty_console import PtyConsole
from tests.tui.script_console import ready
from tests.tui.test_key_bursts import BURST_KEYS, chosen_keys
from tests.tui.typed import KEYS

pytestmark = pytest.mark.pty
ESC = "\x1b"


@contextmanager
def logs() -> Iterator[PtyConsole]:
    command = [
        sys.executable,
        "-m",
        "tui",
        "demo",
        "--lang",
        "en",
        "--mode",
        "logs",
        "--at",
        "2026-01-14 10:00",
    ]
    with PtyConsole(command, size=(40, 120)) as console:
        console.wait_text("following")
        yield console
        quit_console(console)
        console.assert_restored()


def quit_console(console: PtyConsole) -> None:
    """Quit as a person does: once more where a text would be lost, or where the key came for what was gone meanwhile."""
    for _time in range(6):
        console.send("\x11")
        ends = time.monotonic() + 15
        console.wait(lambda ends=ends: console.process.poll() is not None or time.monotonic() > ends)
        if console.process.poll() is not None:
            break
    assert console.wait_exit() == 0


@pytest.mark.slow
def test_findings_1_and_5_in_a_terminal():
    with logs() as console:
        console.send("o", shows="Log group")
        console.send(f"{KEYS['down']}\r")
        console.wait(lambda: console.text.count("following") == 2, "two panes")

        console.send("gox")
        console.wait(
            lambda: "Part of the name" not in console.text and "ox" in console.text, "ox in the dialog"
        )
        console.send(ESC)
        console.wait(lambda: console.text.count("following") == 2, "both panes are there")

        console.send("/goxpJDBC", shows="goxpJDBC")
        console.send(f"{ESC}2", shows="Within the month")
        console.send("3/two\x1b[200~ of\nthem\x1b[201~", shows="two of them")
        console.send(ESC)
        console.wait(lambda: "two of them" not in console.text, "the prompt is closed")


def test_a_key_cut_by_a_slow_line_is_still_the_key(tmp_path):

    with ready(tmp_path) as console:
        console.send(ESC)
        console.wait_event("key escape")
        console.send("[A")
        console.wait_event("key up")
        console.send("k")
        console.wait_event("key k")
        assert console.keys == ["escape", "up", "k"]


@pytest.mark.parametrize("keys", ["x", "fx"])
def test_an_unrequested_end_is_reported_and_is_not_success(tmp_path, keys):
    with PtyConsole(
        [sys.executable, "-m", "tests.tui.unasked_script", str(tmp_path)], size=(24, 100)
    ) as console:
        console.wait_text("Ready.")
        console.send(keys)
        assert console.wait_exit() == 70
        text = " ".join(console.text.split())
        assert "because of an internal error" in text
        assert ("an action failed" in text) == ("f" in keys)
        assert (tmp_path / "drained").exists()
        console.assert_restored()


def test_a_requested_end_prints_nothing(tmp_path):
    with PtyConsole(
        [sys.executable, "-m", "tests.tui.unasked_script", str(tmp_path)], size=(24, 100)
    ) as console:
        console.wait_text("Ready.")
        console.send("q")
        assert console.wait_exit() == 0
        assert "internal error" not in console.text
        console.assert_restored()


@pytest.mark.slow
@pytest.mark.parametrize("seed", [5])
def test_random_bursts_in_a_terminal_end_nothing(seed):
    rng = random.Random(seed)
    count = BURST_KEYS // 4
    with logs() as console:
        typed = 0
        while typed < count:
            keys = [key for key in chosen_keys(rng, rng.choice((2, 5, 13, 30))) if key not in ("\x10", ":")]
            typed += len(keys)
            console.send("".join(keys))
            before = len(console.raw)
            # The clock goes on: whatever was typed, the console lives, and has read it.
            console.wait(lambda: len(console.raw) > before, "a sign of life")  # noqa: B023
            assert console.process.poll() is None
            assert "Internal error" not in console.text
        console.send(ESC * 8)
        console.wait(lambda: "read-only" in console.text, "the header")
        console.send(ESC * 8 + "1")
