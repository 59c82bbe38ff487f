"""What the terminal is taken to be able to do, from its name."""

from collections.abc import Mapping

_PLAIN = ("screen", "vt", "ansi", "cons", "sun", "eterm")
"""Beginnings of TERM whose terminals leave the default background where they erase (no `bce` in terminfo)."""


def erases_in_colour(environ: Mapping[str, str]) -> bool:
    """Whether erased cells take the background in use; tmux does so whatever name it goes by."""
    return bool(environ.get("TMUX")) or not environ.get("TERM", "").startswith(_PLAIN)
