"""`toban events template`: what creates the queue of events and the rules that fill it, as a CloudFormation template.

Toban itself has no right to create anything. Exit status: 0, 64 usage error, 65 and 78 a runbook or configuration with mistakes.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import click

from services.i18n import _
from tui.cli.click_i18n import Command, Group, Prints
from tui.cli.opened_journal import configured, stoppable
from tui.exit_status import ExitStatus
from tui.start_options import StartOptions


def events_group(
    output: Prints, shared: Sequence[click.Parameter], before: Callable[[], StartOptions]
) -> Group:
    @stoppable(output)
    def callback(**flags: Any) -> int:
        overrides = {key: value for key, value in flags.items() if value is not None}
        _config, runbook = configured(replace(before(), **overrides))
        from services.policy.event_queue import queue_url, template

        if runbook.events is None:
            text = _('When the queue is there, add to the runbook: [events] queue_url = "{url}"')
            output.print_lines([text.format(url=queue_url(runbook))], error=True)
        output.hand_over([template(runbook)])
        return ExitStatus.NORMAL

    return Group(
        "events",
        help=_("The queue of AWS's events, which wakes the console's reads."),
        commands=[
            Command(
                "template",
                callback=callback,
                params=[*shared],
                help=_(
                    "Print a CloudFormation template for the queue of events.\n\nIt has the queue, its policy, and the rules "
                    "of EventBridge that fill it. Toban creates nothing itself."
                ),
            )
        ],
    )
