"""The way to the terminal: changed cells under flow control, or Textual's own output for comparison."""

import asyncio
import os

from rich.color import ColorSystem
from rich.console import RenderableType
from textual.app import App
from textual.driver import Driver
from textual.events import Event, Key, MouseDown, MouseScrollDown, MouseScrollUp, Paste, Resize
from textual.screen import Screen

from tui.terminal.cells.capabilities import erases_in_colour
from tui.terminal.cells.compositor import is_paintable
from tui.terminal.cells.link import Link, LinkState
from tui.terminal.cells.output import CellOutput
from tui.terminal.clipboard import copy
from tui.terminal.driver.safe import SafeDriver
from tui.terminal.visibility import Attention, pane

_ACTS = (Key, Paste, MouseDown, MouseScrollDown, MouseScrollUp)
HIDDEN_INTERVAL = 1.0
"""Seconds between two frames that nobody can see: no more than an idle console sends for its clock."""
OUTPUT_VARIABLE = "TOBAN_OUTPUT"
"""`textual` there gives Textual's own output, for doubt and for comparison."""
_COLOURS = {
    "standard": ColorSystem.STANDARD,
    "256": ColorSystem.EIGHT_BIT,
    "truecolor": ColorSystem.TRUECOLOR,
}


class TerminalApp(App[None]):
    """Textual's App on our driver.

    Of what Textual keeps private it overrides `_build_driver`, `_display`, `_begin_update` and `_end_update`.
    """

    def __init__(self, link: Link = "auto", output: str = "") -> None:
        """`link`: how the line to the terminal is taken to be.

        `output`: `textual` for Textual's own; "" as TOBAN_OUTPUT says.
        """
        super().__init__()
        self._own_output = (output or os.environ.get(OUTPUT_VARIABLE)) != "textual"
        self._link: Link = link
        self._attention: Attention | None = None

    def get_driver_class(self) -> type[Driver]:
        """Ours, whatever the environment says."""
        return SafeDriver

    def _build_driver(
        self, headless: bool, inline: bool, mouse: bool, size: tuple[int, int] | None
    ) -> Driver:
        driver = super()._build_driver(headless, inline, mouse, size)
        if isinstance(driver, SafeDriver) and self._own_output:
            driver.cells = CellOutput(
                driver,
                asyncio.get_running_loop(),
                colours=_COLOURS.get(self.console.color_system or "", ColorSystem.TRUECOLOR),
                erases_in_colour=erases_in_colour(os.environ),
                link=self._link,
                on_link=self.on_link,
            )
        return driver

    @property
    def cells(self) -> CellOutput | None:
        """What sends the screen; None when Textual's own output does, or nothing."""
        return self._driver.cells if isinstance(self._driver, SafeDriver) else None

    def pace(self) -> float:
        """Seconds between two drawings that are worth it at present."""
        return self.cells.pace if self.cells is not None else 0.0

    def on_resize(self, event: Resize) -> None:
        """What a terminal does with its rows when its size changes is its own affair: all is sent anew."""
        if self.cells is not None:
            self.cells.resize(*event.size)
            self.call_after_refresh(self._draw_if_not_drawn)

    def _draw_if_not_drawn(self) -> None:
        """Of sizes that follow each other quickly Textual may have drawn none."""
        if self.cells is not None and not self.cells.is_drawn:
            self.screen.refresh(layout=True)

    def on_mount(self) -> None:
        """Find out now and then whether anybody can see the console."""
        if self.cells is not None and (own := pane()):
            self._attention = Attention(own, self.on_attention)
            self.run_worker(self._attention.follow(), group="attention")

    def on_attention(self, seen: bool) -> None:
        """Somebody can see the console, or nobody: then one frame a second keeps the screen right enough."""
        if self.cells is not None:
            self.cells.keep_apart(0.0 if seen else HIDDEN_INTERVAL)

    def on_app_focus(self) -> None:
        """The terminal says that it has the focus."""
        self._look_around()

    def on_app_blur(self) -> None:
        """The terminal says that something else has the focus."""
        self._look_around()

    def _look_around(self) -> None:
        if self._attention is not None:
            self._attention.look()

    async def on_event(self, event: Event) -> None:
        """As Textual's; a key or a click comes from somebody who sees the screen, and waits for what it does."""
        if isinstance(event, _ACTS):
            if self._attention is not None:
                self._attention.noticed()
            if self.cells is not None:
                self.cells.hurry()
        await super().on_event(event)

    def on_link(self, state: LinkState) -> None:
        """The line to the terminal has turned slow or fast."""

    def _display(self, screen: Screen[object], renderable: RenderableType | None) -> None:
        cells = self.cells
        if cells is None or not is_paintable(renderable):
            super()._display(screen, renderable)
            return
        if self._running and not self._closed and not self._batch_count:
            cells.synchronizes = self._sync_available
            has_cursor = hasattr(self.focused, "cursor_screen_offset")
            cells.cursor = self.screen.outer_size.clamp_offset(self.cursor_position) if has_cursor else None
            cells.paint(renderable)
        self.post_display_hook()

    def send_control(self, sequence: str) -> None:
        """Write a control sequence of our own making between two frames; never dropped, never foreign text."""
        if self._driver is not None and not self.is_headless:
            self._driver.write(sequence)

    def copy_to_clipboard(self, text: str) -> None:
        """Copy, and say where it went."""
        self.notify(copy(self, text), markup=False)

    def release_mouse(self) -> None:
        """Leave the mouse to the terminal, so that its own selection works."""
        if isinstance(self._driver, SafeDriver):
            self._driver.release_mouse()

    def repaint_terminal(self) -> None:
        """Send the whole screen anew, whatever the terminal shows."""
        if self.cells is not None:
            self.cells.repaint()
        elif self._screen_stack:
            self.screen.refresh()

    def _begin_update(self) -> None:
        if isinstance(self._driver, SafeDriver):
            self._driver.begin_frame()
        super()._begin_update()

    def _end_update(self) -> None:
        super()._end_update()
        if isinstance(self._driver, SafeDriver):
            self._driver.end_frame()
