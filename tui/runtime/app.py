"""The ground the console stands on: how it ends, how it survives its own faults, what reaches the terminal.

A subclass adds screens and feeds. What Textual keeps private and this needs is named here, in `boundary`
and in `driver`, and nowhere else; Textual's version is pinned for that reason.
"""

import asyncio
import sys
from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import Any, ClassVar

from rich.text import Text
from textual.dom import DOMNode
from textual.filter import LineFilter
from textual.message import Message
from textual.screen import Screen
from textual.widget import Widget
from textual.worker import WorkerFailed

from services.i18n import _
from services.models.text import clean
from tui.exit_status import ExitStatus
from tui.runtime import last_resort, screenshots
from tui.runtime.bugs import Bugs
from tui.runtime.closed_screens import Freeze, let_go
from tui.runtime.crash_report import environment_secrets
from tui.runtime.fault_boundary import StrayCancellation, contain, forget_sender, is_cancelled, stray
from tui.runtime.ordered_app import OrderedApp
from tui.runtime.orderly_end import HUNG_UP, OrderlyEnd
from tui.runtime.watchdog import leave_blocked
from tui.signals import on_loop as loop_signals
from tui.terminal.cells.link import Link
from tui.terminal.output_filter import LastLine


class UnsafeText(Exception):
    """Text that was not cleaned reached the screen; the last line of defence deleted what was unsafe."""


