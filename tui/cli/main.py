"""The command line: reads flags, prints what needs no screen, and starts the console.

Exit statuses: `tui.exit_status`. Nothing here ends in a traceback.
"""

import io
import json
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NoReturn

import click

from services import i18n
from services.i18n import _
from services.models.text import clean
from tui.cli.change import change_command
from tui.cli.click_i18n import Choice, Command, Group, Moment, Named, Speed, answered, usage_error
from tui.cli.duties import duties_command
from tui.cli.inspect import inspect_command
from tui.cli.journal import journal_group
from tui.cli.options import aws_options, read_options, start_options, version_option
from tui.cli.printing import CannotPrint, Output, output_lost
from tui.cli.reads import HEADLESS, Headless
from tui.cli.reads import run as read
from tui.cli.report import report_command
from tui.exit_status import ExitStatus, epilog
from tui.options import StartOptions
from tui.runtime import last_resort
from tui.startup import early_flags

COMPLETION = "_TOBAN_COMPLETE"
"""Click's variable by which a shell asks for completions."""


def main(argv: Sequence[str] | None = None, *, outline_drawn: bool = False) -> NoReturn:
    """Run the command line and exit with its status."""
    last_resort.install()
    sys.exit(run(sys.argv[1:] if argv is None else argv, Output(outline_drawn=outline_drawn)))


def run(argv: Sequence[str], output: Output) -> int:
    """The exit status; a start returns the console's own. No fault of ours leaves it."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    try:
        return _told(argv, output)
    except (click.Abort, KeyboardInterrupt):
        output.clear()
        return ExitStatus.INTERRUPTED
    except SystemExit:
        raise
    except BaseException as error:  # noqa: BLE001  the boundary: never Python's traceback with its status 1
        output.say([last_resort.line(error)], error=True)
        return ExitStatus.SOFTWARE


def _told(argv: Sequence[str], output: Output) -> int:
    """The exit status, after what is wrong with the command line or with the output was told in words."""
    try:
        i18n.use(early_flags.language(argv))
        if refusal := early_flags.open_debug_log(argv):
            output.say([refusal], error=True)
            return ExitStatus.CONFIG
        status = _invoked(build(output), argv)
        output.clear()
    except CannotPrint as error:
        return output_lost(error)
    except click.exceptions.NoArgsIsHelpError as error:
        output.say([error.message], error=True)
        return ExitStatus.USAGE
    except click.UsageError as error:
        output.say([usage_error(error)], error=True)
        return ExitStatus.USAGE
    except click.ClickException as error:
        output.say([clean(error.format_message())], error=True)
        return ExitStatus.USAGE
    return status if isinstance(status, int) else ExitStatus.NORMAL


def _invoked(group: click.Group, argv: Sequence[str]) -> object:
    """What the command returns. Click's own `main` would end the process with status 1 where a pipe breaks."""
    if instruction := os.environ.get(COMPLETION):
        from click.shell_completion import shell_complete

        if shell_complete(group, {}, "toban", COMPLETION, instruction):
            told = _("{variable} must be bash_source, zsh_source or fish_source")
            raise click.UsageError(told.format(variable=COMPLETION))
        return ExitStatus.NORMAL
    try:
        with group.make_context("toban", list(argv)) as context:
            return group.invoke(context)
    except click.exceptions.Exit as end:
        return end.exit_code


def build(output: Output) -> click.Group:
    """The commands, in the language now spoken."""
    return Group(
        "toban",
        callback=_Start(output).group,
        invoke_without_command=True,
        help=_(
            "Toban (当番): the live operations runbook. Without a command, it monitors the system on AWS."
        ),
        params=[*start_options(), *aws_options(), version_option()],
        epilog=epilog(),
        commands=[
            _demo(output),
            *_headless(output),
            inspect_command(output, [*read_options(), *aws_options()], _before),
            change_command(output, [*read_options(), *aws_options()], _before),
            duties_command(output, read_options(), _before),
            report_command(output, read_options(), _before),
            journal_group(output, read_options(), _before),
            _runbook(output),
            _config(output),
        ],
    )


class _Start:
    """Starts the console from the flags of `toban` and of the command behind it."""

    def __init__(self, output: Output) -> None:
        self.output = output

    def group(self, **flags: Any) -> int | None:
        """`toban …`: start, unless a command follows."""
        context = click.get_current_context()
        context.obj = StartOptions(**_given(flags))
        return None if context.invoked_subcommand else self.go(context.obj)

    def demo(self, *, list_scenarios: bool, **flags: Any) -> int:
        """`toban demo …`."""
        if list_scenarios:
            self.output.say(scenarios().values())
            return ExitStatus.NORMAL
        return self.go(replace(_before(), demo=True, **_given(flags)))

    def go(self, options: StartOptions) -> int:
        """Hand the terminal over to the console."""
        from tui.startup.start import run as start

        def refuse(reason: str) -> None:
            self.output.say([reason], error=True)

        status = start(options, refuse)
        # An end before the first frame leaves the outline.
        self.output.clear()
        return status


