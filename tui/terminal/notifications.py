import os
from collections.abc import Mapping
from typing import Protocol

from services.models.text import clean
from tui.terminal.passthrough import pass_through

_TEXT_LIMIT = 200
# The Linux console prints unknown sequences; the others are too old for them.
_WITHOUT_OSC = ("linux", "vt100", "vt220")


class NotifyingTerminal(Protocol):
    def bell(self) -> None: ...

    def send_control(self, sequence: str) -> None: ...


def ring(app: NotifyingTerminal, text: str) -> None:
    app.bell()
    if os.environ.get("TERM") not in _WITHOUT_OSC:
        app.send_control(notification_sequence(text))


def notification_sequence(text: str, environ: Mapping[str, str] = os.environ) -> str:
    """OSC 9 (iTerm2, kitty, WezTerm, foot, Windows Terminal; others ignore it). The prefix prevents ConEmu
    from taking a text such as `4;1` for its progress bar."""
    return pass_through(f"\x1b]9;Toban: {clean(text, _TEXT_LIMIT)}\x07", environ)
