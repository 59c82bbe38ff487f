"""Imported after the first frame of the first system."""

import asyncio
from functools import partial
from pathlib import Path
from subprocess import Popen

from services.clock import Clock
from services.demo.launch import DemoProcess
from services.fleet.fleet import Fleet
from services.fleet.watched import SystemEntry, SystemPlan, WatchedSystem
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
    journal = journal_place(begun.config, begun.runbook)
    adopt(fleet, begun, SystemPlan(begun.runbook, begun.settings, journal, begun.config.intervals))
    by_name = {config.runbook: config for config in configs}

    async def connect_system(system: WatchedSystem) -> tuple[Services, ConsoleConfig]:
        return await connect_watched(options, system, by_name[system.entry.name], begun.clock)

    return fleet, connect_system


def plan_of(config: ConsoleConfig) -> SystemPlan:
    """What one system is made of, by its own configuration. Blocks; raises DataFileError."""
    sources = sources_of(config)
    journal = journal_place(config, sources.runbook)
    return SystemPlan(sources.runbook, sources.settings, journal, config.intervals)


def adopt(fleet: Fleet, begun: Begun, plan: SystemPlan) -> None:
    first = fleet.systems[0]
    first.adopt(plan, begun.services)
    fleet.show(first)


async def connect_watched(
    options: StartOptions,
    system: WatchedSystem,
    config: ConsoleConfig,
    clock: Clock,
    demo: DemoProcess | None = None,
    child: "Popen[bytes] | None" = None,
    demo_folder: Path | None = None,
) -> tuple[Services, ConsoleConfig]:
    plan, beginning = system.plan, system.begun
    assert plan is not None, "only a system whose files are read is shown"
    assert beginning is not None
    begun = Begun(config, plan.runbook, plan.settings, clock, beginning, demo)
    return await connect(options, child, demo_folder, begun=begun, journal=plan.journal)
