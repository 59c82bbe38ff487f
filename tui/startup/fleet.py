"""The other systems of the configuration: how each is begun, and how everything of one is connected.

Imported after the first frame of the first system.
"""

import asyncio
from collections.abc import Callable
from functools import partial
from pathlib import Path
from subprocess import Popen

from services.fleet.fleet import Fleet
from services.fleet.watched import SystemEntry, SystemPlan, WatchedSystem
from services.journal.place import JournalPlace
from services.system import Services
from tui.config import ConsoleConfig
from tui.fleet.switch import ConnectSystem
from tui.start_options import StartOptions
from tui.startup.beginning import Begun
from tui.startup.config_reader import effective, journal_place
from tui.startup.connection import connect
from tui.startup.sources import sources_of
from tui.startup.systems import each_system


async def fleet_of(options: StartOptions, begun: Begun) -> tuple[Fleet, ConnectSystem]:
    """The systems of the configuration, of which the first is `begun`."""
    in_force = await asyncio.to_thread(effective, options)
    configs = each_system(in_force.config)
    entries = [
        SystemEntry(
            config.runbook,
            partial(plan_of, config),
            str(in_force.file.mistake(("systems", index, "runbook"), "")),
        )
        for index, config in enumerate(configs)
    ]
    fleet = Fleet(entries, begun.clock)
    adopt(fleet, begun, journal_place(begun.config, begun.runbook))
    by_name = {config.runbook: config for config in configs}
    return fleet, connects(options, begun, lambda system: by_name[system.entry.name])


def plan_of(config: ConsoleConfig) -> SystemPlan:
    """What one system is made of, by its own configuration. Blocks; raises DataFileError."""
    sources = sources_of(config)
    journal = journal_place(config, sources.runbook)
    return SystemPlan(sources.runbook, sources.settings, journal, config.intervals)


def adopt(fleet: Fleet, begun: Begun, journal: JournalPlace) -> None:
    """Put what is begun of the first system in its place: it is on screen."""
    first = fleet.systems[0]
    plan = SystemPlan(begun.runbook, begun.settings, journal, begun.config.intervals)
    first.adopt(plan, begun.services)
    fleet.show(first)


def connects(
    options: StartOptions,
    begun: Begun,
    config_of: Callable[[WatchedSystem], ConsoleConfig],
    child: "Popen[bytes] | None" = None,
    demo_folder: Path | None = None,
) -> ConnectSystem:
    """What connects everything of a system whose files are read; `begun` is the first one's."""

    async def connect_system(system: WatchedSystem) -> tuple[Services, ConsoleConfig]:
        plan, beginning = system.plan, system.begun
        assert plan is not None, "only a system whose files are read is shown"
        assert beginning is not None
        own = Begun(config_of(system), plan.runbook, plan.settings, begun.clock, beginning, begun.demo)
        return await connect(options, child, demo_folder, begun=own, journal=plan.journal)

    return connect_system
