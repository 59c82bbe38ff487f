"""`toban mcp`: serves the Model Context Protocol on standard input and output, for programs that read what
people read here. Nothing can be changed with it: neither AWS nor the journal. Exit status: 0 the client
closed its end, 69 the protocol's library is not installed, 141 the client no longer reads. Signal n ends it
with 128 + n."""

import errno
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from importlib.util import find_spec
from typing import Any

import click

from services.i18n import _
from tui.cli.click_i18n import FileName, Prints, TranslatedCommand
from tui.cli.printing import CannotPrint
from tui.exit_status import ExitStatus
from tui.start_options import StartOptions
from tui.startup.first_steps import install_command

EXAMPLE = """{"mcpServers": {"toban": {
  "command": "toban", "args": ["mcp"],
  "env": {"AWS_PROFILE": "facility-read"}}}}"""


def mcp_command(
    output: Prints, shared: Sequence[click.Parameter], before: Callable[[], StartOptions]
) -> TranslatedCommand:
    def callback(**flags: Any) -> int:
        if find_spec("mcp") is None:
            text = _("The library for the Model Context Protocol is not installed. To install it: {command}")
            output.print_lines([text.format(command=install_command("mcp"))], error=True)
            return ExitStatus.UNAVAILABLE
        if sys.stdout is None:
            raise CannotPrint(OSError(errno.EBADF, os.strerror(errno.EBADF)))
        if sys.stdin is None:
            return ExitStatus.NORMAL
        import asyncio

        from tui.cli.mcp.server import serve

        if sys.stdin.isatty():
            text = _(
                "A client of the Model Context Protocol starts this command; it reads messages on standard input."
            )
            output.print_lines([text], error=True)
        overrides = {key: value for key, value in flags.items() if value is not None}
        options = replace(before(), **overrides, read_only=True)
        return asyncio.run(serve(options))

    return TranslatedCommand(
        "mcp",
        callback=callback,
        help=_(
            "Serve programs that speak the Model Context Protocol.\n\nOn standard input and output, until the client "
            "closes them. Its tools read alarms, findings, duties, incidents, causes and plans; nothing can be changed, "
            "neither in AWS nor in the journal, and no query above the runbook's cost limit is run. A client's "
            "configuration, for example:"
        )
        + f"\n\n\b\n{EXAMPLE}",
        params=[
            click.Option(["--journal"], metavar="FILE", type=FileName(), help=_("Journal file")),
            *shared,
        ],
    )
