"""Consoles of several hosts on one journal, each with its part in reading the queue."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from services.clock import Clock, ManualClock
from services.events.listener import EventListener, Queue
from services.events.wakes import EventWakes
from services.host.processes import process_data
from services.journal.journal import Journal
from services.models.journal import Entry, EntryKind, EntryQuery, NewEntry, Person
from services.models.seen_events import SeenType
from tests.services.events.bodies import ACCOUNT
from tests.services.journal.book import NOON, open_journal


@dataclass
class Console:
    """One console."""

    journal: Journal
    listener: EventListener
    wakes: EventWakes
    woken: list[frozenset[SeenType]]
    messages: list[str]
    clock: Clock
    tasks: list[asyncio.Task[None]] = field(default_factory=list)

    def start(self) -> None:
        self.tasks = [asyncio.create_task(self.listener.keep()), asyncio.create_task(self.wakes.keep())]

    async def stop(self) -> None:
        """As a process that is killed: nothing more is written."""
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        self.tasks = []

    async def end(self) -> None:
        """As a console that is closed."""
        await self.stop()
        await self.journal.append(NewEntry(kind=EntryKind.ENDED, text="end", data=process_data()))

    async def seen(self) -> tuple[Entry, ...]:
        return await self.journal.entries(EntryQuery(kinds=frozenset({EntryKind.SEEN})))

    async def claims(self) -> list[str]:
        """The hosts that had the queue, in order."""
        entries = await self.journal.entries(EntryQuery(kinds=frozenset({EntryKind.LISTENING})))
        return [entry.person.host for entry in entries]

    @property
    def woken_by(self) -> set[SeenType]:
        return {type for types in self.woken for type in types}


def console_on(journal: Journal, queue: Queue, clock: Clock, *, wait: int = 0) -> Console:
    woken: list[frozenset[SeenType]] = []
    messages: list[str] = []
    listener = EventListener(queue, journal, clock, ACCOUNT, wait=wait)
    listener.tell = messages.append
    return Console(journal, listener, EventWakes(journal, clock, woken.append), woken, messages, clock)


@asynccontextmanager
async def consoles(
    path: Path, queue: Queue, *clocks: Clock, started: bool = True, **options: Any
) -> AsyncIterator[list[Console]]:
    """A console for each clock, on hosts `bastion-1`, `bastion-2`…"""
    async with AsyncExitStack() as stack:
        opened = []
        for number, clock in enumerate(clocks, start=1):
            person = Person(user=f"op-{number}", host=f"bastion-{number}")
            journal = await stack.enter_async_context(
                open_journal(path, clock=clock, person=lambda person=person: person, **options)
            )
            console = console_on(journal, queue, clock)
            stack.push_async_callback(console.stop)
            opened.append(console)
        for console in opened if started else ():
            console.start()
        yield opened


async def until(reached: Callable[[], Any], *clocks: Clock, step: float = 1.0) -> None:
    """Let the world go on until `reached()`, which may be a coroutine function."""
    async with asyncio.timeout(60):
        while True:
            result = reached()
            if await result if asyncio.iscoroutine(result) else result:
                return
            await asyncio.sleep(0.002)
            for clock in clocks:
                if isinstance(clock, ManualClock):
                    clock.advance(step)


def noon() -> ManualClock:
    return ManualClock(NOON)
