"""The keys to begin with, shown to a person once: at the first start."""

import asyncio

from services.host.first_start import claim_first_start
from services.i18n import _
from tui.console import Console
from tui.modes import MODES
from widgets.frame.message_line import LineMessage

SECONDS = 60.0  # How long it is shown, unless a key does something before


async def greet(app: Console) -> None:
    if not await asyncio.to_thread(claim_first_start):
        return
    inspect = next(mode for mode in MODES if mode.id == "inspect")
    active = [each.binding for each in app.screen.active_bindings.values()]
    help_key = next((app.get_key_display(each) for each in active if each.id == "help"), "?")
    words = _("First steps: {inspect} · ⏎ Open · {help} Help with all keys and commands").format(
        inspect=f"{inspect.key} {_(inspect.title)}", help=help_key
    )
    app.tell(LineMessage(words, seconds=SECONDS))
