"""`toban journal table --print`: what creates the place of a ledger; Toban itself has no right to create anything.

Exit status: 0, 64 usage error, 78 a configuration with mistakes.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import click

from services.i18n import _
from tui.cli.click_i18n import Command, Prints
from tui.cli.journal.address import ledger_address
from tui.cli.opened_journal import stoppable, stopped_by_mistakes
from tui.exit_status import ExitStatus
from tui.start_options import StartOptions

EXAMPLE = "dynamodb://toban-journal?region=ap-northeast-1"


def table_command(
    output: Prints, shared: Sequence[click.Parameter], before: Callable[[], StartOptions]
) -> Command:
    """Build the command; `shared` are the options that select a system, `before` returns the global flags."""

    @stoppable(output)
    def callback(*, address: str | None, is_printed: bool, **flags: Any) -> int:
        if not is_printed:
            text = _("Toban creates nothing itself: --print prints what does.")
            raise click.UsageError(text, click.get_current_context())
        options = replace(before(), **{key: value for key, value in flags.items() if value is not None})
        output.hand_over([_text(address, options)])
        return ExitStatus.NORMAL

    return Command(
        "table",
        callback=callback,
        params=[
            click.Argument(["address"], required=False, metavar="[ADDRESS]"),
            click.Option(["--print", "is_printed"], is_flag=True, help=_("Print it; nothing is created.")),
            *shared,
        ],
        help=_(
            "Print what creates the table of a shared journal.\n\nADDRESS: the ledger instead of the configured one, such as "
            "{example}. SQL for PostgreSQL, a CloudFormation template for DynamoDB and S3."
        ).format(example=EXAMPLE),
    )


def _text(address: str | None, options: StartOptions) -> str:
    """Raises CommandStopped, UsageError."""
    place = ledger_address(address or _configured(options))
    if place is None:
        text = _("The journal is a file, which needs no table; name a ledger, such as {example}")
        raise click.UsageError(text.format(example=EXAMPLE), click.get_current_context())
    from services.journal.ledgers.tables import printed_table

    return printed_table(place).removesuffix("\n")


def _configured(options: StartOptions) -> str | None:
    from tui.startup.config_reader import load_config

    with stopped_by_mistakes():
        return load_config(options).journal
