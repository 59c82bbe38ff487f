"""A working day at the keyboard: every mode, dialog and prompt is opened, used a little, and closed."""

import time
from pathlib import Path

from tests.soak.watched_console import OPEN_NEXT, TELL
from tests.tui.pty_console import PtyConsole
from tests.tui.screen_visits import OPENERS

assert (OPEN_NEXT, TELL) == ("f12", "f11")
F6, F8, F9, F11, F12 = "\x1b[17~", "\x1b[19~", "\x1b[20~", "\x1b[23~", "\x1b[24~"
ESC, ENTER, HOME, PALETTE = "\x1b", "\r", "\x1b[H", "\x10"
UP, DOWN = "\x1b[A", "\x1b[B"

ROUND: tuple[tuple[str, str], ...] = (
    ("1", "WatchScreen 1"),
    *((key, "") for key in ("d", "z", "z")),
    ("l", "WatchScreen 1 Log"),
    *((key, "") for key in ("z", UP, UP, ENTER, ESC, "z")),
    ("a", "WatchScreen 1 KeyedTable"),
    (HOME, ""),
    (ENTER, "AlarmScreen 2"),
    ("p", "PostScreen 3"),
    (ESC, "AlarmScreen 2"),
    ("c", "AcknowledgeScreen 3"),
    (ESC, "AlarmScreen 2"),
    (F8, "NoteScreen 3"),
    (ESC, "AlarmScreen 2"),
    (ESC, "WatchScreen 1"),
    ("?", "HelpScreen 2"),
    (ESC, "WatchScreen 1"),
    (PALETTE, "ConsolePalette 2"),
    ("look", ""),
    (ESC, "WatchScreen 1"),
    (":", "ConsolePalette 2"),
    ("ecs", ""),
    (ESC, "WatchScreen 1"),
    (F6, "OutboxScreen 2"),
    (ESC, "WatchScreen 1"),
    (F9, "ArmScreen 2"),
    (ESC, "WatchScreen 1"),
    ("2", "InspectScreen 1"),
    *((key, "") for key in ("\t", "]", "]", "[", "t", "\t", "\t", DOWN, "\t")),
    ("g", "ReportScreen 2"),
    *((key, "") for key in ("[", "M", "Y", "D")),
    (F8, "RemarkScreen 3"),
    (ESC, "ReportScreen 2"),
    (ESC, "InspectScreen 1"),
    ("i", "InspectNowScreen 2"),
    (ESC, "InspectScreen 1"),
    ("3", "LogsScreen 1"),
    ("o", "GroupScreen 2"),
    (DOWN, ""),
    (ENTER, "LogsScreen 1"),
    (UP, "LogsScreen 1 LogLines"),
    ("/", "LogsScreen 1 Input"),
    ("error", ""),
    (ENTER, "LogsScreen 1 LogLines"),
    *((key, "") for key in ("n", "N", UP, ENTER, ESC)),
    ("x", "ChooseScreen 2"),
    *((key, "") for key in (DOWN,) * 6),
    (ENTER, "LogsScreen 1"),
    ("4", "ChangeScreen 1"),
    (ENTER, "PlanScreen 2"),
    (ESC, "ChangeScreen 1"),
    ("6", "JournalScreen 1"),
    (ENTER, "EntryScreen 2"),
    (ESC, "JournalScreen 1"),
    ("f", "JournalFilterScreen 2"),
    (ESC, "JournalScreen 1"),
    ("/", "JournalScreen 1 Input"),
    ("console", ""),
    (ENTER, "JournalScreen 1 JournalTable"),
    (ESC, ""),
    ("D", "JournalScreen 1 Input"),
    (ESC, "JournalScreen 1 JournalTable"),
    *((key, "") for key in ("[", ESC, DOWN, DOWN)),
    ("V", "JournalVerifyScreen 2"),
    (ESC, "JournalScreen 1"),
    ("1", "WatchScreen 1"),
)
"""(Keys, the screen they lead to, how many lie one over the other, what has the focus; "": wherever they lead)."""
_PAUSE = 0.15  # Seconds between keys that lead nowhere: a person's
_ANSWER, _PATIENCE = 20.0, 5  # Seconds until a person presses again; how often


class Desk:
    def __init__(self, console: PtyConsole, folder: Path) -> None:
        self.console = console
        self._folder = folder

    @property
    def screen(self) -> str:
        """What is shown, how many lie one over the other, and what has the focus."""
        path = self._folder / "screen"
        return path.read_text() if path.exists() else ""

    @property
    def depth(self) -> int:
        return int(self.screen.split()[1])

    def press(self, keys: str, screen: str = "") -> None:
        """Press keys; wait for the screen they lead to, and press again as a person would where nothing comes."""
        self.console.send(keys)
        if not screen:
            self.wait(_PAUSE)
            return
        for _time in range(_PATIENCE):
            ends = time.monotonic() + _ANSWER
            self.console.wait(
                lambda ends=ends: self.screen.startswith(screen) or time.monotonic() > ends,
                limit=_ANSWER + 60,
            )
            if self.screen.startswith(screen):
                return
            self.console.send(keys)
        raise AssertionError(f"{keys!r} led to {self.screen}, not to {screen}\n{self.console.text}")

    def wait(self, seconds: float) -> None:
        ends = time.monotonic() + seconds
        self.console.wait(lambda: time.monotonic() > ends, limit=seconds + 120)

    def round(self) -> None:
        for keys, screen in ROUND:
            self.press(keys, screen)

    def open_every_screen(self) -> None:
        """Each of them, those too that only trouble opens."""
        for _opener in (opener for openers in OPENERS.values() for opener in openers):
            self.press(F12)
            self.console.wait(lambda: self.depth > 1, "another screen", limit=120)
            while (depth := self.depth) > 1:
                self.press(ESC)
                self.console.wait(lambda: self.depth < depth, f"closed {self.screen}", limit=120)

    def tell(self) -> str:
        path = self._folder / "tells"
        lines = path.read_text().splitlines() if path.exists() else []
        self.press(F11)
        self.console.wait(
            lambda: path.exists() and len(path.read_text().splitlines()) > len(lines), limit=120
        )
        return path.read_text().splitlines()[-1]
