"""The bytes that the console sends for the screen it shows."""

import asyncio
from typing import Any

from rich.color import ColorSystem
from rich.style import Style
from textual._compositor import LayoutUpdate
from textual.app import App
from textual.filter import Monochrome
from textual.pilot import Pilot

from tests.tools.screens.palettes import Look
from tui.terminal.cells.compositor import paint
from tui.terminal.cells.encoder import Encoder
from tui.terminal.cells.grid import CellGrid
from tui.terminal.cells.styles import Renditions

_QUIET = 0.05  # Seconds between two reads of a screen that must be equal
_READS = 40  # A screen that never stands still is taken as it is after so many


class PaletteRenditions(Renditions):
    """Renditions of one palette, whichever palettes the same styles were written for before."""

    def of_style(self, style: Style | None) -> int:
        """The number of a Rich style."""
        if style is not None:
            # Rich keeps the codes that a style was first written with; a console has one palette as long as it runs.
            style._ansi = None
        return super().of_style(style)


def composed(app: App[Any], renditions: Renditions) -> CellGrid:
    """The cells of the present screen, with what a translucent dialog lets through."""
    stack = app._background_screens
    update = app.screen._compositor.render_update(full=True, screen_stack=stack)
    assert isinstance(update, LayoutUpdate)
    grid = CellGrid(*app.size)
    paint(grid, renditions, update)
    return grid


def sent(app: App[Any], colours: ColorSystem) -> bytes:
    """All that a terminal with this palette is sent for the present screen."""
    renditions = PaletteRenditions(colours)
    frame, complete = Encoder(*app.size, renditions).encode(composed(app, renditions))
    assert complete
    return frame.encode()


async def sent_in(pilot: Pilot[Any], look: Look) -> bytes:
    """What is sent in a look, once its theme is on and the screen stands still."""
    app = pilot.app
    app.console._color_system = look.palette.colours
    _use_colour(app, not look.palette.no_color)
    if app.theme != look.theme:
        app.theme = look.theme
        await pilot.pause()
        # Textual leaves out a system's modal screen on top, which the command palette is.
        app.stylesheet.update(app.screen, animate=False)
    before = b""
    for _read in range(_READS):
        await pilot.pause()
        now = sent(app, look.palette.colours)
        if now == before:
            break
        before = now
        await asyncio.sleep(_QUIET)
    return before


def _use_colour(app: App[Any], on: bool) -> None:
    """Let the console run without NO_COLOR, or with it, as it would from its start on."""
    if app.no_color is not on:
        return
    app.no_color = not on
    if on:
        app._filters = [each for each in app._filters if not isinstance(each, Monochrome)]
    else:
        app._filters.append(Monochrome())
    app.refresh_css(animate=False)
    for screen in app.screen_stack:
        for widget in screen.walk_children(with_self=True):
            widget._styles_cache.clear()
            widget.refresh()
