from typing import TYPE_CHECKING

import click
from pydantic import ValidationError

from services.aws.client.errors import AwsError
from services.i18n import _
from services.journal.errors import JournalError
from services.models.text import clean
from services.toml.files import explain
from services.toml.grammar import docs
from tui.cli.entry_text import problem_lines
from tui.cli.mcp.tool import Arguments
from tui.cli.opened_journal import CommandStopped
from tui.runtime import last_resort
from tui.start_options import StartError

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

LIMIT = 240.0
"""Seconds for one call; a run of all inspections takes less than half of it."""
_MOST = 20
"""Mistakes in arguments that are named."""


def mistakes(arguments: type[Arguments], error: ValidationError) -> list[str]:
    errors = error.errors(include_url=False)
    lines = []
    for mistake in errors[:_MOST]:
        place = ".".join(clean(part, 60) for part in mistake["loc"])
        lines.append(clean(f"{place}: {_explained(arguments, mistake)}", 500))
    if len(errors) > _MOST:
        lines.append(_("… and {count} more").format(count=len(errors) - _MOST))
    return lines


def _explained(arguments: type[Arguments], error: "ErrorDetails") -> str:
    described = docs(arguments).get(str(error["loc"][0])) if error["loc"] else None
    if error["type"] == "string_pattern_mismatch" and described:
        # The pattern itself tells nobody how to write it.
        return _("it is not written as described: {text}").format(text=" ".join(described.split()))
    return explain(arguments, error)


def lines_of(error: Exception) -> list[str]:
    match error:
        case CommandStopped():
            return error.lines
        case AwsError() | JournalError():
            return problem_lines(error.problem)
        case StartError():
            return str(error).splitlines()
        case click.ClickException():
            return error.message.splitlines()
        case TimeoutError():
            text = _(
                "There was no result within {seconds} seconds, and the reads were stopped. Ask for less."
            )
            return [text.format(seconds=f"{LIMIT:.0f}")]
        case _:
            return [last_resort.line(error)]
