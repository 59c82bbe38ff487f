"""Connects a command that only reads to its system, without what the console and its changes need."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from services.clock import SystemClock
from services.inspections import wiring
from services.inspections.wiring import Reading
from tui.start_options import StartOptions
from tui.startup.config_reader import journal_place
from tui.startup.refusing import closing
from tui.startup.sources import read_sources


@asynccontextmanager
async def connected(options: StartOptions) -> AsyncIterator[Reading]:
    """The services for one command, closed at its end. Raises StartError if they cannot be had, or are of another account."""
    sources = await read_sources(options)
    place = journal_place(sources.config, sources.runbook)
    services = wiring.connect(sources.runbook, sources.settings, SystemClock(), journal=place)
    async with closing(services):
        yield services
