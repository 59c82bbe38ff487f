"""`toban completion`: the script by which a shell completes commands, options and names; and what is completed.

Nothing here asks AWS: somebody is typing, and names come from the runbook.
"""

import os
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import click
from click.shell_completion import CompletionItem, get_completion_class

from services.i18n import _
from tui.cli.click_i18n import Choice, Command
from tui.cli.printing import Output
from tui.exit_status import ExitStatus
from tui.start_options import StartOptions

if TYPE_CHECKING:
    from services.models.runbook import Runbook

VARIABLE = "_TOBAN_COMPLETE"
"""The environment variable by which a shell requests completions from Click."""
WHERE = {
    "bash": "~/.local/share/bash-completion/completions/toban",
    "zsh": "~/.zfunc/_toban",
    "fish": "~/.config/fish/completions/toban.fish",
}
"""The file that each shell reads the script from; for zsh a folder of `fpath`."""

Completes = Callable[[click.Context, click.Parameter, str], list[CompletionItem]]


def completion_command(output: Output) -> Command:
    """Build the command."""

    def callback(*, shell: str | None) -> int:
        name = shell or os.path.basename(os.environ.get("SHELL", ""))
        if name not in WHERE:
            raise click.UsageError(_("{name} is missing").format(name="SHELL"), click.get_current_context())
        output.hand_over(script(name).splitlines())
        return ExitStatus.NORMAL

    files = "\n".join(f"  toban completion {shell} > {file}" for shell, file in WHERE.items())
    return Command(
        "completion",
        callback=callback,
        params=[click.Argument(["shell"], type=Choice(list(WHERE)), metavar="[SHELL]", required=False)],
        help=_("Print the script by which a shell completes `toban`; default: the shell of $SHELL.")
        + f"\n\n\b\n{files}",
    )


def script(shell: str) -> str:
    """The script for `bash`, `zsh` or `fish`."""
    kind = get_completion_class(shell)
    assert kind is not None
    return kind(click.Command("toban"), {}, "toban", VARIABLE).source()


def names_in_runbook(names: "Callable[[Runbook], Iterable[tuple[str, str]]]") -> Completes:
    """Completes from `names`: ids of things in the chosen runbook, each with what it is called."""

    def complete(context: click.Context, _parameter: click.Parameter, start: str) -> list[CompletionItem]:
        runbook = _chosen_runbook(context)
        pairs = [] if runbook is None else names(runbook)
        return [CompletionItem(id, help=title) for id, title in pairs if id.startswith(start)]

    return complete


def _chosen_runbook(context: click.Context) -> "Runbook | None":
    """The runbook of the options and the configuration; None if it has mistakes."""
    from services.runbook.loader import load_named
    from services.toml.files import DataFileError
    from tui.startup.config_reader import load_config

    root: Any = context.find_root().obj
    try:
        return load_named(load_config(root if isinstance(root, StartOptions) else StartOptions()).runbook)
    except DataFileError:
        return None
