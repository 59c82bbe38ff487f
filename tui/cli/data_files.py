import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import click

from services.i18n import _
from tui.cli.click_i18n import FileName, FileOption, TranslatedChoice, TranslatedCommand, TranslatedGroup
from tui.cli.opened_journal import CommandStopped, deliver
from tui.cli.printing import PrintedOutput, json_lines
from tui.cli.shared_options import aws_options, start_options
from tui.exit_status import ExitStatus
from tui.start_options import StartOptions

FORMATS = ("text", "toml")  # Values of `runbook show --format`
_SUFFIXES = {".html": "html", ".htm": "html", ".txt": "text"}


def runbook_group(output: PrintedOutput, before: Callable[[], StartOptions]) -> TranslatedGroup:
    def check(file: str) -> int:
        from tui.cli.files import check as check_file

        return _reading(output, lambda: check_file(Path(file)))

    def schema() -> int:
        from services.runbook.loader import schema as runbook_schema

        output.hand_over(json_lines(runbook_schema()))
        return ExitStatus.NORMAL

    def show(name: str | None, form: str | None, as_html: bool, to: str | None) -> int:
        chosen = name or before().runbook or "facility-prod"
        return _show(output, chosen, "html" if as_html else form or _form_for(to), to)

    return TranslatedGroup(
        "runbook",
        help=_("Check, describe and show runbooks."),
        commands=[
            TranslatedCommand(
                "check",
                callback=check,
                params=[click.Argument(["file"], metavar="FILE", type=FileName())],
                help=_("List every error in a runbook by file, line and key."),
            ),
            TranslatedCommand("schema", callback=schema, help=_("Print the grammar as JSON Schema.")),
            TranslatedCommand(
                "show",
                callback=show,
                params=[
                    click.Argument(["name"], metavar="[FILE|NAME]", type=FileName(), required=False),
                    click.Option(
                        ["--format", "form"],
                        type=TranslatedChoice(FORMATS),
                        help=_("Output format; default: by the file name, text on a terminal, else toml"),
                    ),
                    click.Option(["--html", "as_html"], is_flag=True, help=_("Print a page for paper.")),
                    FileOption("--output", "-o", "to", help=_("Output file, readable only by you")),
                ],
                help=_(
                    "Print a runbook.\n\nOn a terminal as readable text, otherwise as a file to start from. With "
                    "--html as a page with contacts, playbooks, duties and limits: keep it on paper for the "
                    "day on which this machine cannot be reached."
                ),
            ),
        ],
    )


def _form_for(to: str | None) -> str:
    if to not in (None, "-"):
        return _SUFFIXES.get(Path(str(to)).suffix.lower(), "toml")
    return "text" if sys.stdout is not None and sys.stdout.isatty() else "toml"


def _show(output: PrintedOutput, name: str, form: str, to: str | None) -> int:
    """Print a runbook, or write it to the file `to`; return the exit status."""
    from services.clock import SystemClock
    from tui.cli import files

    def text() -> str:
        if form == "html":
            return files.page(name, SystemClock())
        return "\n".join(files.show(name) if form == "text" else files.source(name)) + "\n"

    if to is None and form == "text":
        return _reading(output, lambda: (text().splitlines(), ExitStatus.NORMAL))

    def delivered() -> tuple[list[str], int] | None:
        deliver(output, text(), to)
        return None

    try:
        return _reading(output, delivered)
    except CommandStopped as stop:
        output.print_lines(stop.lines, error=True)
        return stop.status


def config_command(
    output: PrintedOutput, merged: Callable[[Mapping[str, Any]], StartOptions]
) -> TranslatedCommand:
    def show(**flags: Any) -> int:
        from tui.cli.config_command import configuration

        options = merged(flags)
        return _reading(output, lambda: (list(configuration(options)), ExitStatus.NORMAL))

    return TranslatedCommand(
        "config",
        callback=show,
        params=[*start_options(), *aws_options()],
        help=_("Print the configuration and where each value comes from."),
    )


def _reading(output: PrintedOutput, work: Callable[[], tuple[list[str], int] | None]) -> int:
    from services.toml.files import DataFileError
    from tui.startup.config_reader import in_words, status_of

    try:
        result = work()
    except DataFileError as error:
        output.print_lines(in_words(error), error=True)
        return status_of(error)
    lines, status = result or ((), ExitStatus.NORMAL)
    if result:
        output.print_lines(lines)
    return status
