"""The console's terminal driver: Textual's, hardened against terminals that lie, stall, send garbage and disappear."""

import os
import signal
import sys
import termios
import threading
import tty
from collections.abc import Callable
from contextlib import suppress
from time import monotonic
from typing import TYPE_CHECKING, Any

from textual import constants, events
from textual.drivers import linux_driver
from textual.drivers.linux_driver import LinuxDriver
from textual.geometry import Size

from tui.signals import on_loop as loop_signals
from tui.terminal import outline
from tui.terminal.cells.cell_output import CellOutput
from tui.terminal.driver.keyboard import Keyboard
from tui.terminal.driver.output import Output, terminal_fileno, write_after, write_now

if TYPE_CHECKING:
    from textual.app import App
    from textual.message import Message

_KITTY_FLAGS = (
    linux_driver.KITTY_DISAMBIGUATE_ESCAPE_CODES
    | linux_driver.KITTY_REPORT_ALL_KEYS
    | linux_driver.KITTY_REPORT_ASSOCIATED_TEXT
)
_MOUSE_OFF = "\x1b[?1000l\x1b[?1003l\x1b[?1015l\x1b[?1006l\x1b[?1016l"
_RESTORED = (
    "\x1b]8;;\x1b\\\x1b[m"  # no link, no colour
    "\x1b[?2026l"  # show what was drawn
    "\x1b[?69l"  # no left and right margins
    "\x1b[?2004l"  # no bracketed paste
    "\x1b[?7h"  # wrap lines
    "\x1b[?2048l"  # no size reports
    f"{_MOUSE_OFF}"
    "\x1b[<u"  # no kitty keyboard, before the alternate screen is left
    "\x1b[?1049l"  # the screen of before
    "\x1b[?25h"  # the cursor
    "\x1b[?1004l"  # no focus reports
)
_SAME_AGAIN = 0.5
"""Seconds within which an equal frame is not sent again; Textual paints up to three times at the start."""
_SMALLEST = (80, 24)  # assumed when the terminal does not know its size


