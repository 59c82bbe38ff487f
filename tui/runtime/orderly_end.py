"""The single way in which a console ends: record outcomes, unmount widgets, restore the terminal."""

import asyncio
import signal
from contextlib import AbstractContextManager
from typing import ClassVar, Protocol

from textual.driver import Driver

from tui.exit_status import ended_by
from tui.runtime.watchdog import Watchdog
from tui.terminal.driver.safe import SafeDriver

HUNG_UP = ended_by(signal.SIGHUP)
"""Exit status when the terminal is gone."""


class EndingApp(Protocol):
    """The parts of the app that the end uses."""

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
        """Make the app the active one."""


class OrderlyEnd:
    """Drains once, however often the end is requested; a watchdog kills the process if it takes too long."""

    def __init__(self, app: EndingApp) -> None:
        self._app = app
        self._watchdog = Watchdog()
        self._draining: asyncio.Task[None] | None = None
        self._ending: asyncio.Task[None] | None = None

    def begin(self, status: int) -> None:
        """Drain, unmount, restore the terminal, exit with `status`. Has no effect once the end has begun.

        Needs the running loop.
        """
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
        """Allow DRAIN_SECONDS and END_SECONDS for the end; then the process is killed with `status`."""
        driver = self._app._driver
        if isinstance(driver, SafeDriver):
            seconds = self._app.DRAIN_SECONDS + self._app.END_SECONDS
            self._watchdog.arm(seconds, status, driver.restore_by_force)

    def reached(self) -> None:
        """Cancel the watchdog: the terminal is restored."""
        self._watchdog.cancel()

    async def _drain_and_exit(self, status: int) -> None:
        await self.drain()
        self._app.exit(return_code=status)

    async def _drain_in_time(self) -> None:
        with self._app._context():
            try:
                async with asyncio.timeout(self._app.DRAIN_SECONDS):
                    await self._app.drain()
            except Exception as error:  # noqa: BLE001  the boundary: the terminal is restored in any case
                self._app.report_bug(error)
