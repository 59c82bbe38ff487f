"""The outline shown while the console is imported; standard library only."""

import os

from tui.signals.before_loop import held_back

_DRAW = "\x1b[?1049h\x1b[?25l\x1b[2J\x1b[H\x1b[7m Toban 当番 \x1b[0m …"
_LEAVE = "\x1b[?25h\x1b[?1049l"
_drawn = False


def draw() -> None:
    held_back(lambda: assume(_write(_DRAW)))


def assume(drawn: bool) -> None:
    global _drawn  # noqa: PLW0603  one terminal a process
    _drawn = drawn


def leave() -> None:
    held_back(_leave)


def _leave() -> None:
    if _drawn:
        assume(False)
        _write(_LEAVE)


def _write(text: str) -> bool:
    try:
        os.write(1, text.encode())
    except OSError:
        return False
    return True
