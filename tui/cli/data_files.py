"""Commands about the files that people write: the runbook and the configuration."""

import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import click

from services.i18n import _
from tui.cli.click_i18n import Choice, Command, Group
from tui.cli.printing import Output
from tui.cli.shared_options import aws_options, start_options
from tui.exit_status import ExitStatus
from tui.start_options import StartOptions


def runbook_group(output: Output, before: Callable[[], StartOptions]) -> Group:
    """`toban runbook`; `before` gives the options in front of the command."""

    def check(file: str) -> int:
        from tui.cli.files import check as check_file

        return _reading(output, lambda: check_file(Path(file)))

    def schema() -> int:
        from services.runbook.loader import schema as runbook_schema

        output.hand_over([json.dumps(runbook_schema(), ensure_ascii=False, indent=2)])
        return ExitStatus.NORMAL

    def show(name: str | None, form: str | None) -> int:
        from tui.cli.files import show as readable_lines
        from tui.cli.files import source as source_lines

        # Readable text on a terminal; a file or a program gets TOML that can be loaded as a runbook again.
        as_text = form == "text" or (form is None and sys.stdout is not None and sys.stdout.isatty())
        lines_of = readable_lines if as_text else source_lines
        chosen = name or before().runbook or "facility-prod"
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


def config_command(output: Output, merged: Callable[[Mapping[str, Any]], StartOptions]) -> Command:
    """`toban config`; `merged` adds the flags of the command to the options in front of it."""

    def show(**flags: Any) -> int:
        from tui.cli.config_command import configuration

        options = merged(flags)
        return _reading(output, lambda: (list(configuration(options)), ExitStatus.NORMAL))

    return Command(
        "config",
        callback=show,
        params=[*start_options(), *aws_options()],
        help=_("Print the configuration and where each value comes from."),
    )


def _reading(output: Output, work: Callable[[], tuple[list[str], int]], *, data: bool = False) -> int:
    """Print the lines of `work` and return its status; print the mistakes of a faulty file instead.

    `data` says that the lines are meant for a program, not for a person.
    """
    from services.toml.files import DataFileError
    from tui.startup.config_reader import in_words, status_of

    try:
        lines, status = work()
    except DataFileError as error:
        output.print_lines(in_words(error), error=True)
        return status_of(error)
    (output.hand_over if data else output.print_lines)(lines)
    return status
