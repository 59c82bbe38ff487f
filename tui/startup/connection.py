"""Connects the console, or a command without a screen, to its system: real AWS or the embedded one.

Imported late, because it loads the AWS library, the configuration's grammar and all of `services`.
"""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from subprocess import Popen

from services.aws.client.secret import Secret
from services.aws.client.session import preload
from services.aws.client.settings import AwsSettings, WriteRole
from services.clock import Clock, SystemClock
from services.demo import scratch
from services.demo.launch import DemoError, ready
from services.github.settings import GithubSettings
from services.github.settings import read as github_settings
from services.host.regular_files import named
from services.i18n import _
from services.journal.checkpoints import DEV_LOG
from services.models.runbook import Runbook
from services.models.text import clean
from services.runbook.examples import with_example_people
from services.slack.settings import read as slack_settings
from services.system import Services
from services.system import connect as wire
from tui.config import ConsoleConfig
from tui.exit_status import ExitStatus
from tui.runtime.garbage import begin_collecting
from tui.start_options import StartError, StartOptions
from tui.startup.config_reader import journal_path
from tui.startup.sources import read_sources, write_role


async def connect(
    options: StartOptions, child: "Popen[bytes] | None" = None, demo_folder: Path | None = None
) -> tuple[Services, ConsoleConfig]:
    """The services of the chosen system, and the configuration in force; raises StartError with a remedy.

    `child` is the embedded AWS's process, None for real AWS; `demo_folder` is where a demo keeps its journal.
    """
    sources = await read_sources(options)
    config, runbook, settings = sources.config, sources.runbook, sources.settings
    clock: Clock = SystemClock()
    github = await asyncio.to_thread(github_settings, os.environ)
    if child is not None:
        runbook = with_example_people(runbook)
        clock, settings, github = await _embedded(child, runbook.system.region)
        settings = replace(settings, write_role=_practised(config, runbook))
    if demo_folder is not None:
        scratch.hold(demo_folder)
    services = wire(
        runbook,
        settings,
        clock,
        journal=_demo_journal(options, demo_folder) if demo_folder else journal_path(config, runbook),
        syslog=None if demo_folder else DEV_LOG,
        intervals=config.intervals,
        read_only=config.read_only,
        slack=slack_settings(os.environ, demo=child is not None),
        github=github,
    )
    return services, config


@asynccontextmanager
async def connected(options: StartOptions) -> AsyncIterator[Services]:
    """The services for one command, closed at its end. Raises StartError if they cannot be had."""
    services, _config = await connect(options)
    begin_collecting()
    try:
        yield services
    finally:
        await services.close()


def _practised(config: ConsoleConfig, runbook: Runbook) -> WriteRole | None:
    """The role for writing in the demo, where any six digits pass; None if it is not of the runbook's account."""
    role = write_role(config)
    return role if role is not None and role.account == runbook.system.account else None


def _demo_journal(options: StartOptions, folder: Path) -> Path:
    """The demo's own journal: its entries must never be in the one configured for the real system."""
    return named(options.journal) if options.journal else folder / "demo.db"


async def _embedded(child: "Popen[bytes]", region: str) -> tuple[Clock, AwsSettings, GithubSettings]:
    try:
        demo, _sdk = await asyncio.gather(ready(child), asyncio.to_thread(preload))
    except DemoError as error:
        reason = _("The embedded AWS did not start: {reason}. Start it again; nothing was changed.")
        raise StartError(reason.format(reason=clean(error)), ExitStatus.UNAVAILABLE) from error
    address, token = demo.github
    place = demo.settings(region)
    settings = AwsSettings(region=place["region"], endpoint_url=place["endpoint_url"])
    return demo.clock, settings, GithubSettings(Secret(token), address)
