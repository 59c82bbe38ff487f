"""The screens of the modes: made when they are first shown, and anew in another language."""

from functools import partial

from services import i18n
from tui.console import Console
from tui.modes import MODES
from tui.runtime.late_modules import make_screen
from tui.screens.common.first_frame import ShellScreen

_BETWEEN = "between"
"""The mode that is shown while there are no others."""


def add_modes(app: Console) -> None:
    """Register the modes; a mode's screen is built when it is first shown."""
    for mode in MODES:
        app.add_mode(mode.id, partial(make_screen, mode.screen))


async def use_other_language(app: Console) -> None:
    """Switch between Japanese and English; the screens are rebuilt."""
    i18n.use("en" if i18n.language() == "ja" else "ja")
    current = app.current_mode
    with app.type_ahead.keys_waiting():
        app.add_mode(_BETWEEN, ShellScreen)
        await app.switch_mode(_BETWEEN)
        for mode in MODES:
            await app.remove_mode(mode.id)
        add_modes(app)
        await app.switch_mode(current)
        await app.remove_mode(_BETWEEN)
    # Remarks and problems are worded when they are read.
    app.refresh_feeds()
