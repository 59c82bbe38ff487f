from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from services.i18n import _
from tui.cli.click_i18n import FileOption, Prints, TranslatedCommand, TranslatedGroup
from tui.cli.completion import names_in_runbook
from tui.cli.logs.query.query_command import query_command
from tui.cli.logs.tail_options import TailOptions
from tui.cli.opened_journal import stoppable
from tui.cli.printing import json_lines
from tui.start_options import StartOptions

if TYPE_CHECKING:
    from services.models.runbook import Runbook


# `toban logs tail`: prints the lines of log groups, once or for as long as it runs; for pipes.
#
# It is the follow loop of the log panes: every event once, however late. The text is as it was logged, on a terminal and
# in a pipe, because the operator who reads AWS's logs may read it; `--mask` masks secrets and personal data.
#
# `--output` writes an export instead, as ctrl+s in a pane does: masked unless `--unmasked` gives a reason, with a head and
# a hash, mode 0600, never over another file, recorded in the journal. With --follow the file grows in its place, its head
# is beside it (FILE.head.json), and the journal has its beginning and its end; a signal completes both.
#
# Exit status: 0 everything was read, 64 usage error (also: an unknown group), 69 a group could not be read or the journal
# not be written, 65 and 78 a runbook or configuration with mistakes, 73 the file exists or cannot be written, 141 the
# reader of the output went away. A signal n ends it with 128 + n.


def tail_command(
    output: Prints, shared: Sequence[click.Parameter], before: Callable[[], StartOptions]
) -> TranslatedCommand:
    shared = [*shared, FileOption("--journal", help=_("Journal file"))]
    names = {option.name for option in shared}

    @stoppable(output)
    def callback(*, groups: tuple[str, ...], schema: bool, **flags: Any) -> int:
        if schema:
            output.hand_over(json_lines(_schema()))
            return 0
        import asyncio

        from tui.cli.logs.saving import check_target
        from tui.cli.logs.tailing import tail

        overrides = {key: flags.pop(key) for key in names if flags.get(key) is not None}
        flags = {key: value for key, value in flags.items() if key not in names}
        wish = TailOptions(groups=groups, **flags | {"unmasked": _reason(**flags)})
        if wish.output is not None:
            check_target(wish)
        return asyncio.run(tail(output, replace(before(), **overrides, read_only=True), wish))

    return TranslatedCommand(
        "tail",
        callback=callback,
        help=_(
            "Print the lines of log groups.\n\nWithout GROUP those of the runbook; without --since the newest 200 of "
            "each. With --follow every later line once, however late it arrives; late ones are marked. Problems are "
            "printed on standard error, and reading continues. The text is as it was logged unless --mask is given."
        ),
        params=[
            click.Argument(
                ["groups"], nargs=-1, metavar="[GROUP]…", shell_complete=names_in_runbook(_groups)
            ),
            click.Option(
                ["--follow", "-f"], is_flag=True, help=_("Go on with new lines until a signal ends it.")
            ),
            click.Option(
                ["--since"], metavar="TIME", help=_("First time: -2h, 90m, 09:00 or 2026-01-18 09:00")
            ),
            click.Option(
                ["--filter", "pattern"],
                metavar="PATTERN",
                default="",
                help=_("Filter pattern of CloudWatch Logs; an id with hyphens is quoted by itself"),
            ),
            click.Option(
                ["--merge"], is_flag=True, help=_("Merge the groups by time instead of by arrival.")
            ),
            click.Option(["--json", "as_json"], is_flag=True, help=_("Print JSON lines.")),
            click.Option(["--schema"], is_flag=True, help=_("Print what the fields of the JSON mean.")),
            click.Option(["--utc"], is_flag=True, help=_("Print times in UTC instead of the system's zone.")),
            click.Option(["--mask"], is_flag=True, help=_("Mask secrets and personal data.")),
            FileOption(
                "--output",
                "-o",
                help=_(
                    "Write a new file for you alone instead: masked, with a head and a hash, recorded in the journal; "
                    ".jsonl and .csv decide the format, else text"
                ),
            ),
            click.Option(
                ["--unmasked"],
                metavar="REASON",
                help=_("With --output: the text as it was logged; the journal keeps the reason"),
            ),
            *shared,
        ],
    )


def _reason(*, output: str | None, unmasked: str | None, mask: bool, **_others: Any) -> str:
    """The reason for a file that is not masked. Raises UsageError."""
    context = click.get_current_context()
    if output is not None and output.strip() in ("", "-"):
        raise click.UsageError(_("--output: the name of the file is missing"), context)
    if unmasked is None:
        return ""
    if output is None:
        raise click.UsageError(_("--unmasked is for --output; without it nothing is masked"), context)
    if mask:
        raise click.UsageError(_("give one of --mask and --unmasked"), context)
    if not unmasked.strip():
        raise click.UsageError(_("A reason is needed for an export that is not masked."), context)
    return unmasked.strip()


def _schema() -> dict[str, Any]:
    from services.models.log_records import LogRecord
    from services.toml.grammar import schema

    return schema(LogRecord)


def _groups(runbook: "Runbook") -> list[tuple[str, str]]:
    return [(str(spec.id), spec.title) for spec in runbook.log_groups]


def logs_group(
    output: Prints, shared: Sequence[click.Parameter], before: Callable[[], StartOptions]
) -> TranslatedGroup:
    commands = [tail_command(output, shared, before), query_command(output, shared, before)]
    return TranslatedGroup("logs", help=_("Read logs without a screen."), commands=commands)