class SafeDriver(LinuxDriver):
    """Writes without blocking the loop, reads without polling, and ends the app when the terminal disappears."""

    def __init__(
        self, app: "App[Any]", *, debug: bool = False, mouse: bool = True, size: tuple[int, int] | None = None
    ) -> None:
        if sys.__stdin__ is None:
            # Standard input is closed: an empty one leads to the orderly end.
            vars(sys)["__stdin__"] = open(os.devnull)  # noqa: SIM115  lives as long as the process
        super().__init__(app, debug=debug, mouse=mouse, size=size)
        self._out_fileno = terminal_fileno()
        self._output: Output | None = None
        self._keyboard: Keyboard | None = None
        self._frame: list[str] | None = None
        self._sent = ("", 0.0)  # The newest frame and when it was sent
        self._loop_thread = threading.get_ident()
        self.cells: CellOutput | None = None
        """Sends only changed cells; None where Textual's own output is used."""

    # -- output

    @property
    def frames_dropped(self) -> int:
        return self._output.frames_dropped if self._output else 0

    def write(self, data: str) -> None:
        """Queue a control sequence, or a part of the current frame; never waits."""
        if self._frame is not None and threading.get_ident() == self._loop_thread:
            self._frame.append(data)
        elif self._output is not None:
            self._output.control(data)

    def send(self, data: bytes) -> None:
        """Write in order, drop nothing, and never wait."""
        if self._output is not None:
            self._output.send(data)

    @property
    def is_busy(self) -> bool:
        return self._output is not None and self._output.is_busy

    def begin_frame(self) -> None:
        """Collect what the loop writes until `end_frame` as one frame, sent or dropped whole."""
        self._frame = []

    def end_frame(self) -> None:
        parts, self._frame = self._frame, None
        if not parts or self._output is None:
            return
        frame, now = "".join(parts), monotonic()
        before, at = self._sent
        if frame != before or now - at > _SAME_AGAIN:
            self._output.frame(frame)
            self._sent = (frame, now)

    def close(self) -> None:
        if self._output is not None:
            self._output.close()
            self._output = None

    def _tell_app(self, call: Callable[[], object]) -> None:
        """Run `call` in the loop; from any thread, without effect once the loop has ended."""
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(call)

    # -- taking over and restoring the terminal

    def _get_terminal_size(self) -> tuple[int, int]:
        try:
            width, height = os.get_terminal_size(self._out_fileno)
        except OSError:
            return _SMALLEST
        return width or _SMALLEST[0], height or _SMALLEST[1]

    def start_application_mode(self) -> None:
        if not self._may_use_terminal():
            return
        # From here on only this driver restores the terminal.
        outline.assume(False)
        self._output = Output(self._out_fileno, lambda: self._tell_app(self._app_repaint))
        self._output.start()
        # Through the loop: a signal handler may interrupt the app anywhere, where posting messages is not safe.
        loop_signals.add(self._loop, signal.SIGWINCH, self._on_winch)
        loop_signals.add(self._loop, signal.SIGTSTP, self._sigtstp_application)
        loop_signals.add(self._loop, signal.SIGCONT, self._sigcont_application)
        self._send_size()
        self.write("\x1b[?1049h")
        self._enable_mouse_support()
        self._make_raw()
        self.write("\x1b[?25l\x1b[?1004h")
        if not constants.DISABLE_KITTY_KEY:
            self.write(f"\x1b[>{_KITTY_FLAGS}u")
        self._start_keyboard()
        self._request_terminal_sync_mode_support()
        self._query_in_band_window_resize()
        self._enable_bracketed_paste()
        self._disable_line_wrap()
        # iTerm 3.5.0 needs it again after the rest.
        self._enable_mouse_support()
        if self.cells is not None:
            self.cells.begin()
        if self._must_signal_resume:
            self._must_signal_resume = False
            self.send_message(self.SignalResume())

    def resume_application_mode(self) -> None:
        super().resume_application_mode()
        self._tell_app(self._app_repaint)

    def _sigcont_application(self, *_args: object) -> None:
        if self._output is not None:
            if not os.isatty(self.fileno):
                return  # the kernel sends SIGCONT with a hang-up
            # Stopped with SIGSTOP, without notice: the shell may have changed everything since.
            self.suspend_application_mode()
        super()._sigcont_application()

    def _may_use_terminal(self) -> bool:
        """Check, before anything is drawn, that the shell has not put the console into the background."""
        if not os.isatty(self.fileno):
            return True

        def stop_again(*_args: object) -> None:
            os.kill(os.getpid(), signal.SIGSTOP)

        signal.signal(signal.SIGTTOU, stop_again)
        signal.signal(signal.SIGTTIN, stop_again)
        try:
            termios.tcsetattr(self.fileno, termios.TCSANOW, termios.tcgetattr(self.fileno))
        except termios.error:
            return False
        finally:
            signal.signal(signal.SIGTTOU, signal.SIG_DFL)
            signal.signal(signal.SIGTTIN, signal.SIG_DFL)
        return True

    def _make_raw(self) -> None:
        self.attrs_before = None
        with suppress(termios.error):
            self.attrs_before = termios.tcgetattr(self.fileno)
            raw = termios.tcgetattr(self.fileno)
            raw[tty.LFLAG] = self._patch_lflag(raw[tty.LFLAG])
            raw[tty.IFLAG] = self._patch_iflag(raw[tty.IFLAG])
            raw[tty.OFLAG] &= ~termios.ONLCR  # it would send a second CR with every CR LF
            raw[tty.CC][termios.VMIN] = 1
            termios.tcsetattr(self.fileno, termios.TCSANOW, raw)

    def disable_input(self) -> None:
        keyboard, self._keyboard = self._keyboard, None
        if keyboard is None:
            return
        self._loop.remove_signal_handler(signal.SIGWINCH)
        keyboard.stop()
        if self._key_thread is not None:
            self._key_thread.join()
        keyboard.close()
        with suppress(termios.error):
            termios.tcflush(self.fileno, termios.TCIFLUSH)

    def stop_application_mode(self) -> None:
        if self.cells is not None and self._keyboard is not None:
            self.cells.end()
        self.disable_input()
        self._restore_attributes()
        self.write(_RESTORED)

    def restore_by_force(self) -> None:
        """Restore the terminal from any thread, past everything queued, without waiting."""
        self._restore_attributes()
        write_now(self._out_fileno, _RESTORED.encode())

    def write_by_force(self, words: str) -> None:
        """Write a sentence, from any thread, after `restore_by_force`."""
        write_after(self._out_fileno, f"{words}\n".encode())

    def _restore_attributes(self) -> None:
        if self.attrs_before is not None:
            with suppress(termios.error):
                termios.tcsetattr(self.fileno, termios.TCSANOW, self.attrs_before)

    # -- size

    def _on_winch(self) -> None:
        if not self._in_band_window_resize:
            self._send_size()

    def _send_size(self) -> None:
        self._sent = ("", 0.0)
        size = Size(*self._get_terminal_size())
        self.send_message(events.Resize(size, size))

    # -- input

    def _start_keyboard(self) -> None:
        self._keyboard = Keyboard(self.fileno, self.process_message, self._is_answer, debug=self._debug)
        self._key_thread = threading.Thread(
            target=self._run_input_thread, args=(), name="terminal-input", daemon=True
        )
        self._key_thread.start()

    def run_input_thread(self) -> None:
        keyboard = self._keyboard
        if keyboard is not None and not keyboard.run():
            if self.cells is not None:
                self.cells.answers.forget()  # no answer can come any more
            self._tell_app(self._app_hung_up)

    def process_message(self, message: "Message") -> None:
        """Hand `message` to the app; called in the input thread."""
        if isinstance(message, events.Key):
            loop_signals.key_pressed(message.key)
        super().process_message(message)
        if self._keyboard is not None:
            self._keyboard.filter.takes_resize = self._in_band_window_resize

    def release_mouse(self) -> None:
        self._disable_mouse_support()

    def _is_answer(self, sequence: str) -> bool:
        return self.cells is not None and self.cells.answers.consume(sequence)

    # -- notifying the app

    def _app_repaint(self) -> None:
        self._sent = ("", 0.0)
        repaint = getattr(self._app, "repaint_terminal", self._app.refresh)
        repaint()

    def _app_hung_up(self) -> None:
        hang_up = getattr(self._app, "hang_up", self._app.exit)
        hang_up()
