"""Textual's App that survives internal errors, ends in order, and sends no unsafe text to the terminal. A
subclass adds screens and feeds. Private members of Textual are used almost only in `tui.runtime` and
`tui.terminal`; its version is pinned for that reason."""

import asyncio
import errno
import signal
import sys
from collections import deque
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager, suppress
from functools import partial
from time import monotonic
from typing import Any, ClassVar, Protocol

from rich.text import Text
from textual.cache import LRUCache
from textual.css.stylesheet import Stylesheet
from textual.dom import DOMNode
from textual.driver import Driver
from textual.filter import LineFilter
from textual.message import Message
from textual.screen import Screen
from textual.widget import Widget
from textual.worker import WorkerFailed

from services.background.boundaries import Boundary
from services.i18n import _
from services.models.text import clean
from tui.exit_status import ExitStatus, ended_by
from tui.runtime import debug_log, last_resort, screenshots
from tui.runtime.closed_screens import StyleFreeze, drop_watchers
from tui.runtime.crash_report import Bug, crash_site, crash_summary, crash_text, environment_secrets
from tui.runtime.fault_boundary import StrayCancellation, forget_sender, guard_widget, is_cancelled, report_of
from tui.runtime.ordered_app import OrderedApp
from tui.runtime.watchdog import Watchdog, leave_blocked
from tui.signals import on_loop as loop_signals
from tui.terminal.cells.line_speed import Link
from tui.terminal.driver.safe import SafeDriver
from tui.terminal.output_filter import OutputFilter

HUNG_UP = ended_by(signal.SIGHUP)  # Exit status when the terminal is gone


class EndingApp(Protocol):
    DRAIN_SECONDS: ClassVar[float]
    END_SECONDS: ClassVar[float]
    _driver: Driver | None

    async def drain(self) -> None:
        """Wait for the recorded outcome of work in progress."""

    def report_bug(self, error: BaseException) -> None:
        """Record an internal error and notify the operator."""

    def exit(self, result: None = None, return_code: int = 0) -> None:
        """End the message loop with this status."""

    def _context(self) -> AbstractContextManager[None]:
        pass


class OrderlyEnd:
    """Drains once, however often the end is requested; a watchdog kills the process if it takes too long."""

    def __init__(self, app: EndingApp) -> None:
        self._app = app
        self._watchdog = Watchdog()
        self._draining: asyncio.Task[None] | None = None
        self._ending: asyncio.Task[None] | None = None

    def begin(self, status: int) -> None:
        """Drain, unmount, restore the terminal, exit with `status`. Has no effect once the end has begun.
        Needs the running loop."""
        if self._ending is None:
            self.arm_watchdog(status)
            self._ending = asyncio.get_running_loop().create_task(
                self._drain_and_exit(status), name="orderly end"
            )

    def on_signal(self, number: int) -> None:
        """Begin the end for signal `number`; a repeated request by a person skips the drain."""
        # Programs send SIGTERM and SIGHUP in pairs; only a person repeats SIGINT or SIGQUIT.
        if self._draining is not None and number in (signal.SIGINT, signal.SIGQUIT):
            self._draining.cancel()
        self.begin(ended_by(number))

    async def drain(self) -> None:
        """Let the app drain once, for at most DRAIN_SECONDS; further callers wait for the same drain."""
        if self._draining is None:
            self._draining = asyncio.create_task(self._drain_in_time(), name="drain")
        await asyncio.wait([self._draining])

    def arm_watchdog(self, status: int) -> None:
        driver = self._app._driver
        if isinstance(driver, SafeDriver):
            seconds = self._app.DRAIN_SECONDS + self._app.END_SECONDS
            self._watchdog.arm(seconds, status, driver.restore_by_force)

    def reached(self) -> None:
        self._watchdog.cancel()

    async def _drain_and_exit(self, status: int) -> None:
        await self.drain()
        self._app.exit(return_code=status)

    async def _drain_in_time(self) -> None:
        # The terminal is restored in any case.
        with self._app._context(), Boundary(self._app.report_bug):
            async with asyncio.timeout(self._app.DRAIN_SECONDS):
                await self._app.drain()


MOST = 100  # Maximum number of different errors recorded
LOGGED_AGAIN = frozenset({10, 100, 1_000, 10_000, 100_000})  # Counts of one error at which it is logged again
FLOOD, FLOOD_SECONDS = 50, 5.0
"""This many errors within this many seconds mean that the screen cannot be right."""


