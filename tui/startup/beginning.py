"""Imports nothing that the first alarms do not need."""

import asyncio
from dataclasses import dataclass
from subprocess import Popen

from services.alarms.beginning import Beginning
from services.alarms.beginning import begin as wire
from services.aws.client.session import preload
from services.aws.client.settings import AwsSettings, WriteRole
from services.clock import Clock, SystemClock
from services.demo.account import ACCOUNT
from services.demo.launch import DemoError, DemoProcess, ready
from services.i18n import _
from services.models.runbook import Runbook
from services.models.text import clean
from services.runbook.examples import with_example_people
from tui.config import ConsoleConfig
from tui.exit_status import ExitStatus
from tui.start_options import StartError, StartOptions
from tui.startup.sources import read_sources, write_role


@dataclass(frozen=True, slots=True)
class Begun:
    config: ConsoleConfig
    runbook: Runbook
    settings: AwsSettings
    clock: Clock
    services: Beginning
    demo: DemoProcess | None  # The embedded AWS; None on real AWS


async def begin(options: StartOptions, child: "Popen[bytes] | None" = None) -> Begun:
    """The session and the alarms of the chosen system; sends no request to AWS. Raises StartError with a
    remedy. `child` is the embedded AWS's process, None for real AWS."""
    sources = await read_sources(options)
    config, runbook, settings = sources.config, sources.runbook, sources.settings
    clock: Clock = SystemClock()
    demo = None
    if child is not None:
        runbook = with_example_people(runbook)
        demo = await _embedded(child)
        clock, place = demo.clock, demo.settings(runbook.system.region)
        settings = AwsSettings(
            region=place["region"], endpoint_url=place["endpoint_url"], write_role=_practised(config, runbook)
        )
    # A demo plays the shipped system, whatever the runbook's account.
    proves = demo is None or runbook.system.account == ACCOUNT
    services = wire(runbook, settings, clock, intervals=config.intervals, proves=proves)
    return Begun(config, runbook, settings, clock, services, demo)


def _practised(config: ConsoleConfig, runbook: Runbook) -> WriteRole | None:
    role = write_role(config)
    return role if role is not None and role.account == runbook.system.account else None


async def _embedded(child: "Popen[bytes]") -> DemoProcess:
    try:
        demo, _sdk = await asyncio.gather(ready(child), asyncio.to_thread(preload))
    except DemoError as error:
        reason = _("The embedded AWS did not start: {reason}. Start it again; nothing was changed.")
        raise StartError(reason.format(reason=clean(error)), ExitStatus.UNAVAILABLE) from error
    return demo
