import random
import time
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

import pytest

from tests.tools.tmux import Tmux, needs_tmux
from tests.tui.terminal.cells.emulated import STYLES, TEXTS, Emulator, drawn_plainly
from tests.tui.terminal.cells.screens import MOVES, Screen, differing
from tui.terminal.cells import runs as pieces

pytestmark = [pytest.mark.pty, needs_tmux]
STEADY_TEXTS = [text for text in TEXTS if text != "🇯🇵"]
"""tmux 3.5 draws a flag, or nothing, by what was drawn around it before: no two ways of writing it agree."""
WIDTH, HEIGHT, SCREENS, FRAMES = 57, 17, 25, 6


class Pane:
    """The one pane of a server, written to by its terminal and asked what it shows."""

    def __init__(self, server: Tmux) -> None:
        self._run = server.run
        server.start(WIDTH, HEIGHT, "stty raw -echo; cat >/dev/null")
        self._run("set", "-g", "status", "off")
        self._run("resize-window", "-x", str(WIDTH), "-y", str(HEIGHT))
        self._tty = Path(self._run("display-message", "-p", "#{pane_tty}").strip())
        self._written = 0

    def feed(self, data: str) -> None:
        """Write, and wait until tmux has taken it: the title that follows says so."""
        self._written += 1
        with self._tty.open("wb", buffering=0) as tty:
            tty.write(f"\x1b[?7l{data}\x1b]2;{self._written}\x07".encode())
        deadline = time.monotonic() + 30
        while self._run("display-message", "-p", "#{pane_title}").strip() != str(self._written):
            assert time.monotonic() < deadline, "tmux has not taken it"

    def cells(self) -> list[list[tuple[object, ...]]]:
        """What it shows; pyte reads tmux's own account of it, row by row."""
        rows = self._run("capture-pane", "-p", "-e", "-N").split("\n")[:HEIGHT]
        emulator = Emulator(WIDTH, HEIGHT)
        for y, row in enumerate(rows):
            # One by one: pyte forgets what follows a character of no width in the same piece.
            for character in f"\x1b[{y + 1}H{row}":  # colours go on from row to row
                emulator.feed(character)
        return emulator.cells()


@pytest.fixture
def pane(tmp_path: Path) -> Iterator[Pane]:
    with Tmux(tmp_path) as server:
        yield Pane(server)


@pytest.mark.slow
def test_tmux_shows_what_should_be_there(pane):
    rnd = random.Random(20261125)
    for number in range(SCREENS):
        screen = Screen(WIDTH, HEIGHT)
        for _frame in range(FRAMES):
            change(screen, rnd)
            with patch.object(pieces, "_MOVE", MOVES[number % 2]):
                pane.feed(screen.encoder.encode(screen.grid)[0])
        shown = pane.cells()
        pane.feed("\x1b[0m\x1b[2J" + drawn_plainly(screen.grid, screen.renditions))
        assert differing(shown, pane.cells()) == []


def change(screen: Screen, rnd: random.Random) -> None:
    if rnd.random() < 0.4:
        screen.do(("scroll", rnd.randrange(HEIGHT), rnd.randrange(HEIGHT), rnd.randint(-3, 3)))
    for _put in range(rnd.choice([1, 4, 40])):
        text = rnd.choice([*STEADY_TEXTS, " " * rnd.randint(1, 30)])
        screen.do(("put", rnd.randint(-2, WIDTH), rnd.randrange(HEIGHT), text, rnd.randrange(len(STYLES))))