class Bugs(dict[tuple[str, str, int], Bug]):
    """Each error once, by kind and place, with its count."""

    def __init__(self) -> None:
        super().__init__()
        self._recent: deque[float] = deque(maxlen=FLOOD)

    def keep(self, error: BaseException, secrets: Iterable[str]) -> Bug | None:
        """Count `error` and log it; returns the new entry, None for a known error or if there are too many."""
        site = crash_site(error)
        if (bug := self.get(site)) is not None:
            bug.count += 1
            if bug.count in LOGGED_AGAIN:
                debug_log.note(f"{bug.count} times: {bug.summary}", secrets)
            return None
        if len(self) >= MOST:
            return None
        hidden = tuple(secrets)
        bug = self[site] = Bug(crash_summary(error, hidden), crash_text(error, hidden))
        debug_log.fault(error, "survived", hidden)
        return bug

    def flooded(self) -> bool:
        """Count one more error; returns whether there are too many for the screen to be right."""
        now = monotonic()
        self._recent.append(now)
        return len(self._recent) == FLOOD and now - self._recent[0] < FLOOD_SECONDS


# A stylesheet that parses each source once.
#
# Textual parses every source again for each screen that is opened for the first time, and caches 64 of them, fewer than
# the console has.


SOURCES = 4096  # Parsed sources to cache; more than there are widget classes


class CachingStylesheet(Stylesheet):
    """Keeps what was parsed until a variable, such as a colour of the theme, changes."""

    def __init__(self, *, variables: dict[str, str] | None = None) -> None:
        super().__init__(variables=variables)
        self._parse_cache = LRUCache(SOURCES)

    def set_variables(self, variables: dict[str, str]) -> None:
        if variables != self._variables:
            super().set_variables(variables)

    def reparse(self) -> None:
        self.parse()


class UnsafeText(Exception):
    """Text that was not cleaned reached the screen; the output filter removed the unsafe part."""


