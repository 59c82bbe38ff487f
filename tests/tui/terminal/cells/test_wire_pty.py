import fcntl
import os
import re
import select
import signal
import struct
import sys
import termios
import time
from collections.abc import Callable
from itertools import pairwise

import pytest

from tests.tools.tmux import Tmux, needs_tmux
from tests.tui.pty_console import LIMIT
from tests.tui.script_console import noted, ready

pytestmark = pytest.mark.pty


def unread(terminal: int) -> int:
    (count,) = struct.unpack("i", fcntl.ioctl(terminal, termios.FIONREAD, b"\0" * 4))
    return int(count)


def test_an_answer_that_comes_late_is_not_typed_into_the_shell(tmp_path):
    with ready(tmp_path, "chatty", size=(40, 160)) as console:
        shell = os.open(console.terminal_name, os.O_RDWR | os.O_NOCTTY)
        console.answers = False
        asked = console.raw.count(b"\x1b[6n")
        console.wait(lambda: console.raw.count(b"\x1b[6n") > asked, "a question")
        console.signal(signal.SIGTERM)
        console.wait_event("drained")
        console.send(b"\x1b[1;1R")
        console.wait_exit()
        console.assert_restored()
        assert unread(shell) == 0
        os.close(shell)


@pytest.mark.slow
def test_a_terminal_that_never_answers_shows_the_screen_and_is_left_at_once(tmp_path):
    with ready(tmp_path, answers=False) as console:
        console.wait(lambda: beat(console.text) >= 25, "that the clock lets frames through")
        console.send("k")
        console.wait_event("key k")
        console.end(by=signal.SIGTERM)


def test_the_terminal_receives_what_was_sent_without_a_second_cr(tmp_path):
    with ready(tmp_path, "chatty", size=(30, 100)) as console:
        console.wait_text("row 23 of")
        console.wait(lambda: b"\r\n" in console.raw, "a row that follows another")
        assert b"\r\r" not in console.raw
        console.signal(signal.SIGTERM)
        console.wait_exit()
        console.assert_restored()


@pytest.mark.parametrize("output", ["cells", "textual"])
def test_after_a_resize_there_and_back_all_rows_are_right(tmp_path, output):
    with ready(tmp_path, "chatty", size=(30, 100), env={"TOBAN_OUTPUT": output}) as console:
        console.wait_text("row 23 of")
        console.resize(10, 40)
        console.wait_event("size 40x10")
        console.resize(30, 100)
        console.wait(lambda: console.events.count("size 100x30") == 2, "the old size")
        console.wait(lambda: full(console.lines) == 24, "rows of the full width")


def full(lines: list[str]) -> int:
    return sum(
        line.startswith("row ") and line.rstrip().endswith("#") and len(line.rstrip()) == 99 for line in lines
    )


def test_stopped_and_continued_it_paints_over_whatever_the_shell_has_left(tmp_path):
    with ready(tmp_path, "chatty", size=(30, 100)) as console:
        console.signal(signal.SIGTSTP)
        console.wait(console.is_stopped, "the stop")
        assert console.raw.rfind(b"\x1b[?1049l") > console.raw.rfind(b"\x1b[?1049h")
        tty = os.open(console.terminal_name, os.O_RDWR | os.O_NOCTTY)
        os.write(tty, b"\x1b[H\x1b[31;44m" + b"$ make mess\r\n" * 20)
        os.close(tty)
        console.signal(signal.SIGCONT)
        console.wait(lambda: full(console.lines) == 24, "the whole screen")
        assert "mess" not in console.text


@pytest.mark.parametrize(
    ("env", "wanted", "others"),
    [
        ({"COLORTERM": "truecolor"}, b"48;2;", b"48;5;"),
        ({"COLORTERM": None, "TERM": "xterm-256color"}, b"48;5;", b"48;2;"),
        ({"COLORTERM": None, "TERM": "xterm"}, b"\x1b[", b"48;"),
    ],
)
def test_no_more_colours_than_the_terminal_has(tmp_path, env, wanted, others):
    with ready(tmp_path, "input", env=env) as console:
        console.wait_text("beat 2")
        assert wanted in console.raw
        assert others not in console.raw


def test_no_color_leaves_nothing_but_greys(tmp_path):
    with ready(tmp_path, "input", env={"NO_COLOR": "1"}) as console:
        console.wait_text("beat 2")
        colours = re.findall(rb"[34]8;2;(\d+);(\d+);(\d+)", bytes(console.raw))
        assert colours
        assert all(red == green == blue for red, green, blue in colours)


@pytest.mark.slow
@needs_tmux
def test_a_hidden_terminal_gets_a_frame_a_second(tmp_path):
    script = f"exec {sys.executable} -m tests.tui.runtime_script {tmp_path} chatty"
    with Tmux(tmp_path) as tmux:
        tmux.start(100, 30, "-c", os.getcwd(), script)
        until(lambda: "unseen" in noted(tmp_path), "that it notices")
        shown = [beat(tmux.run("capture-pane", "-p"))]

        def changed() -> bool:
            now = beat(tmux.run("capture-pane", "-p"))
            shown.extend([now] if now != shown[-1] else [])
            return len(shown) == 4

        until(changed, "three frames")
        # It counts ten beats a second; the first frame may have come right after the one before.
        assert all(after - before >= 5 for before, after in pairwise(shown[1:]))


def beat(text: str) -> int:
    return next((int(line.split()[1]) for line in text.splitlines() if line.startswith("beat ")), 0)


def until(state: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + LIMIT
    while not state():
        assert time.monotonic() < deadline, what
        select.select([], [], [], 0.02)
