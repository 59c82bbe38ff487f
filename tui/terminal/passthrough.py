"""Carries a control sequence through tmux or GNU screen to the terminal outside."""

import os
from collections.abc import Mapping

_SCREEN_LIMIT = 700  # GNU screen forgets a string longer than 768 bytes


def inside_tmux(environ: Mapping[str, str] = os.environ) -> bool:
    return bool(environ.get("TMUX"))


def inside_screen(environ: Mapping[str, str] = os.environ) -> bool:
    return bool(environ.get("STY")) and not inside_tmux(environ)


def pass_through(sequence: str, environ: Mapping[str, str] = os.environ) -> str:
    """`sequence` wrapped for tmux or GNU screen, where one of them runs. tmux passes it on with
    `allow-passthrough on`; see tmux(1)."""
    if inside_tmux(environ):
        return f"\x1bPtmux;{sequence.replace(chr(27), chr(27) * 2)}\x1b\\"
    if inside_screen(environ):
        pieces = [sequence[at : at + _SCREEN_LIMIT] for at in range(0, len(sequence), _SCREEN_LIMIT)]
        return "".join(f"\x1bP{piece}\x1b\\" for piece in pieces)
    return sequence
