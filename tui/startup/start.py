"""Starts the console: chooses real AWS or the embedded one, reads configuration and runbook, runs the app.

The only place, with the command line, that knows both worlds.
"""

import asyncio
import os
import sys
import tomllib
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from services import i18n
from services.host.regular_files import named, read
from services.i18n import _
from services.models.text import clean
from tui.exit_status import ExitStatus
from tui.options import StartError, StartOptions
from tui.signals import before_loop as early_signals

if TYPE_CHECKING:
    from subprocess import Popen

    from services.aws.client.settings import AwsSettings
    from services.clock import Clock
    from services.models.runbook import Runbook
    from tui.app import Connected
    from tui.startup.config import ConsoleConfig
    from tui.terminal.cells.link import Link


def run(options: StartOptions, refuse: Callable[[str], None]) -> int:
    """Run the console until it ends; the exit status. `refuse` says why it cannot begin."""
    i18n.use(options.lang or peek("lang", options.config) or i18n.preferred())
    from tui.terminal.checks import check_terminal, forget_textual_settings

    forget_textual_settings()
    refusal = check_terminal()
    if refusal is None and not (sys.stdin and sys.stdin.isatty()):
        refusal = _(
            "Standard input is not a terminal, so no key could be read; start the console without a redirection."
        )
    if refusal is not None:
        refuse(refusal)
        return ExitStatus.UNAVAILABLE
    # A demo's clock is its own, so its journal goes with it.
    child = scratch = None
    try:
        if options.demo:
            scratch = demo_folder()
            child = spawn_demo(options, scratch)
            early_signals.undo(partial(_abandon, child, scratch))
        from tui.app import TobanApp

        app = TobanApp(
            lambda: connect(options, child, scratch),
            start_mode=options.mode or "watch",
            theme=options.theme or peek("theme", options.config) or "auto",
            demo=options.scenario if options.demo else "",
            link=_link(options),
            output=peek("output", options.config),
        )
        # The driver takes the outline's place, and gives the terminal back by itself.
        app.run()
        if app.failure is not None:
            print(app.failure, file=sys.stderr)  # noqa: T201  the screen is gone
        return app.return_code or ExitStatus.NORMAL
    except StartError as error:
        refuse(str(error))
        return error.status
    finally:
        if child is not None:
            from services.demo.launch import stop_child

            stop_child(child)
        if scratch is not None:
            from services.demo.scratch import remove

            remove(scratch)


def demo_folder() -> Path:
    """Where a demo's journal will be; the embedded AWS makes the folder, and outlives a console that is killed.

    Raises StartError.
    """
    from services.demo.scratch import new_path

    try:
        return new_path()
    except OSError as error:
        reason = _("No folder for the demo's journal can be made: {reason}. Name one in TMPDIR.")
        text = reason.format(reason=clean(error.strerror or error))
        raise StartError(text, ExitStatus.CANNOT_WRITE) from error


def _abandon(child: "Popen[bytes] | None", scratch: Path) -> None:
    """End the embedded AWS by force, and take away what it can no longer."""
    from services.demo.scratch import remove

    if child is not None:
        child.kill()
    remove(scratch)


def peek(key: str, config: str | None = None) -> str:
    """A preference needed before the first frame; mistakes in the file are reported after it."""
    value = os.environ.get(f"TOBAN_{key.upper()}")
    if value:
        return value
    chosen = config or os.environ.get("TOBAN_CONFIG")
    if not chosen:
        from platformdirs import user_config_path

        chosen = str(user_config_path("toban") / "config.toml")
    try:
        value = tomllib.loads(read(named(chosen)).decode("utf-8")).get(key, "")
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError):
        return ""
    return value if isinstance(value, str) else ""


def _link(options: StartOptions) -> "Link":
    """How the line is taken to be; what is neither is `auto` until the configuration is read, and refused."""
    from tui.terminal.cells.link import as_link

    return as_link(options.link or peek("link", options.config))


def spawn_demo(options: StartOptions, scratch: Path | None = None) -> "Popen[bytes] | None":
    """Start the embedded AWS in a process of its own, early: it loads while the screen is drawn."""
    if not options.demo:
        return None
    from services.demo.launch import spawn

    return spawn(options.scenario, options.speed, origin=options.at, scratch=scratch)


async def connect(
    options: StartOptions, child: "Popen[bytes] | None", scratch: Path | None = None
) -> "Connected":
    """Configuration, runbook, session and feeds; raises StartError with what to do.

    `scratch` is where a demo keeps its journal.
    """
    from services.toml.files import DataFileError
    from tui.startup.config import status_of

    try:
        config, runbook = await asyncio.to_thread(_read_files, options)
    except DataFileError as error:
        raise StartError(str(error), status_of(error)) from error
    return await _wire(options, config, runbook, child, scratch)


def _read_files(options: StartOptions) -> "tuple[ConsoleConfig, Runbook]":
    from services.runbook.loader import load_named
    from tui.startup.config import load_config

    config = load_config(options)
    return config, load_named(config.runbook)


async def _wire(
    options: StartOptions,
    config: "ConsoleConfig",
    runbook: "Runbook",
    child: "Popen[bytes] | None",
    scratch: Path | None,
) -> "Connected":
    from services.aws.client.settings import AwsSettings
    from services.clock import SystemClock
    from services.journal.checkpoints import DEV_LOG
    from services.slack.settings import read as slack_settings
    from services.system import Intervals
    from services.system import connect as wire
    from tui.app import Connected

    clock: Clock = SystemClock()
    settings = AwsSettings(
        profile=config.profile or "",
        region=config.region or runbook.system.region,
        role_arn=config.role_arn or "",
        endpoint_url=config.endpoint_url or "",
    )
    if child is not None:
        clock, settings = await _embedded(child, runbook.system.region)
        if scratch is not None:
            from services.demo.scratch import hold

            hold(scratch)
    every = Intervals(
        alarms=config.intervals.alarms, metrics=config.intervals.metrics, logs=config.intervals.logs
    )
    return Connected(
        services=wire(
            runbook,
            settings,
            clock,
            journal=_demo_journal(options, scratch) if scratch else journal_path(config, runbook),
            syslog=None if scratch else DEV_LOG,
            intervals=every,
            read_only=config.read_only,
            slack=slack_settings(os.environ, demo=child is not None),
        ),
        keys=dict(config.keys),
        bell=config.bell,
        mouse=config.mouse,
        log_groups=config.log_groups,
        log_bytes=config.log_memory_mb << 20,
        arm_minutes=config.arm_minutes,
    )


def journal_path(config: "ConsoleConfig", runbook: "Runbook") -> Path:
    """The journal's file: as configured, else this person's own for this system."""
    from services.host.state_files import state_folder

    if config.journal:
        return named(config.journal)
    return state_folder("journals") / f"{runbook.system.id}.db"


def _demo_journal(options: StartOptions, scratch: Path) -> Path:
    """What happens in a demo must never stand in the journal that is configured for the real system."""
    return named(options.journal) if options.journal else scratch / "demo.db"


async def _embedded(child: "Popen[bytes]", region: str) -> "tuple[Clock, AwsSettings]":
    from services.aws.client.session import preload
    from services.aws.client.settings import AwsSettings
    from services.demo.launch import DemoError, ready

    try:
        demo, _sdk = await asyncio.gather(ready(child), asyncio.to_thread(preload))
    except DemoError as error:
        raise StartError(str(error), ExitStatus.UNAVAILABLE) from error
    return demo.clock, AwsSettings(**demo.settings(region))
