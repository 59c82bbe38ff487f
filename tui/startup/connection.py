"""Imported late, because it loads the AWS library, the configuration's grammar and all of `services`."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from subprocess import Popen

from services.aws.client.secret import Secret
from services.demo import scratch
from services.github.settings import GithubSettings
from services.github.settings import read as github_settings
from services.journal.anchors.checkpoints import DEV_LOG
from services.journal.ledgers.registry import BadAddress
from services.journal.place import JournalPlace, place_of
from services.models.runbook import Runbook
from services.slack.settings import read as slack_settings
from services.system import Services
from tui.config import ConsoleConfig
from tui.exit_status import ExitStatus
from tui.start_options import StartError, StartOptions
from tui.startup.beginning import Begun, begin
from tui.startup.config_reader import journal_place
from tui.startup.refusing import closing


async def connect(
    options: StartOptions,
    child: "Popen[bytes] | None" = None,
    demo_folder: Path | None = None,
    *,
    begun: Begun | None = None,
    journal: JournalPlace | None = None,
) -> tuple[Services, ConsoleConfig]:
    """The services of the chosen system, and the configuration in force; raises StartError with a remedy.
    `child` is the embedded AWS's process, None for real AWS; `demo_folder` is where a demo keeps its journal.
    `begun` is the beginning of these services, where the alarms are read already; `journal` is its place
    instead of the usual one."""
    begun = begun or await begin(options, child)
    config, runbook = begun.config, begun.runbook
    if begun.demo is None:
        github = await asyncio.to_thread(github_settings, os.environ)
    else:
        address, token = begun.demo.github
        github = GithubSettings(Secret(token), address)
    if demo_folder is not None:
        scratch.hold(demo_folder)
    services = Services(
        runbook,
        begun.settings,
        begun.clock,
        journal=journal
        or (demo_journal(options, runbook, demo_folder) if demo_folder else journal_place(config, runbook)),
        syslog=None if demo_folder else DEV_LOG,
        intervals=config.intervals,
        read_only=config.read_only,
        slack=slack_settings(os.environ, demo=child is not None),
        github=github,
        begun=begun.services,
    )
    return services, config


@asynccontextmanager
async def connected(options: StartOptions) -> AsyncIterator[Services]:
    """The services for one command, closed at its end. Raises StartError if they cannot be had, or are of another account."""
    services, _config = await connect(options)
    async with closing(services):
        yield services


def demo_journal(options: StartOptions, runbook: Runbook, folder: Path) -> JournalPlace:
    """The demo's own journal: its entries must never be in the one configured for the real system."""
    system = str(runbook.system.id)
    try:
        return place_of(options.journal or str(folder / "demo.db"), system, folder)
    except BadAddress as error:
        raise StartError(f"--journal: {error}", ExitStatus.USAGE) from error
