"""Copies text to the clipboard of the operator's machine, also over SSH, or to a file if that fails."""

import base64
import os
from collections.abc import Mapping
from subprocess import TimeoutExpired, run
from typing import Protocol

from services.host.programs import program
from services.host.state_files import state_folder, write_private
from services.i18n import _
from services.models.text import clean
from tui.terminal.passthrough import inside_tmux, pass_through

OSC_LIMIT = 74_994
"""Maximum Base64 characters that common terminals accept in one OSC 52 (xterm ctlseqs, "Operating System Commands")."""
TMUX_LIMIT = 1.0
"""Time-out in seconds for tmux; usually it needs a few milliseconds."""
_WITHOUT_OSC = ("linux", "vt100", "vt220")


class Terminal(Protocol):
    """The part of the app that copying uses."""

    @property
    def is_headless(self) -> bool:
        """Whether there is no terminal."""

    def send_control(self, sequence: str) -> None:
        """Write a control sequence to the terminal."""


def copy(app: Terminal, text: str, environ: Mapping[str, str] = os.environ) -> str:
    """Copy `text` unchanged; returns its destination as a sentence. A terminal does not report acceptance."""
    encoded = base64.b64encode(text.encode("utf-8", "replace")).decode("ascii")
    if inside_tmux(environ) and _give_to_tmux(text, environ):
        return _("Copied to tmux and the terminal's clipboard: {count} characters").format(count=len(text))
    if len(encoded) <= OSC_LIMIT and not app.is_headless and environ.get("TERM") not in _WITHOUT_OSC:
        app.send_control(clipboard_sequence(encoded, environ))
        return _("Copied to the terminal's clipboard: {count} characters").format(count=len(text))
    path = state_folder("clipboard.txt")
    try:
        write_private(path, text)
    except OSError as error:
        return _("Not copied: {reason}").format(reason=clean(error))
    return _("Too large for the terminal's clipboard; saved to {path}").format(path=clean(path))


def _give_to_tmux(text: str, environ: Mapping[str, str]) -> bool:
    """Copy into tmux's buffer: with its default settings it ignores an application's own OSC 52."""
    tmux = program("tmux")
    if tmux is None:
        return False
    data = text.encode("utf-8", "replace")
    try:
        process = run(
            [tmux, "load-buffer", "-w", "-"],
            check=False,
            input=data,
            env=dict(environ),
            timeout=TMUX_LIMIT,
            capture_output=True,
        )
    except (OSError, TimeoutExpired):
        return False
    return process.returncode == 0


def clipboard_sequence(encoded: str, environ: Mapping[str, str] = os.environ) -> str:
    """OSC 52 for `encoded` (base64).

    For tmux it comes twice: plain for `set-clipboard on`, wrapped for `allow-passthrough on`.
    """
    sequence = f"\x1b]52;c;{encoded}\x07"
    wrapped = pass_through(sequence, environ)
    return sequence + wrapped if inside_tmux(environ) else wrapped
