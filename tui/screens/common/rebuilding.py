"""The screens of the modes: made when they are first shown, and anew in another language or for another system."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from services import i18n
from tui.console import Console
from tui.modes import modes
from tui.runtime.late_modules import make_screen
from tui.screens.common.first_frame import ShellScreen

_BETWEEN = "between"  # The mode that is shown while there are no others


def add_modes(app: Console) -> None:
    for mode in modes(several=bool(app.systems)):
        app.add_mode(mode.id, partial(make_screen, mode.screen))


@asynccontextmanager
async def rebuilding(app: Console, then: str = "") -> AsyncIterator[None]:
    """Close every screen for the length of the block; then show the mode `then` anew, "" for the present one.
    One at a time: another system may be ready while the language changes."""
    with app.type_ahead.keys_waiting():
        async with app.rebuilds, _without_screens(app, then):
            yield


@asynccontextmanager
async def _without_screens(app: Console, then: str) -> AsyncIterator[None]:
    then = then or app.current_mode
    app.add_mode(_BETWEEN, ShellScreen)
    await app.switch_mode(_BETWEEN)
    for mode in modes(several=bool(app.systems)):
        await app.remove_mode(mode.id)
    try:
        yield
    finally:
        add_modes(app)
        await app.switch_mode(then)
        await app.remove_mode(_BETWEEN)


async def use_other_language(app: Console) -> None:
    async with rebuilding(app):
        i18n.use("en" if i18n.language() == "ja" else "ja")
    # Remarks and problems are worded when they are read.
    app.refresh_feeds()
