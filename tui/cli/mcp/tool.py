"""What a tool is: one entry of `tui.cli.mcp.registry`. Knows nothing of the protocol's library."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import click
from pydantic import BaseModel, ConfigDict

from services.background.detached import in_thread
from services.models.runbook import Runbook
from tui.cli.mcp.spending import Spending
from tui.cli.opened_journal import OpenedJournal, find
from tui.start_options import StartOptions

Json = dict[str, Any]
Choices = Callable[[Runbook], Iterable[str]]


class Arguments(BaseModel):
    """The arguments of a tool: nothing is converted, and an unknown name is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, defer_build=True)


@dataclass(frozen=True, slots=True)
class Caller:
    options: StartOptions
    context: click.Context
    """The command's own: errors of usage are raised in it."""
    spending: Spending = field(default_factory=Spending)

    async def from_journal(self, read: Callable[[OpenedJournal], Json]) -> Json:
        """What `read` makes of the system's journal, in a thread, as its reads block. Raises CommandStopped, UsageError."""

        def work() -> Json:
            with self.context.scope(cleanup=False):
                return read(find(self.options, None))

        return await in_thread(work)


@dataclass(frozen=True, slots=True)
class Tool:
    name: str
    title: str
    """English, marked with N_; translated where it is shown."""
    text: str
    """What it answers, for the model that chooses a tool; English, marked with N_."""
    arguments: type[Arguments]
    output: Callable[[], Json]
    """The JSON schema of the result."""
    call: Callable[[Caller, Any], Awaitable[Json]]
    """The result; raises what `tui.cli.mcp.failures` puts into words."""
    choices: Mapping[str, Choices] = field(default_factory=dict)
    """By argument: the ids of the runbook that it takes."""
    examples: Mapping[str, Choices] = field(default_factory=dict)
    """By argument: ids of the runbook, beside which AWS may know others."""
    details: Callable[[], str] = str
    """What follows the text, in the current language."""
    asks_aws: bool = True
    """Whether it sends requests to AWS; otherwise it reads the journal."""
