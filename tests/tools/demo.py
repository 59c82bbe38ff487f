"""How tests start `toban demo`: in English, on a day of its own, so that no test depends on today."""

import sys
from collections.abc import Sequence

DAY = "2026-01-14 10:00"
"""The world's time at start, in Japan: a Wednesday in business hours with nothing special about it."""


def demo_command(*options: str, lang: str = "en", at: str = DAY) -> list[str]:
    """The command line of a demo that begins at `at` (Japan, `YYYY-MM-DD HH:MM`); `options` follow."""
    return [sys.executable, "-m", "tui", "demo", "--lang", lang, "--at", at, *options]


def is_undated(command: Sequence[str]) -> bool:
    """Whether a command line runs `toban demo` at the machine's time."""
    return "demo" in command and not {"--at", "--help", "--list"} & set(command)
