"""`toban completion`: the script by which a shell completes commands, options and names; and what is
completed. Nothing here asks AWS: somebody is typing, and names come from the runbook. A name goes onto a
command line as it is, so one with a character that means something to a shell is not offered."""

import os
import re
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

import click
from click.shell_completion import CompletionItem, get_completion_class

from services.i18n import _
from services.models.text import clean
from tui.cli.click_i18n import TranslatedChoice, TranslatedCommand
from tui.cli.printing import PrintedOutput
from tui.exit_status import ExitStatus
from tui.start_options import StartOptions

if TYPE_CHECKING:
    from services.models.runbook import Runbook

VARIABLE = "_TOBAN_COMPLETE"  # The environment variable by which a shell requests completions from Click
SET_UP = {
    "bash": ("toban completion bash > ~/.toban.bash", "echo '. ~/.toban.bash' >> ~/.bashrc"),
    "zsh": ("toban completion zsh > ~/.toban.zsh", "echo '. ~/.toban.zsh' >> ~/.zshrc"),
    "fish": (
        "mkdir -p ~/.config/fish/completions",
        "toban completion fish > ~/.config/fish/completions/toban.fish",
    ),
}
"""What sets each shell up, whether or not the machine has bash-completion or a folder in zsh's fpath."""
_PLAIN = re.compile(r"[\w./:@%+=,-]*")  # What no shell takes for anything but itself, in whatever script
_ZSH_FIRST = "#compdef toban\n"
_ZSH_SYSTEM = "(( $+functions[compdef] )) || { autoload -Uz compinit && compinit }\n"
"""Starts zsh's completion system where ~/.zshrc has not."""

Completes = Callable[[click.Context, click.Parameter, str], list[CompletionItem]]


def completion_command(output: PrintedOutput) -> TranslatedCommand:
    def callback(*, shell: str | None) -> int:
        name = shell or os.path.basename(os.environ.get("SHELL", ""))
        if name not in SET_UP:
            words = _("say for which shell: {shells}", shells=", ".join(SET_UP))
            raise click.UsageError(words, click.get_current_context())
        output.hand_over(script(name).splitlines())
        return ExitStatus.NORMAL

    lines = "\n".join(f"  {line}" for commands in SET_UP.values() for line in commands)
    return TranslatedCommand(
        "completion",
        callback=callback,
        params=[
            click.Argument(["shell"], type=TranslatedChoice(list(SET_UP)), metavar="[SHELL]", required=False)
        ],
        help=_("Print the script by which a shell completes `toban`; default: the shell of $SHELL.")
        + f"\n\n\b\n{lines}",
    )


def script(shell: str) -> str:
    kind = get_completion_class(shell)
    assert kind is not None
    text = kind(click.Command("toban"), {}, "toban", VARIABLE).source()
    return text.replace(_ZSH_FIRST, _ZSH_FIRST + _ZSH_SYSTEM, 1) if shell == "zsh" else text


def completions(group: click.Group, instruction: str) -> list[str]:
    """The answer to the script of a shell, such as `bash_complete`. Raises UsageError for an unknown instruction."""
    shell, _underscore, verb = instruction.partition("_")
    kind = get_completion_class(shell)
    if kind is None or shell not in SET_UP or verb not in ("source", "complete"):
        message = _("{variable} must be bash_source, zsh_source or fish_source")
        raise click.UsageError(message.format(variable=VARIABLE))
    if verb == "source":
        return script(shell).splitlines()
    try:
        completion = kind(group, {}, "toban", VARIABLE)
        items = completion.get_completions(*completion.get_completion_args())
        return [completion.format_completion(_in_one_line(item)) for item in items if _may_be_typed(item)]
    except Exception:  # noqa: BLE001  the boundary: whatever is wrong, nothing may be printed onto the line being typed
        return []


def _may_be_typed(item: "CompletionItem[str]") -> bool:
    """Whether the shell would run nothing if the name stood on its command line."""
    return item.type != "plain" or _PLAIN.fullmatch(item.value) is not None


def _in_one_line(item: "CompletionItem[str]") -> "CompletionItem[str]":
    value = item.value if item.type == "plain" else ""
    return CompletionItem(value, item.type, clean(item.help or "") or None)


def names_in_runbook(names: "Callable[[Runbook], Iterable[tuple[str, str]]]") -> Completes:
    """Completes from `names`: ids of things in the chosen runbook, each with what it is called."""

    def complete(context: click.Context, _parameter: click.Parameter, start: str) -> list[CompletionItem]:
        runbook = _chosen_runbook(context)
        pairs = [] if runbook is None else names(runbook)
        return [CompletionItem(id, help=title) for id, title in pairs if _is_offered(id, start)]

    return complete


def _is_offered(id: str, start: str) -> bool:
    """Whether a name begins as typed. One that begins with `-` would be an option, and zsh takes `=x` for a program's path."""
    return id.startswith(start) and not id.startswith(("-", "="))


def _chosen_runbook(context: click.Context) -> "Runbook | None":
    from services.runbook.loader import load_named
    from services.toml.files import DataFileError
    from tui.startup.config_reader import load_config

    typed = {
        key: value
        for each in (context.find_root(), context)
        for key in ("config", "runbook", "system")
        if (value := each.params.get(key)) is not None
    }
    try:
        return load_named(load_config(StartOptions(**typed)).runbook)
    except DataFileError:
        return None
