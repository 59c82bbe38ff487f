"""Connects a tool that needs more than the readers, so that nothing can be written: neither to AWS nor to the journal.

The session has no log stream and no queue that it may touch without a grant, no role for writing, and its console is
read-only, so that no grant can be had. The journal is never opened for writing.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from typing import Protocol, TypeVar

from services.alarms.beginning import begin
from services.aws.client.meter import UsageMeter
from services.clock import SystemClock
from services.system import Services
from services.system import connect as connect_system
from tui.cli.mcp.tool import Caller
from tui.start_options import StartOptions
from tui.startup.config_reader import journal_place
from tui.startup.refusing import closing
from tui.startup.sources import read_sources


class _Metered(Protocol):
    @property
    def meter(self) -> UsageMeter: ...


S = TypeVar("S", bound=_Metered)


@asynccontextmanager
async def metered(
    caller: Caller, connect: Callable[[StartOptions], AbstractAsyncContextManager[S]]
) -> AsyncIterator[S]:
    """What `connect` returns for one call, whose cost is counted. Raises StartError."""
    async with connect(caller.options) as services:
        try:
            yield services
        finally:
            caller.spending.add(services.meter.yen_today)


@asynccontextmanager
async def reads_only(options: StartOptions) -> AsyncIterator[Services]:
    """The services for one call, closed at its end. Raises StartError if they cannot be had, or are of another account."""
    sources = await read_sources(options)
    config, runbook = sources.config, sources.runbook
    settings, clock = replace(sources.settings, write_role=None), SystemClock()
    services = connect_system(
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
