"""The command line: parses flags, runs the commands that need no screen, and starts the console. Exit
statuses are listed in `tui.exit_status`. No error ends in a traceback."""

import io
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, NoReturn

import click

from services import i18n
from services.i18n import _
from services.models.gone import take_notices
from services.models.text import clean
from tui.cli.click_i18n import (
    MomentType,
    Named,
    Speed,
    TranslatedCommand,
    TranslatedGroup,
    answered,
    usage_error,
)
from tui.cli.commands import Commands, imported
from tui.cli.completion import VARIABLE, completions
from tui.cli.every_system import answers_of_all
from tui.cli.printing import CannotPrint, PrintedOutput, output_lost
from tui.cli.reads import HEADLESS, Headless
from tui.cli.reads import run as read
from tui.cli.shared_options import (
    all_option,
    aws_options,
    read_options,
    start_options,
    system_option,
    version_option,
)
from tui.exit_status import ExitStatus, epilog
from tui.runtime import last_resort
from tui.signals.before_loop import is_interrupt
from tui.start_options import MOST_SYSTEMS, StartOptions
from tui.startup import early_flags
from tui.startup.first_steps import language_hint


def main(argv: Sequence[str] | None = None, *, outline_drawn: bool = False) -> NoReturn:
    last_resort.install()
    sys.exit(run(sys.argv[1:] if argv is None else argv, PrintedOutput(outline_drawn=outline_drawn)))


def run(argv: Sequence[str], output: PrintedOutput) -> int:
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    try:
        status = _status_of(argv, output)
        if hint := language_hint(argv, status):
            output.print_lines([hint], error=True)
        return status
    except SystemExit:
        raise
    except BaseException as error:  # noqa: BLE001  the boundary: never Python's traceback with its status 1
        if isinstance(error, click.Abort) or is_interrupt(error):
            output.clear()
            return ExitStatus.INTERRUPTED
        output.print_lines([last_resort.line(error)], error=True)
        return ExitStatus.SOFTWARE


def _status_of(argv: Sequence[str], output: PrintedOutput) -> int:
    try:
        i18n.use(early_flags.language(argv))
        if refusal := early_flags.open_debug_log(argv):
            output.print_lines([refusal], error=True)
            return ExitStatus.CONFIG
        status = _invoke(build(output), argv, output)
        output.clear()
    except CannotPrint as error:
        return output_lost(error)
    except click.exceptions.NoArgsIsHelpError as error:
        output.print_lines([error.message], error=True)
        return ExitStatus.USAGE
    except click.UsageError as error:
        output.print_lines([usage_error(error)], error=True)
        return ExitStatus.USAGE
    except click.ClickException as error:
        output.print_lines([clean(error.format_message())], error=True)
        return ExitStatus.USAGE
    return status if isinstance(status, int) else ExitStatus.NORMAL


def _invoke(group: click.Group, argv: Sequence[str], output: PrintedOutput) -> object:
    """Return what the command returns. Click's own `main` is not used: it exits with status 1 on a broken pipe."""
    if instruction := os.environ.get(VARIABLE):
        if lines := completions(group, instruction):
            output.hand_over(lines)
        return ExitStatus.NORMAL
    try:
        with group.make_context("toban", list(argv)) as context:
            return group.invoke(context)
    except click.exceptions.Exit as end:
        return end.exit_code
    finally:
        if notices := take_notices():
            output.print_lines(notices, error=True)


def build(output: PrintedOutput) -> click.Group:
    return TranslatedGroup(
        "toban",
        callback=_Start(output).group,
        invoke_without_command=True,
        help=_(
            "Toban (当番): the live operations runbook. Without a command, it monitors the system on AWS."
        ),
        params=[*start_options(), *aws_options(), version_option()],
        epilog=epilog(),
        commands=_commands(output),
    )


