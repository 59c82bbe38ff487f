"""Connects a tool that needs more than the readers, so that nothing can be written: neither to AWS nor to the journal.

The session has no log stream and no queue that it may touch without a grant, no role for writing, and its console is
read-only, so that no grant can be had. The journal is never opened for writing.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

from services.alarms.beginning import begin
from services.clock import SystemClock
from services.system import Services, connect
from tui.runtime.garbage import begin_collecting
from tui.start_options import StartOptions
from tui.startup.config_reader import journal_place
from tui.startup.sources import read_sources


@asynccontextmanager
async def reads_only(options: StartOptions) -> AsyncIterator[Services]:
    """The services for one call, closed at its end. Raises StartError if they cannot be had."""
    sources = await read_sources(options)
    config, runbook = sources.config, sources.runbook
    settings, clock = replace(sources.settings, write_role=None), SystemClock()
    services = connect(
        runbook,
        settings,
        clock,
        journal=journal_place(config, runbook),
        intervals=config.intervals,
        read_only=True,
        begun=begin(runbook, settings, clock, intervals=config.intervals, appends=False),
    )
    begin_collecting()
    try:
        yield services
    finally:
        await services.close()
