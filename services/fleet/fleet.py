import asyncio
from collections.abc import AsyncIterator, Iterable, Set
from contextlib import suppress
from functools import partial

from services.background.boundaries import Fault, unreported
from services.background.detached import detached
from services.background.wake import Wake
from services.clock import Clock
from services.fleet.watched import SystemEntry, WatchedSystem
from services.models.fleet import SystemState

SPACING = 0.1
"""Seconds (real time) between the beginnings of two systems at the most: together they would take the processor."""
SETTLE = 0.2  # Least seconds (real time) between two views of all systems
SPREAD = 30.0  # Seconds over which the reads of the systems are spread within a minute


class Fleet:
    def __init__(self, entries: Iterable[SystemEntry], clock: Clock) -> None:
        self._news = Wake()
        self._owners: dict[str, int] = {}
        """Which system has an id or a journal's file, by its place in the list."""
        self.systems = tuple(
            WatchedSystem(entry, clock, self._news.wake, partial(self._claim, place))
            for place, entry in enumerate(entries)
        )
        self._on_screen: WatchedSystem | None = None
        self._beginning: asyncio.Task[None] | None = None

    def _claim(self, place: int, text: str) -> bool:
        """Whether the system at this place of the list has this id or file alone; the first that is read keeps it."""
        return self._owners.setdefault(text, place) == place

    @property
    def states_now(self) -> tuple[SystemState, ...]:
        return tuple(system.state for system in self.systems)

    @property
    def on_screen(self) -> WatchedSystem | None:
        return self._on_screen

    def of(self, key: str) -> WatchedSystem | None:
        return next((system for system in self.systems if system.key == key), None)

    def beside(self, by: int) -> WatchedSystem:
        at = self.systems.index(self._on_screen) if self._on_screen is not None else 0
        return self.systems[(at + by) % len(self.systems)]

    def show(self, system: WatchedSystem) -> None:
        """Take `system` to be on screen; the one before is watched here again once `begin` was called."""
        before, self._on_screen = self._on_screen, system
        system.leave_alarms()
        if before is not None and before is not system and self._beginning is not None:
            before.watch()
        self._news.wake()

    def refresh(self) -> None:
        for system in self.systems:
            if system is not self._on_screen:
                system.refresh()

    def begin(self, fault: Fault = unreported) -> None:
        if self._beginning is None:
            for system in self.systems:
                system.fault = fault
            self._beginning = detached(self._begin(), name="fleet")

    async def _begin(self) -> None:
        for place, system in enumerate(self.systems):
            if system is self._on_screen:
                continue
            reading = asyncio.ensure_future(system.loaded())
            # One whose files hang is waited for no longer than this.
            await asyncio.wait([reading], timeout=SPACING)
            if system is not self._on_screen:
                system.watch(SPREAD * place / len(self.systems))
            await asyncio.sleep(SPACING)

    async def states(self) -> AsyncIterator[tuple[SystemState, ...]]:
        view: tuple[SystemState, ...] | None = None
        while True:
            current = self.states_now
            if current != view:
                view = current
                yield view
            await self._news.until_woken()
            await asyncio.sleep(SETTLE)

    async def close(self, *, keep: Set[str] = frozenset()) -> None:
        if self._beginning is not None:
            self._beginning.cancel()
            with suppress(asyncio.CancelledError):
                await self._beginning
        await asyncio.gather(
            *(system.close(keep=system.key in keep) for system in self.systems), return_exceptions=True
        )
