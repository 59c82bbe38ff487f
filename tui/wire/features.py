"""What the terminal is taken to be able to do, from its name."""

from collections.abc import Mapping
from typing import NamedTuple

_NO_COLOUR_ERASE = ("screen", "vt", "ansi", "cons", "sun", "eterm")
"""Beginnings of TERM whose terminals leave the default background where they erase (no `bce` in terminfo)."""


class Features(NamedTuple):
    """What may be relied on."""

    erases_in_colour: bool = True
    """Erased cells take the background in use (terminfo: bce)."""
    synchronizes: bool = False
    """Shows a frame at once (mode 2026)."""


def features(environ: Mapping[str, str]) -> Features:
    """As the environment tells; tmux erases in colour whatever name it goes by."""
    name = environ.get("TERM", "")
    return Features(erases_in_colour=bool(environ.get("TMUX")) or not name.startswith(_NO_COLOUR_ERASE))
