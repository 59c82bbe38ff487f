"""`toban logs …`: logs without a screen, for pipes."""

from collections.abc import Callable, Sequence

import click

from services.i18n import _
from tui.cli.click_i18n import Group, Prints
from tui.cli.logs.query.command import query_command
from tui.cli.logs.tail import tail_command
from tui.start_options import StartOptions


def logs_group(
    output: Prints, shared: Sequence[click.Parameter], before: Callable[[], StartOptions]
) -> Group:
    """Build the group; `shared` are the options that select a system, `before` returns the global flags."""
    commands = [tail_command(output, shared, before), query_command(output, shared, before)]
    return Group("logs", help=_("Read logs without a screen."), commands=commands)
