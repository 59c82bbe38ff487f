"""The one end of a console: what is in flight is recorded, then the widgets go, then the terminal is given back."""

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
    """What the end needs of the app."""

    DRAIN_SECONDS: ClassVar[float]
    END_SECONDS: ClassVar[float]
    _driver: Driver | None

    async def drain(self) -> None:
        """Bring what is in flight to its recorded outcome."""

    def report_bug(self, error: BaseException) -> None:
        """Keep a fault and tell the operator."""

    def exit(self, result: None = None, return_code: int = 0) -> None:
        """End the message loop with this status."""

    def _context(self) -> AbstractContextManager[None]:
        """The app as the active one."""


class OrderlyEnd:
    """Drains once, however often the end is asked for; a watchdog ends the process where that takes too long."""

    def __init__(self, app: EndingApp) -> None:
        self._app = app
        self._watchdog = Watchdog()
        self._draining: asyncio.Task[None] | None = None
        self._ending: asyncio.Task[None] | None = None

    def begin(self, status: int) -> None:
        """Drain, unmount, give the terminal back, leave with `status`. An end that has begun goes on as it is.

        Needs the running loop.
        """
        if self._ending is None:
            self.arm_watchdog(status)
            self._ending = asyncio.get_running_loop().create_task(
                self._drain_and_exit(status), name="orderly end"
            )

    def on_signal(self, number: int) -> None:
        """Signal `number` asks for the end; a person who asks again need not wait for the drain."""
        # Machines send SIGTERM and SIGHUP in pairs.
        if self._draining is not None and number in (signal.SIGINT, signal.SIGQUIT):
            self._draining.cancel()
        self.begin(ended_by(number))

    async def drain(self) -> None:
        """Let the app drain, once, for DRAIN_SECONDS at most; whoever calls again waits for the same."""
        if self._draining is None:
            self._draining = asyncio.create_task(self._drain_in_time(), name="drain")
        await asyncio.wait([self._draining])

    def arm_watchdog(self, status: int) -> None:
        """From now on the end has DRAIN_SECONDS and END_SECONDS; then the process is ended by force with `status`."""
        driver = self._app._driver
        if isinstance(driver, SafeDriver):
            seconds = self._app.DRAIN_SECONDS + self._app.END_SECONDS
            self._watchdog.arm(seconds, status, driver.restore_by_force)

    def reached(self) -> None:
        """The terminal is given back: the watchdog may go."""
        self._watchdog.cancel()

    async def _drain_and_exit(self, status: int) -> None:
        await self.drain()
        self._app.exit(return_code=status)

    async def _drain_in_time(self) -> None:
        with self._app._context():
            try:
                async with asyncio.timeout(self._app.DRAIN_SECONDS):
                    await self._app.drain()
            except Exception as error:  # noqa: BLE001  the boundary: the terminal is given back whatever happened
                self._app.report_bug(error)
