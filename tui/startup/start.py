"""Besides the command line, the only module that knows both."""

import sys
from collections.abc import Callable
from contextlib import ExitStack, suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from services import i18n
from services.demo import scratch
from services.demo.launch import spawn, stop_child
from services.i18n import _
from services.models.text import clean
from tui.exit_status import ExitStatus
from tui.signals import before_loop as early_signals
from tui.start_options import StartError, StartOptions
from tui.startup.early_flags import peek
from tui.startup.first_steps import demo_refusal
from tui.startup.further_systems import further_systems
from tui.terminal.cells.line_speed import as_link
from tui.terminal.checks import check_terminal, forget_textual_settings

if TYPE_CHECKING:
    from subprocess import Popen

    from services.fleet.fleet import Fleet
    from services.system import Services
    from tui.config import ConsoleConfig
    from tui.fleet.switch import ConnectSystem
    from tui.startup.beginning import Begun


def run(options: StartOptions, refuse: Callable[[str], None]) -> int:
    """Run the console until it ends; returns the exit status. `refuse` reports why it cannot start."""
    forget_textual_settings()
    refusal = check_terminal()
    if refusal is None and not (sys.stdin and sys.stdin.isatty()):
        refusal = _(
            "Standard input is not a terminal, so no keys could be read. Start the console without redirection. "
            "Scripts use `toban alarms` or `toban inspect`."
        )
    if refusal is None and options.demo:
        refusal = demo_refusal()
    if refusal is not None:
        refuse(refusal)
        return ExitStatus.UNAVAILABLE
    # A demo has its own clock, so its journal is deleted with it.
    child = folder = None
    try:
        if options.demo:
            folder = demo_folder()
            # Started early, because it loads while the screen is drawn.
            child = spawn(
                options.scenario,
                options.speed,
                origin=options.at,
                seed=options.seed,
                scratch=folder,
                language=i18n.language(),
            )
            early_signals.undo(partial(_abandon, child, folder))
        return _run_app(options, child, folder)
    except StartError as error:
        refuse(str(error))
        return error.status
    finally:
        if child is not None:
            stop_child(child)
        if folder is not None:
            scratch.remove(folder)


def _run_app(options: StartOptions, child: "Popen[bytes] | None", folder: Path | None) -> int:
    from tui.app import TobanApp
    from tui.runtime.late_modules import closed_on_error, in_thread

    ends = ExitStack()

    async def connect() -> "tuple[Services, ConsoleConfig]":
        await in_thread("tui.startup.beginning", "tui.startup.first_alarms")
        from tui.startup.beginning import begin
        from tui.startup.first_alarms import show_first_alarms

        begun = await begin(options, child)
        async with closed_on_error(begun.services.session):
            await show_first_alarms(app, begun.services)
            await in_thread("tui.startup.connection")
            from tui.startup.connection import connect

            if options.demo_systems > 1 and child is not None and folder is not None:
                ids = (each.id for each in further_systems(options.demo_systems - 1))
                fleet = partial(_demo_fleet, options, begun, child, folder, ends)
                app.several([str(begun.runbook.system.id), *ids], fleet)
            elif len(begun.config.systems) > 1 and begun.demo is None:
                _own, *others = (str(each.runbook) for each in begun.config.systems)
                app.several([str(begun.runbook.system.id), *others], partial(_fleet, options, begun))
            return await connect(options, child, folder, begun=begun)

    app = TobanApp(
        connect,
        start_mode=options.mode or "watch",
        theme=options.theme or peek("theme", options.config) or "auto",
        demo=options.scenario if options.demo else "",
        # An invalid value counts as `auto` until the configuration is read, which refuses it.
        link=as_link(options.link or peek("link", options.config)),
        output=peek("output", options.config),
        greets=True,
    )
    # The driver replaces the outline, and restores the terminal itself.
    with ends:
        app.run()
    lines = app.farewell.lines() if app.farewell is not None else []
    _say(*lines, *([app.failure] if app.failure is not None else []))
    return app.return_code or ExitStatus.NORMAL


async def _fleet(options: StartOptions, begun: "Begun") -> "tuple[Fleet, ConnectSystem]":
    """The systems that are watched beside the first one."""
    from tui.runtime.late_modules import in_thread

    await in_thread("tui.startup.fleet")
    from tui.startup.fleet import fleet_of

    return await fleet_of(options, begun)


async def _demo_fleet(
    options: StartOptions, begun: "Begun", child: "Popen[bytes]", folder: Path, ends: ExitStack
) -> "tuple[Fleet, ConnectSystem]":
    """The systems of a demo; `ends` ends the processes of all but the first."""
    from tui.runtime.late_modules import in_thread

    await in_thread("tui.startup.demo_systems")
    from tui.startup.demo_systems import DemoSystems, FurtherProcesses

    processes = FurtherProcesses()
    ends.callback(processes.stop)
    return DemoSystems(options, begun, child, folder, processes).fleet()


def _say(*lines: object) -> None:
    with suppress(OSError):
        for line in lines:
            print(line, file=sys.stderr)  # noqa: T201  the screen is gone


def demo_folder() -> Path:
    """Created by the embedded AWS, which outlives a console that is killed. Raises StartError."""
    try:
        return scratch.new_path()
    except OSError as error:
        reason = _("No folder for the demo's journal could be created: {reason}. Set one in TMPDIR.")
        text = reason.format(reason=clean(error.strerror or error))
        raise StartError(text, ExitStatus.CANNOT_WRITE) from error


def _abandon(child: "Popen[bytes]", folder: Path) -> None:
    child.kill()
    scratch.remove(folder)
