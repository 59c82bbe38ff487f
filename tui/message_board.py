"""Which message the message line shows: the newest, or what is still going on."""

import os
from collections import deque
from collections.abc import Callable
from time import monotonic

from rich.cells import cell_len

from widgets.frame.message_line import LineMessage

KEPT = 200  # Messages that the list of past messages holds
_LEAST, _MOST = 4.0, 20.0  # Seconds of the shortest and of the longest reading time
_PER_CELL = 0.1  # Seconds to read a cell: some 20 Japanese characters in four seconds
_NOTICED = 1.0
"""Seconds for which a key does not remove a message, because it was typed before anybody could read it."""


class MessageBoard:
    """Holds a passing message and the matters under way. The newest of them is shown; a passing one goes with time."""

    def __init__(self, show: Callable[[LineMessage | None], object]) -> None:
        self._show = show
        self._passing: LineMessage | None = None
        self._passing_since = 0.0
        self._matters: dict[str, LineMessage] = {}
        self.past: deque[LineMessage] = deque(maxlen=KEPT)
        """The messages of the past and the present, oldest first."""

    @property
    def current(self) -> LineMessage | None:
        return self._passing or next(reversed(self._matters.values()), None)

    def add(self, message: LineMessage) -> None:
        self.past.append(message)
        self._passing = None
        if message.matter:
            self._matters.pop(message.matter, None)
            self._matters[message.matter] = message
        else:
            self._passing, self._passing_since = message, monotonic()
        self._show(self.current)

    def settle(self, matter: str) -> None:
        if self._matters.pop(matter, None) is not None:
            self._show(self.current)

    def remove(self, message: LineMessage | None) -> None:
        if message is not None and self._passing is message:
            self._passing = None
            self._show(self.current)

    @property
    def noticed(self) -> LineMessage | None:
        return self._passing if monotonic() - self._passing_since >= _NOTICED else None


def reading_seconds(message: LineMessage) -> float:
    if message.seconds is not None:
        return message.seconds
    seconds = 2.0 + cell_len(message.text) * _PER_CELL
    return min(_MOST, max(_LEAST, seconds * (1 if message.severity == "information" else 2)))


def from_home(text: str) -> str:
    """The text with paths below the home folder written from `~`."""
    home = os.path.expanduser("~").rstrip("/")
    return text.replace(f"{home}/", "~/") if home else text
