"""Plays a story in the console of the demo, and takes down what its terminal shows. A recording has the
screens of the real console, and the times of the story: how fast a person types, how long a viewer reads. So
it does not depend on the machine that records. Nothing sleeps: what comes next waits for what is on the
screen."""

import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from rich.cells import cell_len, set_cell_size

from services import i18n
from tests.tools.casts.cast import Cast, Event, Rows, difference
from tests.tools.screens.terminal import Cell, Terminal
from tests.tui.pty_console import PtyConsole

WIDTH, HEIGHT = 120, 40
CAPTION = 2  # Rows below the console, which say what is done
_TYPING, _KEY = 0.09, 0.5  # Seconds of a letter, and before a key that does something
_QUIET = 0.2  # Seconds that one read waits for output
_READS = 4
"""Reads without output after which a screen counts as drawn: longer than the 0.6 seconds in which dialogs hold back keys."""
_LIMIT = 180.0  # Seconds that a world may take to come to what a story is about
_BLANKS = re.compile(r"[\s│┃║▏▕]+")
_KEYS: Mapping[str, str] = {"⏎": "\r", "Esc": "\x1b", "Tab": "\t", "Shift+Tab": "\x1b[Z", "F7": "\x1b[18~", "F9": "\x1b[20~", "F5": "\x1b[15~", "↓": "\x1b[B", "→": "\x1b[C", "←": "\x1b[D", "↑": "\x1b[A", "Space": " ", "End": "\x1b[F", "PgDn": "\x1b[6~"}  # fmt: skip
"""What a terminal sends for keys, by their names on the screen."""
_NOT_FOR_US = re.compile(r"\x1b\[[<>=][0-9;]*[a-z]|\x1bP[^\x1b]*\x1b\\|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)")


@dataclass
class Recorder:
    """One story in one language."""

    title: str
    command: str  # What a person types to have this world, as in the README
    options: tuple[str, ...]
    """Further options of the demo: a day, a speed, so that it is the same at every recording."""
    home: Path
    at: float = 0.0  # Seconds since the beginning of the recording
    events: list[Event] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._shown: Rows | None = None
        self._terminal = Terminal(WIDTH, HEIGHT - CAPTION)
        self._fed = 0
        self._line = ""
        self._pressed = ""

    def __enter__(self) -> "Recorder":
        self._prompt()
        command = [
            sys.executable,
            "-m",
            "tests.tools.casts.console",
            *self.command.split()[1:],
            *self.options,
        ]
        home = str(self.home)
        folders = {f"XDG_{name}_HOME": home for name in ("CONFIG", "STATE", "CACHE", "DATA")}
        self.console = PtyConsole(
            [*command, "--lang", i18n.language()],
            size=(HEIGHT - CAPTION, WIDTH),
            env={"HOME": home, "TMUX": None, "NO_COLOR": None, **folders},
        )
        return self

    def __exit__(self, *_error: object) -> None:
        self.console.__exit__()

    # -- what is done

    def say(self, english: str, japanese: str, seconds: float = 0.0) -> None:
        """Change the caption, and let it be read."""
        self._line = {"en": english, "ja": japanese}[i18n.language()]
        self.events.append(Event(self.at, "m", self._line))
        self.take()
        self.read(seconds)

    def press(self, key: str, *expected: str, seconds: float = 1.0) -> None:
        """Press a key, wait for what it brings, and let that be read."""
        self.at += _KEY
        self._pressed = key
        self.console.send(_KEYS.get(key, key))
        self._drawn(*expected)
        self.read(seconds)

    def type(self, text: str, *, after: str = "", seconds: float = 0.6) -> None:
        """Type letter by letter; `after` stands before the field, where the text is on the screen elsewhere, too."""
        self._pressed = ""
        for count, letter in enumerate(text, 1):
            self.console.send(letter)
            self._wait(after + text[:count])
            self.take()
            self.at += _TYPING * cell_len(letter)
        self.read(seconds)

    def until(self, *expected: str) -> None:
        """Wait until something happens by itself: until all of it is on the screen."""
        self._pressed = ""
        self._drawn(*expected)

    def _drawn(self, *expected: str) -> None:
        for words in expected:
            self._wait(words)
        self.settle()
        self.take()

    def _wait(self, words: str) -> None:
        self.console.wait(lambda: self.shows(words), words, limit=_LIMIT)

    def shows(self, words: str) -> bool:
        """Whether the words are on the screen, wherever the lines break."""
        return _BLANKS.sub("", words) in _BLANKS.sub("", self.console.text)

    def settle(self) -> None:
        """Read until nothing has come for a moment, long enough for dialogs to take keys; clocks may tick meanwhile."""
        quiet = 0
        while quiet < _READS:
            quiet += not self.console.read(_QUIET)

    def follow(self, frames: int, seconds: float = 1.0) -> None:
        """Take the next few changes of the screen, such as lines of a log."""
        for _frame in range(frames):
            self.console.wait(partial(self._differs, self.console.text), "a change")
            self.take()
            self.read(seconds)

    def _differs(self, before: str) -> bool:
        return self.console.text != before

    def read(self, seconds: float) -> None:
        """Let the viewer read."""
        self.at += seconds

    # -- what is shown

    def take(self) -> None:
        """Take down what has changed on the screen, and the caption."""
        self._feed()
        rows = [*self._terminal.cells, *self._caption()]
        changes = difference(self._shown, rows)
        if changes:
            self.events.append(Event(self.at, "o", changes))
        self._shown = rows

    def _feed(self) -> None:
        text = bytes(self.console.raw[self._fed : self.console._fed]).decode("utf-8", "replace")
        self._terminal.feed(_NOT_FOR_US.sub("", text))
        self._fed = self.console._fed

    def _caption(self) -> Rows:
        key = [Cell(), *_cells(f" {self._pressed} ", 7)] if self._pressed else []
        line = set_cell_size(f" {self._line}", WIDTH - len(key))
        return [_cells("─" * WIDTH, 2), [*key, *_cells(line, 1)]]

    def _prompt(self) -> None:
        """The command, typed into a shell."""
        self.events.append(Event(0.0, "o", "\x1b[0m\x1b[2J\x1b[H\x1b[?25h$ "))
        self.at = 0.8
        for letter in self.command:
            self.events.append(Event(self.at, "o", letter))
            self.at += _TYPING
        self.at += _KEY

    def cast(self) -> Cast:
        """The recording."""
        end = Event(self.at, "o", "\x1b[0m")
        return Cast(WIDTH, HEIGHT, self.title, (*self.events, end))


def _cells(text: str, attribute: int) -> list[Cell]:
    """A text as cells; the second of a wide character is empty."""
    attributes = frozenset({attribute})
    cells = []
    for letter in text:
        cells.append(Cell(letter, attributes=attributes))
        if cell_len(letter) == 2:
            cells.append(Cell("", attributes=attributes))
    return cells
