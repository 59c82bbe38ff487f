"""The commands in the pages' blocks of shell, and whether `toban` would accept them; nothing is run."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import click

from tests.tools.docs.command_parts import root
from tests.tools.docs.words import NEEDS_AWS

_BLOCK = re.compile(r"^ *```sh(?P<title>[^\n]*)\n(?P<lines>.*?)^ *```$", re.DOTALL | re.MULTILINE)
_SEPARATORS = frozenset({";", "|", "||", "&&", "&"})
_REDIRECTIONS = frozenset({">", ">>", "<", "2>"})
_OFFLINE = frozenset({"--schema", "--help", "--no-aws", "--version"})
_ASKING = frozenset({"", "alarms", "assess", "change", "doctor", "inspect", "logs", "watch"})
"""Subcommands that send requests to AWS; "" is the console."""


class Typed(NamedTuple):
    """One command line of `toban`."""

    where: str
    words: list[str]
    marked: bool  # Whether its block says that it needs something of the reader's own


def typed_commands(page: Path) -> Iterator[Typed]:
    """Every call of `toban` in the page's blocks of shell."""
    text = page.read_text("utf-8")
    for block in _BLOCK.finditer(text):
        first = text.count("\n", 0, block.start("lines")) + 1
        for number, line in enumerate(block["lines"].splitlines(), first):
            for words in _simple_commands(line):
                yield Typed(f"{page.parent.name}/{page.name}:{number}", words, "title=" in block["title"])


def _simple_commands(line: str) -> Iterator[list[str]]:
    """The arguments of each `toban` of a line, without redirections and variables."""
    lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    command: list[str] = []
    for word in (*lexer, ";"):
        if word not in _SEPARATORS:
            command.append(word)
            continue
        while command and re.match(r"[A-Z_]+=", command[0]):
            del command[0]
        if command and command[0].rpartition("/")[2] == "toban":
            yield list(_without_redirections(command[1:]))
        command = []


def _without_redirections(words: list[str]) -> Iterator[str]:
    remaining = iter(words)
    for word in remaining:
        if word in _REDIRECTIONS:
            next(remaining, None)
        else:
            yield word


class Parsed(NamedTuple):
    """What `toban` makes of its arguments."""

    names: tuple[str, ...]
    """The subcommands, as far as they could be told: `("logs", "tail")`; none: the console."""
    refusal: str  # Why it would refuse them as wrong usage; "" if it would not


def parsed(words: list[str]) -> Parsed:
    """Let Click parse the arguments of `toban`; nothing is run."""
    command: click.Command = root()
    context: click.Context | None = None
    names: list[str] = []
    arguments = list(words)
    try:
        while True:
            context = command.make_context(names[-1] if names else "toban", arguments, parent=context)
            arguments = [*context._protected_args, *context.args]
            if not isinstance(command, click.Group):
                return Parsed(tuple(names), _incomplete(names[0], words))
            if not arguments:
                return Parsed(
                    tuple(names), "" if command.invoke_without_command else "a subcommand is missing"
                )
            name, inner, arguments = command.resolve_command(context, arguments)
            assert name is not None
            assert inner is not None
            names.append(name)
            command = inner
    except click.exceptions.Exit:
        # An option such as --version ends the parsing.
        return Parsed(tuple(names), "")
    except click.UsageError as error:
        return Parsed(tuple(names), error.format_message())


def _incomplete(name: str, words: list[str]) -> str:
    """What the commands themselves ask for."""
    if name == "change" and not {"--plan", "--schema"} & set(words):
        return "a plan is printed with --plan only"
    if name == "watch" and "--headless" not in words:
        return "--headless is missing"
    return ""


def asks_aws(names: tuple[str, ...], words: list[str]) -> bool:
    """Whether the command sends requests to AWS."""
    return (names[0] if names else "") in _ASKING and not _OFFLINE & set(words)


def mistakes(pages: list[Path]) -> Iterator[str]:
    """What a reader would stumble over, one line each."""
    for page in pages:
        for typed in typed_commands(page):
            line = shlex.join(["toban", *typed.words])
            names, refusal = parsed(typed.words)
            if refusal:
                yield f"{typed.where}: {line}: {refusal}"
            elif asks_aws(names, typed.words) and not typed.marked and page.name != "demo.md":
                yield f'{typed.where}: {line}: its block does not say title="{NEEDS_AWS[page.parent.name]}"'