def _commands(output: PrintedOutput) -> Commands:
    reading = partial(_with_options, output, aws=True)
    plain = partial(_with_options, output, aws=False)
    return Commands(
        {
            "demo": partial(_demo, output),
            "drill": lambda: imported("tui.cli.drill.drill_command:drill_group")(
                output, start_options(), read_options(), _before, _Start(output).go
            ),
            **{each.name: partial(_headless, output, each) for each in HEADLESS},
            "assess": partial(reading, "tui.cli.assess:assess_command"),
            "watch": partial(reading, "tui.cli.watch:watch_command"),
            "inspect": partial(reading, "tui.cli.inspect:inspect_command"),
            "change": partial(reading, "tui.cli.change:change_command"),
            "doctor": partial(reading, "tui.cli.doctor.doctor_command:doctor_command"),
            "duties": partial(reading, "tui.cli.duties.duty_command:duties_command"),
            "mcp": partial(reading, "tui.cli.mcp.mcp_command:mcp_command"),
            "report": partial(reading, "tui.cli.report.report_command:report_command"),
            "incident": partial(plain, "tui.cli.incident:incident_group"),
            "journal": partial(plain, "tui.cli.journal.journal_command:journal_group"),
            "logs": partial(reading, "tui.cli.logs.group:logs_group"),
            "policy": partial(plain, "tui.cli.policy:policy_command"),
            "completion": lambda: imported("tui.cli.completion:completion_command")(output),
            "runbook": lambda: imported("tui.cli.data_files:runbook_group")(output, _before),
            "config": lambda: imported("tui.cli.data_files:config_command")(
                output, lambda flags: replace(_before(), **_set_flags(flags))
            ),
        }
    )


def _with_options(output: PrintedOutput, name: str, *, aws: bool) -> click.Command:
    command: click.Command = imported(name)(
        output, [system_option(), *read_options(), *(aws_options() if aws else ())], _before
    )
    return command


class _Start:
    def __init__(self, output: PrintedOutput) -> None:
        self.output = output

    def group(self, **flags: Any) -> int | None:
        """Run `toban …`: start the console unless a command follows."""
        context = click.get_current_context()
        context.obj = StartOptions(**_set_flags(flags))
        return None if context.invoked_subcommand else self.go(context.obj)

    def demo(self, *, list_scenarios: bool, **flags: Any) -> int:
        if list_scenarios:
            self.output.print_lines(scenarios().values())
            return ExitStatus.NORMAL
        return self.go(replace(_before(), demo=True, **_set_flags(flags)))

    def go(self, options: StartOptions) -> int:
        from tui.startup.start import run as start

        def refuse(reason: str) -> None:
            self.output.print_lines([reason], error=True)

        status = start(options, refuse)
        # A console that ended before its first frame leaves the outline on the screen.
        self.output.clear()
        return status


def _before() -> StartOptions:
    options = click.get_current_context().find_root().obj
    return options if isinstance(options, StartOptions) else StartOptions()


def _set_flags(flags: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in flags.items() if value is not None}


def _demo(output: PrintedOutput) -> TranslatedCommand:
    return TranslatedCommand(
        "demo",
        callback=_Start(output).demo,
        help=_("Watch an embedded AWS; no account or network is needed."),
        params=[
            click.Option(
                ["--scenario"],
                type=Named(scenarios, "toban demo --list"),
                metavar="NAME",
                help=_("Scenario to play"),
            ),
            click.Option(
                ["--systems", "demo_systems"],
                type=click.IntRange(1, MOST_SYSTEMS),
                metavar="N",
                help=_("How many systems to watch, up to {most}", most=MOST_SYSTEMS),
            ),
            click.Option(["--speed"], type=Speed(), metavar="N", help=_("Speed as a multiple of real time")),
            click.Option(
                ["--seed"],
                type=int,
                metavar="N",
                help=_("Draw the cause of the scenario's alarm, and what else happens"),
            ),
            click.Option(
                ["--at"],
                type=MomentType(),
                metavar="TIME",
                help=_("Start time in Japan, e.g. 2026-04-01 08:55"),
            ),
            click.Option(["--list", "list_scenarios"], is_flag=True, help=_("List the scenarios.")),
            *start_options(),
        ],
    )


def scenarios() -> dict[str, str]:
    from services.demo.launch import scenarios as demo_scenarios

    infos = {each.name: each.title(i18n.language()) for each in demo_scenarios()}
    width = max(map(len, infos), default=0)
    return {name: f"{name.ljust(width)}  {title}" for name, title in infos.items()}


def _headless(output: PrintedOutput, command: Headless) -> TranslatedCommand:
    def callback(*, as_json: bool, every: bool, **flags: Any) -> int:
        options = replace(_before(), **_set_flags(flags))
        ask = partial(read, command, as_json=as_json)
        if every:
            return answered(
                output, lambda: answers_of_all(options, flags, ask, as_json=as_json), data=as_json
            )
        return answered(output, partial(ask, options), data=as_json)

    as_json = click.Option(["--json", "as_json"], is_flag=True, help=_("Print JSON."))
    return TranslatedCommand(
        command.name,
        callback=callback,
        help=_(command.help),
        params=[as_json, all_option(), system_option(), *read_options(), *aws_options()],
    )