class RuntimeApp(OrderedApp):
    """Textual's App with an orderly end, a boundary for its faults and a driver that trusts no terminal."""

    DRAIN_SECONDS: ClassVar[float] = 10.0
    """How long the end waits for `drain`."""
    END_SECONDS: ClassVar[float] = 4.0
    """How long unmounting may take after that, before the process is ended by force."""

    def __init__(self, link: Link = "auto", output: str = "") -> None:
        """As OrderedApp's."""
        super().__init__(link, output)
        self.fail_fast: bool | None = None
        """Let faults end the app: True, False, or None for "when it runs headless", as in tests."""
        self.bugs = Bugs()
        """Faults of the console itself since it started, by kind and place."""
        self._last_line = LastLine(self._on_unsafe_text)
        self._orderly_end = OrderlyEnd(self)
        self._freeze = Freeze()
        self._contains = False
        self._shutting_down = False

    # -- what a subclass adds

    async def drain(self) -> None:
        """Bring what is in flight to its recorded outcome; given DRAIN_SECONDS, called once before the end."""

    def known_secrets(self) -> Iterable[str]:
        """Live secrets, replaced wherever a fault is described."""
        return environment_secrets()

    def report_bug(self, error: BaseException) -> None:
        """Keep a fault and tell the operator, once for each kind and place; never raises."""
        bug = self.bugs.keep(error, self.known_secrets())
        if bug is not None:
            self.notify(bug.summary, title=_("Internal error"), severity="error", timeout=20, markup=False)

    def on_fault(self, error: BaseException) -> None:
        """A fault in what repeats: kept and told, and the work goes on; raised where faults end the app."""
        if self._lets_faults_through:
            raise error
        self.report_bug(error)

    # -- the end

    def end(self, status: int = 0) -> None:
        """Begin the orderly end, which leaves with `status`; needs the running loop."""
        self._orderly_end.begin(status)

    def hang_up(self) -> None:
        """End because the terminal is gone."""
        self.end(HUNG_UP)

    async def action_quit(self) -> None:
        """End the console."""
        self.end()

    def run(self, **options: Any) -> None:
        """Run until the end; see `App.run`."""
        try:
            super().run(**options)
        finally:
            self._orderly_end.reached()

    async def run_async(self, **options: Any) -> None:
        """Run until the end, with the signals that end a process turned into an orderly end."""
        asyncio.get_running_loop().set_exception_handler(self._on_loop_fault)
        with loop_signals.handled(
            self._orderly_end.on_signal, lambda number: leave_blocked(number, self._driver)
        ):
            await super().run_async(**options)

    def _on_loop_fault(self, _loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """A fault that no task's owner saw."""
        error = context.get("exception")
        if isinstance(error, Exception):
            self.report_bug(error)
        else:
            last_resort.on_loop_fault(_loop, context)

    async def _shutdown(self) -> None:
        self._shutting_down = True
        self._orderly_end.arm_watchdog(self.return_code or 0)
        await self._orderly_end.drain()
        await super()._shutdown()

    def _say_unasked(self) -> None:
        """The message loop ended, and nobody had asked for it: say so once the terminal is given back."""
        self._return_code = ExitStatus.SOFTWARE
        self._exit_renderables.append(Text(last_resort.unasked(bug.summary for bug in self.bugs.values())))

    # -- the boundary

    @property
    def _lets_faults_through(self) -> bool:
        return self.is_headless if self.fail_fast is None else self.fail_fast

    async def _replace_screen(self, screen: Screen[Any]) -> Screen[Any]:
        closed = await super()._replace_screen(screen)
        let_go(self)
        self._freeze.thaw_later(self)
        return closed

    def freeze(self) -> None:
        """Spare the collector what there is now: it lives as long as the console."""
        self._freeze.begin()

    async def _process_messages_loop(self) -> None:
        self._contains = True
        try:
            await super()._process_messages_loop()
        finally:
            self._contains = False
            if not (self._exit or self.return_code or self._shutting_down or is_cancelled()):
                self._say_unasked()

    def _register_child(self, parent: DOMNode, child: Widget, before: int | None, after: int | None) -> None:
        contain(child, self._on_contained, self._dispatching)
        if isinstance(child, Screen):
            self._freeze.note(child)
        super()._register_child(parent, child, before, after)

    def _start_widget(self, parent: Widget, widget: Widget) -> None:
        """Scroll bars and their corners are no children and come this way."""
        contain(widget, self._on_contained, self._dispatching)
        super()._start_widget(parent, widget)

    async def _dispatch_message(self, message: Message) -> None:
        if not self._contains:
            await super()._dispatch_message(message)
            return
        self._dispatching.count += 1
        try:
            await super()._dispatch_message(message)
        except asyncio.CancelledError as error:
            # Let through, it would end the message loop, and with it the console, without a word.
            if is_cancelled():
                raise
            self._on_contained(stray(self, message, error))
        except Exception as error:  # noqa: BLE001  the boundary: an action's fault is not the console's end
            self._on_contained(error)
        finally:
            self._dispatching.count -= 1
            forget_sender(message, last=True)

    def _on_contained(self, error: Exception) -> None:
        """A widget's fault, with `error` being handled."""
        if not self._contains and isinstance(error, StrayCancellation) and error.__cause__ is not None:
            raise error.__cause__
        if self._lets_faults_through or not self._contains:
            raise error
        self.report_bug(error)

    def _handle_exception(self, error: Exception) -> None:
        if self._contains and not self._lets_faults_through and not self.bugs.flooded():
            self.report_bug(error.error if isinstance(error, WorkerFailed) and error.error else error)
        else:
            super()._handle_exception(error)
            # Textual's own is 1, which means "attention".
            self._return_code = ExitStatus.SOFTWARE

    def _fatal_error(self) -> None:
        self.bell()
        error = sys.exc_info()[1]
        if error is not None:
            self._exit_renderables.append(Text(last_resort.line(error, self.known_secrets())))
        self._close_messages_no_wait()

    def _print_error_renderables(self) -> None:
        # A terminal that is gone cannot be told anything.
        with suppress(OSError):
            super()._print_error_renderables()

    # -- what reaches the terminal

    @property
    def filter_hits(self) -> int:
        """How often the last line of defence had to delete something; each is a bug."""
        return self._last_line.hits

    def _on_unsafe_text(self, text: str) -> None:
        self.call_later(self.report_bug, UnsafeText(clean(text, 80)))

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Textual's filters, then the last line of defence."""
        return [*super().get_line_filters(), self._last_line]

    def save_screenshot(
        self, filename: str | None = None, path: str | None = None, time_format: str | None = None
    ) -> str:
        """Save the screen as SVG, readable by its owner alone; the path."""
        return screenshots.save(self.export_screenshot(), filename, path, time_format)

    def deliver_screenshot(
        self, filename: str | None = None, path: str | None = None, time_format: str | None = None
    ) -> str | None:
        """Save the screen as SVG and say where; None."""
        try:
            saved = self.save_screenshot(filename, path, time_format)
        except OSError as error:
            self.notify(_("Not saved: {reason}").format(reason=clean(error)), severity="error", markup=False)
        else:
            self.notify(_("Saved to {path}").format(path=clean(saved)), markup=False)
        return None
