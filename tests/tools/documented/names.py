"""The names that documents give to their readers; taken from the texts alone, so that no registry can hide its gaps."""

import re
import shlex
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise
from typing import Any, NamedTuple

from tests.tools.documented.texts import Segment

VARIABLE = re.compile(r"(?<![\w/.<$-])(?:[A-Z][A-Z0-9]*(?:_+[A-Z0-9]+)+)(?![\w-])")
_ALONE = re.compile(r"[A-Z][A-Z0-9]{2,}")
_ABOUT_VARIABLES = re.compile(r"environment|variables|環境変数", re.IGNORECASE)
_FLAG = re.compile(r"(?<![\w-])--[a-z][a-z-]*")
_TABLE = re.compile(r"^`?(\[\[?)([a-z_]+(?:\.[a-zA-Z_]+)*)\]\]?`?(?: |$)")
_ADDRESS = re.compile(r"\b(?:[a-z][a-z0-9+]+)://[\w@.:/?=&%+-]*[\w/]")
_TYPED = ("span", "sh", "text", "console")
_OTHER_PROGRAM = re.compile(r"(?:make|aws|pip|python3?|docker|uv|pipx|git) |[A-Z]+=|\./toban-")
_MAPPINGS = ("dimensions",)  # Tables whose names are the reader's
_ABOUT_KEYS = re.compile(r"^(?:Keys of the runbook|手順書のキー|Every key|すべてのキー)")


class Key(NamedTuple):
    """A key of a runbook or a configuration."""

    table: str  # As in TOML's heading, with dots; "" at the top
    listed: bool  # Whether its table is one of several (`[[…]]`)
    name: str


class Flag(NamedTuple):
    """An option, with the command that it stands below or beside; none: any command may have it."""

    command: tuple[str, ...]
    name: str


def variables(segments: Iterable[Segment]) -> set[str]:
    """Environment variables: whatever looks like one, and short names in the parts about variables."""
    names: set[str] = set()
    for heading, kind, text in segments:
        names |= {*VARIABLE.findall(text)} if kind != "prose" else set()
        if kind == "span" and _ALONE.fullmatch(text) and _ABOUT_VARIABLES.search(heading):
            names.add(text)
    return names


def commands(segments: Iterable[Segment]) -> set[tuple[str, ...]]:
    """The arguments of every `toban` that a document shows, in blocks and in sentences."""
    return {words for _heading, kind, text in segments if kind in _TYPED for words in typed(text)}


