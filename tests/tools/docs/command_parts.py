"""The commands with their options, as Click has them."""

from collections.abc import Iterator

import click

from tests.tools.docs.markdown import code, fence, heading, table
from tests.tools.docs.words import Texts
from tui.cli.click_i18n import of_required
from tui.cli.main import build
from tui.cli.printing import PrintedOutput

SHARED = ("runbook", "lang", "config", "debug", "profile", "region", "endpoint_url", "role_arn")
"""Options that select the system and the language; most commands have them, and one table shows them."""


def root() -> click.Group:
    """The command `toban` in the language in use."""
    return build(PrintedOutput(outline_drawn=False))


def command_parts(texts: Texts) -> Iterator[str]:
    """A part for `toban`, then one for each command and its subcommands."""
    top = root()
    yield from _part(texts, top, "toban", 2, ())
    for name, command in sorted(top.commands.items()):
        yield from _with_subcommands(texts, command, f"toban {name}", 2)


def shared_options(texts: Texts) -> Iterator[str]:
    """The table of the options that most commands have."""
    yield from _options(texts, [each for each in root().params if each.name in SHARED], root())


def _with_subcommands(texts: Texts, command: click.Command, name: str, level: int) -> Iterator[str]:
    yield from _part(texts, command, name, level, SHARED)
    if isinstance(command, click.Group):
        for inner, subcommand in sorted(command.commands.items()):
            yield from _with_subcommands(texts, subcommand, f"{name} {inner}", level + 1)


def _part(
    texts: Texts, command: click.Command, name: str, level: int, omitted: tuple[str, ...]
) -> Iterator[str]:
    context = click.Context(command, info_name=name)
    yield ""
    yield heading(level, code(name), name.replace(" ", "-"))
    yield ""
    for paragraph in (command.help or "").split("\n\n"):
        if paragraph.startswith("\b"):
            lines = [line.strip() for line in paragraph.splitlines()[1:]]
            yield from fence(lines, "json" if lines[0].startswith("{") else "sh")
        else:
            yield paragraph.replace("\n", " ")
        yield ""
    yield from fence([" ".join((name, *command.collect_usage_pieces(context)))], "text")
    yield ""
    yield from _options(texts, [each for each in command.params if each.name not in omitted], command)


def _options(texts: Texts, params: list[click.Parameter], command: click.Command) -> list[str]:
    context = click.Context(command)
    records = [each.get_help_record(context) for each in params if isinstance(each, click.Option)]
    rows = [
        (code(record[0]), of_required(record[1]).replace("  ", " "))
        for record in records
        if record is not None
    ]
    head = [texts.word("option"), texts.word("meaning")]
    return table(head, rows) if rows else [texts.word("no options")]
