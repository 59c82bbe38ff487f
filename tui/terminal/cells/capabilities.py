from collections.abc import Mapping

_PLAIN = ("screen", "vt", "ansi", "cons", "sun", "eterm")
"""Prefixes of TERM whose terminals erase with the default background (no `bce` in terminfo)."""


def erases_in_colour(environ: Mapping[str, str]) -> bool:
    """Whether erased cells take the current background; tmux does so whatever its TERM."""
    return bool(environ.get("TMUX")) or not environ.get("TERM", "").startswith(_PLAIN)
