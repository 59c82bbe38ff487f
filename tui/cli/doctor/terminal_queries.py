"""Asks the terminal itself: how fast it answers, and how many cells it draws a character in. Blocks."""

import os
import re
import select
import termios
import time
import tty
from collections.abc import Callable
from typing import TextIO, TypeVar

from services.models import glyphs

ANSWER_SECONDS = 1.0
SAMPLES = {"\N{CJK UNIFIED IDEOGRAPH-5F53}": 2, glyphs.FIRING: 1, "\N{BOX DRAWINGS LIGHT HORIZONTAL}": 1}
"""A character of Japanese and two of ambiguous width, with the cells that the screens leave for them."""
_QUERY, _ANSWER = b"\x1b[c", re.compile(rb"\x1b\[\?[^c]*c")
"""Primary Device Attributes, which every terminal answers (ECMA-48, xterm's control sequences)."""
_WHERE, _PLACE = b"\x1b[6n", re.compile(rb"\x1b\[\d+;(\d+)R")  # Cursor position report

T = TypeVar("T")


def may_be_asked(source: TextIO) -> bool:
    """Whether its answer can be read. A process in the background would be stopped by touching the terminal."""
    try:
        return source.isatty() and os.tcgetpgrp(source.fileno()) == os.getpgrp()
    except (OSError, ValueError):
        return False


def answer_seconds(source: int, target: int, limit: float = ANSWER_SECONDS) -> float | None:
    """How long the terminal takes to answer a query; None if it does not within `limit` seconds."""

    def ask() -> float | None:
        began = time.monotonic()
        return None if _answer(source, target, _QUERY, _ANSWER, limit) is None else time.monotonic() - began

    return _unechoed(source, ask)


def widths(source: int, target: int, limit: float = ANSWER_SECONDS) -> dict[str, int]:
    def ask() -> dict[str, int] | None:
        drawn = {}
        try:
            for sample in SAMPLES:
                place = _answer(source, target, b"\r" + sample.encode() + _WHERE, _PLACE, limit)
                if place is None:
                    return None
                drawn[sample] = int(place[1]) - 1
        finally:
            os.write(target, b"\r\x1b[K")
        return drawn

    return _unechoed(source, ask) or {}


def _unechoed(source: int, ask: Callable[[], T | None]) -> T | None:
    """The result of `ask` while the terminal shows nothing that is read from it; None also if it cannot be set so."""
    try:
        before = termios.tcgetattr(source)
    except (OSError, termios.error):
        return None
    result = None
    try:
        tty.setcbreak(source, termios.TCSANOW)
        result = ask()
    except (OSError, termios.error):
        return None
    finally:
        # What came too late must not be typed into the shell.
        termios.tcsetattr(source, termios.TCSANOW if result is not None else termios.TCSAFLUSH, before)
    return result


def _answer(
    source: int, target: int, query: bytes, form: re.Pattern[bytes], limit: float
) -> re.Match[bytes] | None:
    began = time.monotonic()
    os.write(target, query)
    read = b""
    while (rest := began + limit - time.monotonic()) > 0:
        if not select.select([source], [], [], rest)[0]:
            break
        piece = os.read(source, 256)
        if not piece:
            break
        read += piece
        if match := form.search(read):
            return match
    return None
