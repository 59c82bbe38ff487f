from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from services.clock import SystemClock
from services.inspections import wiring
from services.inspections.wiring import Reading
from tui.start_options import StartOptions
from tui.startup.config_reader import journal_place
from tui.startup.refusing import closing
from tui.startup.sources import read_sources

if TYPE_CHECKING:
    from services.system import Services


@asynccontextmanager
async def connected(options: StartOptions) -> AsyncIterator[Reading]:
    """The services for one command, without what the console and its changes need; closed at its end. Raises
    StartError if they cannot be had, or are of another account."""
    sources = await read_sources(options)
    place = journal_place(sources.config, sources.runbook)
    services = wiring.connect(sources.runbook, sources.settings, SystemClock(), journal=place)
    async with closing(services):
        yield services


@asynccontextmanager
async def reads_only(options: StartOptions) -> "AsyncIterator[Services]":
    """The services of a console that cannot write, closed at the end. Raises StartError as `connected` does.
    The session has no log stream and no queue that it may touch without a grant, no role for writing, and its
    console is read-only, so that no grant can be had. The journal is never opened for writing."""
    from services.alarms.beginning import begin
    from services.system import Services

    sources = await read_sources(options)
    config, runbook = sources.config, sources.runbook
    settings, clock = replace(sources.settings, write_role=None), SystemClock()
    services = Services(
        runbook,
        settings,
        clock,
        journal=journal_place(config, runbook),
        intervals=config.intervals,
        read_only=True,
        begun=begin(runbook, settings, clock, intervals=config.intervals, appends=False),
    )
    async with closing(services):
        yield services