def _before() -> StartOptions:
    """The flags that stood before the command."""
    found = click.get_current_context().find_root().obj
    return found if isinstance(found, StartOptions) else StartOptions()


def _given(flags: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in flags.items() if value is not None}


def _demo(output: Output) -> Command:
    return Command(
        "demo",
        callback=_Start(output).demo,
        help=_("Watch an embedded AWS; no account or network is needed."),
        params=[
            click.Option(["--scenario"], type=Named(scenarios), metavar="NAME", help=_("Scenario to play")),
            click.Option(
                ["--speed"],
                type=Speed(),
                metavar="N",
                help=_("Speed as a multiple of real time"),
            ),
            click.Option(
                ["--at"],
                type=Moment(),
                metavar="TIME",
                help=_("Start time in Japan, e.g. 2026-04-01 08:55"),
            ),
            click.Option(["--list", "list_scenarios"], is_flag=True, help=_("List the scenarios.")),
            *start_options(),
        ],
    )


def scenarios() -> dict[str, str]:
    """The demo's scenarios by name, each with its line for `--list`."""
    from services.demo.launch import scenarios as found

    infos = {each.name: each.title(i18n.language()) for each in found()}
    width = max(map(len, infos), default=0)
    return {name: f"{name.ljust(width)}  {title}" for name, title in infos.items()}


def _headless(output: Output) -> list[Command]:
    def reads(command: Headless) -> Command:
        def callback(*, as_json: bool, **flags: Any) -> int:
            def ask() -> tuple[list[str], int]:
                answer = read(command, replace(_before(), **_given(flags)), as_json=as_json)
                return answer.lines, answer.status

            return answered(output, ask, data=as_json)

        as_json = click.Option(["--json", "as_json"], is_flag=True, help=_("Print JSON."))
        return Command(
            command.name,
            callback=callback,
            help=_(command.help),
            params=[as_json, *read_options(), *aws_options()],
        )

    return [reads(each) for each in HEADLESS]


def _runbook(output: Output) -> Group:
    def check(file: str) -> int:
        from tui.cli.files import check as lines_of

        return _reading(output, lambda: lines_of(Path(file)))

    def schema() -> int:
        from services.runbook.loader import schema as described

        output.hand_over([json.dumps(described(), ensure_ascii=False, indent=2)])
        return ExitStatus.NORMAL

    def show(name: str | None, form: str | None) -> int:
        from tui.cli.files import show as text_of
        from tui.cli.files import source as source_of

        # A person reads it on a terminal; a file or a program gets what can be read as a runbook again.
        as_text = form == "text" or (form is None and sys.stdout is not None and sys.stdout.isatty())
        lines_of = text_of if as_text else source_of
        chosen = name or _before().runbook or "facility-prod"
        return _reading(output, lambda: (list(lines_of(chosen)), ExitStatus.NORMAL), data=not as_text)

    return Group(
        "runbook",
        help=_("Check, describe and show runbooks."),
        commands=[
            Command(
                "check",
                callback=check,
                params=[click.Argument(["file"], metavar="FILE")],
                help=_("List every error in a runbook by file, line and key."),
            ),
            Command("schema", callback=schema, help=_("Print the grammar as JSON Schema.")),
            Command(
                "show",
                callback=show,
                params=[
                    click.Argument(["name"], metavar="[FILE|NAME]", required=False),
                    click.Option(
                        ["--format", "form"],
                        type=Choice(["text", "toml"]),
                        help=_("Output format; default: text on a terminal, else toml"),
                    ),
                ],
                help=_(
                    "Print a runbook.\n\nOn a terminal as readable text, otherwise as a file to start from."
                ),
            ),
        ],
    )


def _config(output: Output) -> Command:
    def show(**flags: Any) -> int:
        from tui.cli.configuration import configuration

        options = replace(_before(), **_given(flags))
        return _reading(output, lambda: (list(configuration(options)), ExitStatus.NORMAL))

    return Command(
        "config",
        callback=show,
        params=[*start_options(), *aws_options()],
        help=_("Print the configuration and where each value comes from."),
    )


def _reading(output: Output, work: Callable[[], tuple[list[str], int]], *, data: bool = False) -> int:
    """Print what `work` finds, or why it cannot; `data`: a file."""
    from services.toml.files import DataFileError
    from tui.startup.config import status_of

    try:
        lines, status = work()
    except DataFileError as error:
        output.say(map(str, error.mistakes), error=True)
        return status_of(error)
    (output.hand_over if data else output.say)(lines)
    return status