class RuntimeApp(OrderedApp):
    """Reports an internal error instead of ending with it, and gives every end the same order."""

    DRAIN_SECONDS: ClassVar[float] = 10.0  # Maximum seconds that the end waits for `drain`
    END_SECONDS: ClassVar[float] = 4.0
    """Maximum seconds for unmounting afterwards; then the process is killed."""

    def __init__(self, link: Link = "auto", output: str = "") -> None:
        super().__init__(link, output)
        self.stylesheet = CachingStylesheet(variables=self.get_css_variables())
        self.fail_fast: bool | None = None
        """Whether internal errors end the app: True, False, or None for "if it runs headless", as in tests."""
        self.bugs = Bugs()  # Internal errors since the start, by kind and place
        self._output_filter = OutputFilter(self._on_unsafe_text)
        self._orderly_end = OrderlyEnd(self)
        self._freeze = StyleFreeze()
        self._loop_runs = False
        self._shutting_down = False

    # -- for subclasses

    async def drain(self) -> None:
        """Wait for the recorded outcome of work in progress, up to DRAIN_SECONDS; called once before the end."""

    def known_secrets(self) -> Iterable[str]:
        return environment_secrets()

    def report_bug(self, error: BaseException) -> None:
        """Record an internal error, and notify the operator once for each kind and place; never raises."""
        bug = self.bugs.keep(error, self.known_secrets())
        if bug is not None:
            self.notify(bug.summary, title=_("Internal error"), severity="error", timeout=20, markup=False)

    def on_fault(self, error: BaseException) -> None:
        """Report an internal error in repeating work, which continues; raise it if errors end the app."""
        if self._lets_faults_through:
            raise error
        self.report_bug(error)

    # -- the end

    def end(self, status: int = 0) -> None:
        """Begin the orderly end with the exit status `status`; needs the running loop."""
        self._orderly_end.begin(status)

    def hang_up(self) -> None:
        """End because the terminal is gone."""
        self.end(HUNG_UP)

    async def action_quit(self) -> None:
        self.end()

    def run(self, **options: Any) -> None:
        try:
            super().run(**options)
        finally:
            self._orderly_end.reached()

    async def run_async(self, **options: Any) -> None:
        asyncio.get_running_loop().set_exception_handler(self._on_loop_fault)
        with loop_signals.handled(
            self._orderly_end.on_signal, lambda number: leave_blocked(number, self._driver)
        ):
            await super().run_async(**options)

    def _on_loop_fault(self, _loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
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

    def _report_unexpected_end(self) -> None:
        self._return_code = ExitStatus.SOFTWARE
        self._exit_renderables.append(
            Text(last_resort.unexpected_end(bug.summary for bug in self.bugs.values()))
        )

    # -- the fault boundary

    @property
    def _lets_faults_through(self) -> bool:
        return self.is_headless if self.fail_fast is None else self.fail_fast

    async def _replace_screen(self, screen: Screen[Any]) -> Screen[Any]:
        closed = await super()._replace_screen(screen)
        drop_watchers(self)
        self._freeze.thaw_later(self)
        return closed

    def push_screen(self, screen: Screen[Any] | str, *arguments: Any, **options: Any) -> Any:
        pushed = super().push_screen(screen, *arguments, **options)
        self._freeze.opened_above(self.get_screen(screen))
        return pushed

    def freeze(self) -> None:
        """Exempt the existing objects from garbage collection, because they live as long as the console."""
        self._freeze.begin()
        self._freeze.thaw_later(self)

    async def _process_messages_loop(self) -> None:
        # From Python 3.12 on, Textual lets tasks begin inside `create_task`; here they begin later, as on Python 3.11.
        asyncio.get_running_loop().set_task_factory(None)
        self._loop_runs = True
        try:
            await super()._process_messages_loop()
        finally:
            self._loop_runs = False
            if not (self._exit or self.return_code or self._shutting_down or is_cancelled()):
                self._report_unexpected_end()

    def _register_child(self, parent: DOMNode, child: Widget, before: int | None, after: int | None) -> None:
        guard_widget(child, self._on_widget_fault, self._dispatching)
        if isinstance(child, Screen):
            self._freeze.note(child)
        super()._register_child(parent, child, before, after)

    def _start_widget(self, parent: Widget, widget: Widget) -> None:
        guard_widget(widget, self._on_widget_fault, self._dispatching)
        super()._start_widget(parent, widget)

    async def _dispatch_message(self, message: Message) -> None:
        if not self._loop_runs:
            await super()._dispatch_message(message)
            return
        self._dispatching.count += 1
        try:
            # A stray cancellation, if raised further, would silently end the message loop and the console.
            with Boundary(partial(report_of, self._on_widget_fault, self, message)):
                await super()._dispatch_message(message)
        finally:
            self._dispatching.count -= 1
            forget_sender(message, last=True)

    def _on_widget_fault(self, error: Exception) -> None:
        """Report an error in a widget, or raise it; called while `error` is being handled."""
        if not self._loop_runs and isinstance(error, StrayCancellation) and error.__cause__ is not None:
            raise error.__cause__
        if self._lets_faults_through or not self._loop_runs:
            raise error
        self.report_bug(error)

    def _handle_exception(self, error: Exception) -> None:
        if self._loop_runs and not self._lets_faults_through and not self.bugs.flooded():
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
        # The terminal may be gone.
        with suppress(OSError):
            super()._print_error_renderables()

    # -- what reaches the terminal

    @property
    def filter_hits(self) -> int:
        return self._output_filter.hits

    def _on_unsafe_text(self, text: str) -> None:
        self.call_later(self.report_bug, UnsafeText(clean(text, 80)))

    def get_line_filters(self) -> Sequence[LineFilter]:
        return [*super().get_line_filters(), self._output_filter]

    def save_screenshot(
        self, filename: str | None = None, path: str | None = None, time_format: str | None = None
    ) -> str:
        """Save the screen as SVG that only its owner can read; returns the path. Raises OSError, also for a secret."""
        if any(getattr(screen, "is_confidential", False) for screen in self.screen_stack):
            raise PermissionError(errno.EPERM, _("a secret may be on screen"))
        return screenshots.save(self.export_screenshot(), filename, path, time_format)

    def deliver_screenshot(
        self, filename: str | None = None, path: str | None = None, time_format: str | None = None
    ) -> str | None:
        try:
            saved = self.save_screenshot(filename, path, time_format)
        except OSError as error:
            self.notify(_("Not saved: {reason}", reason=clean(error)), severity="error", markup=False)
        else:
            self.notify(_("Saved to {path}", path=clean(saved)), markup=False)
        return None