def typed(text: str) -> Iterator[tuple[str, ...]]:
    """The arguments of each `toban` in a line of shell, without what stands in brackets."""
    lexer = shlex.shlex(text, posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    try:
        words = [*lexer, ";"]
    except ValueError:
        # A sentence with an apostrophe, or half of a longer line.
        return
    command: list[str] = []
    for word in words:
        if not set(word) <= set(";|&<>()"):
            command.append(word)
            continue
        while command and re.fullmatch(r"[A-Z_]+=.*", command[0]):
            del command[0]
        if command and command[0].rpartition("/")[2] == "toban":
            yield tuple(each for each in command[1:] if not re.search(r"^\[|\]…?$", each))
        # A file that is read or written is no command.
        command = ["<"] if set(word) & set("<>") else []


def flags(segments: Iterable[Segment]) -> set[Flag]:
    """Every option, with the command that its heading or its own line names."""
    shown: set[Flag] = set()
    for heading, kind, text in segments:
        if kind not in _TYPED or _OTHER_PROGRAM.match(text):
            continue
        lines = [words for words in typed(text) if words]
        for words in lines:
            shown |= {Flag(names_of(words), each) for word in words for each in _FLAG.findall(word)[:1]}
        if kind == "span" and not lines:
            shown |= {Flag(_of_heading(heading), each) for each in _FLAG.findall(text)}
    return shown


def names_of(words: Iterable[str]) -> tuple[str, ...]:
    """The leading words that can be the names of a command, of what it is in, and of its first argument."""
    names = []
    for word in words:
        if not re.fullmatch(r"[a-z][a-z-]*", word):
            break
        names.append(word)
    return tuple(names)


def _of_heading(heading: str) -> tuple[str, ...]:
    shown = re.match(r"`toban((?: [a-z]+)*)(?: .*)?`", heading)
    kind = re.search(r"\(`([a-z-]+)`\)", heading)
    return tuple(shown[1].split()) if shown else ("change", kind[1]) if kind else ()


def values(segments: Iterable[Segment]) -> dict[Flag, str]:
    """What stands for the value of each option that takes one (`FILE`, `[ja|en]`), as each command shows it."""
    shown = {}
    for heading, kind, text in segments:
        if kind != "span" or not re.match(r"(?:-\w, )?--", text):
            continue
        command = _of_heading(heading)
        for option, value in pairwise([*shlex.split(text), ""]):
            # The examples of a change's parameters are values, elsewhere only placeholders surely are.
            if option.startswith("--") and re.match(r"[^-]" if command[1:] else r"[A-Z\[]", value):
                shown[Flag(command, option)] = value
    return shown


def keys(segments: Iterable[Segment]) -> set[Key]:
    """Keys in the tables of the pages about them, in TOML, and tables that a sentence names."""
    shown: set[Key] = set()
    for heading, kind, text in segments:
        table = _TABLE.match(heading)
        row = re.match(r"\| `([a-z_]+)` \| (?!`)", text) if kind == "prose" else None
        if row and (table or _ABOUT_KEYS.search(heading)):
            shown.add(Key(table[2] if table else "", bool(table and table[1] == "[["), row[1]))
        if kind == "span" and (named := re.fullmatch(r"(\[\[?)([a-z_]+(?:\.[a-z_]+)?)\]\]?", text)):
            # The table alone; `[name]` stands for any.
            shown |= {Key(named[2], named[1] == "[[", "")} if named[2] != "name" else set()
        if kind == "toml":
            shown |= {*_leaves(tomllib.loads(text))}
    return shown


def _leaves(data: Mapping[str, Any], table: str = "", *, listed: bool = False) -> Iterator[Key]:
    for name, value in data.items():
        rows = value if isinstance(value, list) else [value]
        if name == "en":
            yield from (Key(table, listed, f"en.{each}") for each in value)
        elif rows and isinstance(rows[0], dict) and name not in _MAPPINGS:
            for row in rows:
                yield from _leaves(row, f"{table}.{name}".lstrip("."), listed=isinstance(value, list))
        else:
            yield Key(table, listed, name)


def wrong_values(keys: Iterable[Key]) -> str:
    """TOML in which every key has a value that no key can have."""
    tables: dict[str, dict[str, None]] = {}
    listed = {key.table for key in keys if key.listed}
    written = {".".join(key.table.split(".")[:end]) for key in keys for end in (1, 2)}
    for key in sorted(keys, key=lambda key: (_own(key.table), key.name)):
        names = tables.setdefault(_own(key.table), {})
        if f"{key.table}.{key.name}".strip(".") not in written:
            names[key.name] = None
    lines = []
    for table, names in tables.items():
        lines += [f"[[{table}]]" if table in listed else f"[{table}]"] if table else []
        lines += [f"{name} = {{ zz = {{ zz = 1979-01-01 }} }}" for name in names]
    return "\n".join(lines) + "\n"


def _own(table: str) -> str:
    """The table with a name of the reader's own in it."""
    return table.replace(".ID", ".bad-deployment")


def answered_for(keys: Iterable[Key], output: str) -> set[Key]:
    """The keys whose values a check refuses as such, in its lines `FILE:LINE: KEY: REASON`."""
    refused = [
        re.sub(r"\[\d+\]", "", key) for key in re.findall(r"(?m)^\S+:\d+: (\S+): (?!unknown key)", output)
    ]
    return {
        key
        for key in keys
        for path in [f"{_own(key.table)}.{key.name}".strip(".")]
        if any(each == path or each.startswith(f"{path}.") for each in refused)
    }


def addresses(segments: Iterable[Segment]) -> set[str]:
    """Addresses in blocks and in code."""
    return {each for _heading, kind, text in segments if kind != "prose" for each in _ADDRESS.findall(text)}
