"""Textual's App with a terminal output of its own: changed cells with flow control, or Textual's own output."""

import asyncio
import base64
import os
from collections.abc import Mapping
from subprocess import TimeoutExpired, run
from typing import Protocol

from rich.color import ColorSystem
from rich.console import RenderableType
from textual.app import App
from textual.driver import Driver
from textual.events import Event, Key, MouseDown, MouseScrollDown, MouseScrollUp, Paste, Resize
from textual.screen import Screen

from services.host.programs import program
from services.host.state_files import state_folder, write_private
from services.i18n import _
from services.models.text import clean
from tui.terminal import screen_updates, whole_characters
from tui.terminal.cells.capabilities import erases_in_colour
from tui.terminal.cells.cell_output import CellOutput
from tui.terminal.cells.compositor import is_paintable
from tui.terminal.cells.line_speed import Link, LinkState
from tui.terminal.driver.safe import SafeDriver
from tui.terminal.passthrough import inside_screen, inside_tmux, pass_through
from tui.terminal.visibility import Visibility, pane, socket_of
from widgets.drawing.ticker import ticker_of

OSC_LIMIT = 74_994
"""Maximum Base64 characters that common terminals accept in one OSC 52 (xterm ctlseqs, "Operating System Commands")."""
TMUX_LIMIT = 1.0  # Time-out in seconds for tmux; usually it needs a few milliseconds
_WITHOUT_OSC = ("linux", "vt100", "vt220")


class Terminal(Protocol):
    @property
    def is_headless(self) -> bool: ...

    def send_control(self, sequence: str) -> None: ...


def copy(app: Terminal, text: str, environ: Mapping[str, str] = os.environ) -> str:
    """Copy `text` unchanged; returns its destination as a sentence. A terminal does not report acceptance."""
    encoded = base64.b64encode(text.encode("utf-8", "replace")).decode("ascii")
    if inside_tmux(environ) and _give_to_tmux(text, environ):
        return _("Copied to tmux and the terminal's clipboard: {count} characters", count=len(text))
    if len(encoded) <= OSC_LIMIT and not app.is_headless and environ.get("TERM") not in _WITHOUT_OSC:
        app.send_control(clipboard_sequence(encoded, environ))
        return _("Copied to the terminal's clipboard: {count} characters", count=len(text))
    path = state_folder("clipboard.txt")
    try:
        write_private(path, text)
    except OSError as error:
        return _("Not copied: {reason}", reason=clean(error))
    return _("Too large for the terminal's clipboard; saved to {path}", path=clean(path))


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
    """OSC 52 for `encoded` (base64). For tmux it comes twice: plain for `set-clipboard on`, wrapped for
    `allow-passthrough on`."""
    sequence = f"\x1b]52;c;{encoded}\x07"
    wrapped = pass_through(sequence, environ)
    return sequence + wrapped if inside_tmux(environ) else wrapped


_USER_EVENTS = (Key, Paste, MouseDown, MouseScrollDown, MouseScrollUp)
HIDDEN_INTERVAL = 1.0  # Seconds between frames while nobody can see the console
HIDDEN_TICK = 5
"""Seconds between updates of clock and ages meanwhile: by so much they may lag until it is noticed that the console can
be seen again."""
OUTPUT_VARIABLE = "TOBAN_OUTPUT"  # The value `textual` selects Textual's own output, for troubleshooting
_COLOURS = {
    "standard": ColorSystem.STANDARD,
    "256": ColorSystem.EIGHT_BIT,
    "truecolor": ColorSystem.TRUECOLOR,
}


class TerminalApp(App[None]):
    """Draws through the console's own driver: sends cells, repaints, releases the mouse, copies. Of Textual's
    private methods it overrides `_build_driver`, `_display`, `_begin_update` and `_end_update`."""

    def __init__(self, link: Link = "auto", output: str = "") -> None:
        """`link`: the assumed speed of the line to the terminal. `output`: `textual` for Textual's own
        output; "" as TOBAN_OUTPUT says."""
        whole_characters.install()
        screen_updates.install()
        super().__init__()
        self._own_output = (output or os.environ.get(OUTPUT_VARIABLE)) != "textual"
        self._link: Link = link
        self._visibility: Visibility | None = None
        self.is_visible_to_anybody = True  # False if tmux says that nobody can see the console

    def get_driver_class(self) -> type[Driver]:
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
                is_relayed=inside_tmux() or inside_screen(),
                on_link=self.on_link,
            )
        return driver

    @property
    def cells(self) -> CellOutput | None:
        """The output that sends changed cells; None with Textual's own output, or without a terminal."""
        return self._driver.cells if isinstance(self._driver, SafeDriver) else None

    def min_interval(self) -> float:
        """Minimum useful seconds between two drawings at present."""
        return self.cells.min_interval if self.cells is not None else 0.0

    def on_resize(self, event: Resize) -> None:
        """Send everything again, because terminals may do anything with their rows when their size changes."""
        if self.cells is not None:
            self.cells.resize(*event.size)
            self._check_visibility()  # a session that was attached again
            self.call_after_refresh(self._draw_if_not_drawn)

    def _draw_if_not_drawn(self) -> None:
        """Draw now: if sizes follow each other quickly, Textual may have drawn for none of them."""
        if self.cells is not None and not self.cells.is_drawn:
            self.screen.refresh(layout=True)

    def on_mount(self) -> None:
        if self.cells is not None and (own := pane()):
            self._visibility = Visibility(own, self.on_visibility, socket_of())
            self.run_worker(self._visibility.follow(), group="visibility")

    def on_visibility(self, visible: bool) -> None:
        """Send one frame a second at most, and tick less often, while nobody can see the console."""
        self.is_visible_to_anybody = visible
        ticker_of(self).tick_every(1 if visible else HIDDEN_TICK)
        if self.cells is not None:
            self.cells.set_min_interval(0.0 if visible else HIDDEN_INTERVAL)

    def on_user_act(self) -> None:
        """Called for a key or a click, before it does anything."""

    def on_app_focus(self) -> None:
        """Check the visibility, because the terminal has gained the focus."""
        self._check_visibility()

    def on_app_blur(self) -> None:
        """Check the visibility, because the terminal has lost the focus."""
        self._check_visibility()

    def _check_visibility(self) -> None:
        if self._visibility is not None:
            self._visibility.check_soon()

    async def on_event(self, event: Event) -> None:
        if isinstance(event, _USER_EVENTS):
            self.on_user_act()
            if self._visibility is not None:
                self._visibility.user_acted()
            if self.cells is not None:
                self.cells.hurry()
        await super().on_event(event)

    def on_link(self, state: LinkState) -> None:
        """Called when the line to the terminal turns slow or fast."""

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
        """Write a control sequence of our own between two frames; it is never dropped. Never pass foreign text."""
        if self._driver is not None and not self.is_headless:
            self._driver.write(sequence)

    def copy_to_clipboard(self, text: str) -> None:
        self.notify(copy(self, text), markup=False)

    def release_mouse(self) -> None:
        """Leave the mouse to the terminal, so that the terminal's own selection works."""
        if isinstance(self._driver, SafeDriver):
            self._driver.release_mouse()

    def repaint_terminal(self) -> None:
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
