"""The way to the terminal: changed cells under flow control, or Textual's own output for comparison."""

import asyncio
import os

from rich.color import ColorSystem
from rich.console import RenderableType
from textual.app import App
from textual.driver import Driver
from textual.screen import Screen

from tui.driver.safe import SafeDriver
from tui.wire.features import features
from tui.wire.link import Link, LinkState
from tui.wire.output import CellOutput
from tui.wire.paint import is_paintable

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

    def __init__(self, link: Link = "auto") -> None:
        """`link`: how the line to the terminal is taken to be."""
        super().__init__()
        self._link: Link = link

    def get_driver_class(self) -> type[Driver]:
        """Ours, whatever the environment says."""
        return SafeDriver

    def _build_driver(
        self, headless: bool, inline: bool, mouse: bool, size: tuple[int, int] | None
    ) -> Driver:
        driver = super()._build_driver(headless, inline, mouse, size)
        if isinstance(driver, SafeDriver) and os.environ.get(OUTPUT_VARIABLE) != "textual":
            driver.cells = CellOutput(
                driver,
                asyncio.get_running_loop(),
                colours=_COLOURS.get(self.console.color_system or "", ColorSystem.TRUECOLOR),
                features=features(os.environ),
                link=self._link,
                on_link=self.on_link,
            )
        return driver

    @property
    def cells(self) -> CellOutput | None:
        """What sends the screen; None when Textual's own output does, or nothing."""
        return self._driver.cells if isinstance(self._driver, SafeDriver) else None

    def on_resize(self) -> None:
        """What a terminal does with its rows when its size changes is its own affair; Textual draws all anew."""
        if self.cells is not None:
            self.cells.forget()

    def on_link(self, state: LinkState) -> None:
        """The line to the terminal has turned slow or fast."""

    def _display(self, screen: Screen[object], renderable: RenderableType | None) -> None:
        cells = self.cells
        if cells is None or not is_paintable(renderable):
            super()._display(screen, renderable)
            return
        if self._running and not self._closed and not self._batch_count:
            cells.synchronizes = self._sync_available
            cells.cursor = self.cursor_position if hasattr(self.focused, "cursor_screen_offset") else None
            cells.paint(renderable, *self.size)
        self.post_display_hook()

    def send_control(self, sequence: str) -> None:
        """Write a control sequence of our own making between two frames; never dropped, never foreign text."""
        if self._driver is not None and not self.is_headless:
            self._driver.write(sequence)

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
