"""`toban watch --headless`: watches the alarms without a screen, so that no incident goes unrecorded at
night. It opens incidents, captures their first wave and prints a line for each event. It never changes AWS,
posts nothing and takes no part in duties. Signals end it with status 128 + n."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import click

from services.i18n import _
from tui.cli.click_i18n import FileOption, Prints, TranslatedCommand
from tui.cli.opened_journal import stoppable
from tui.start_options import StartOptions


def watch_command(
    output: Prints, shared: Sequence[click.Parameter], before: Callable[[], StartOptions]
) -> TranslatedCommand:
    @stoppable(output)
    def callback(*, headless: bool, **flags: Any) -> int:
        if not headless:
            text = _("toban watch needs --headless; the console with its screens is toban itself.")
            raise click.UsageError(text, click.get_current_context())
        import asyncio

        from tui.cli.headless_watch import watch

        overrides = {key: value for key, value in flags.items() if value is not None}
        return asyncio.run(watch(output, replace(before(), **overrides, read_only=True)))

    return TranslatedCommand(
        "watch",
        callback=callback,
        help=_(
            "Watch the alarms without a screen.\n\nOpens incidents, records what AWS knows about them, and "
            "prints a line for each event until a signal ends it. AWS is never changed, nothing is posted, and no duty is done."
        ),
        params=[
            click.Option(["--headless"], is_flag=True, help=_("Run without a screen; required.")),
            FileOption("--journal", help=_("Journal file")),
            *shared,
        ],
    )
