"""The syntax of Logs Insights queries: removes comments, splits commands, quotes names and values. Source:
"CloudWatch Logs Insights language query syntax" and "Use aliases and comments in queries" (Amazon CloudWatch
Logs user guide). Only whole lines are documented as comments; runbooks also put them after a command."""

import re
from collections.abc import Iterable, Iterator

_PLAIN = re.compile(r"@?[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z0-9_]+)*")
_NUMBER = re.compile(r"-?\d+(\.\d+)?")
_TOKEN = re.compile(r"""(?P<quoted>"(?:\\.|[^"\\])*"?|'(?:\\.|[^'\\])*'?|`[^`]*`?)|(?P<other>[\s\S])""")
_WORD = re.compile(r"[\w@.:\-]+")
_REGEX = re.compile(r"/(?:\\.|[^/\\\n])*/?")
_BEFORE_REGEX = re.compile(r"(?:\blike|=~|^\s*parse\b.*)\s*$", re.IGNORECASE | re.DOTALL)
"""Contexts in which a slash starts a regular expression; elsewhere it is a division."""


def commands(query: str) -> tuple[str, ...]:
    """The query's commands in order, without comments; `|` and `#` in quotes and regular expressions are text."""
    segments: list[str] = []
    command = ""
    position = 0
    while position < len(query):
        part = _part(query, position, command)
        position += len(part)
        if part == "|":
            segments.append(command.strip())
            command = ""
        elif part == "#":
            end = query.find("\n", position)
            position = len(query) if end < 0 else end
        else:
            command += part
    return tuple(each for each in (*segments, command.strip()) if each)


def _part(query: str, position: int, command: str) -> str:
    if query[position] == "/" and expects_regex(command):
        match = _REGEX.match(query, position)
    else:
        match = _TOKEN.match(query, position)
    assert match is not None
    return match[0]


def expects_regex(command: str) -> bool:
    return _BEFORE_REGEX.search(command) is not None


def joined(parts: Iterable[str]) -> str:
    return "\n| ".join(parts)


def verb(command: str) -> str:
    return command.split(None, 1)[0].lower() if command else ""


def field(name: str) -> str:
    return name if _PLAIN.fullmatch(name) else "`" + name.replace("`", "") + "`"


def value(text: str) -> str:
    """A literal for a query: numbers as they are, other texts in quotes."""
    if _NUMBER.fullmatch(text):
        return text
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def parts(query: str) -> Iterator[str]:
    """The query in pieces: quoted texts and regular expressions (perhaps unended), comments, and other
    characters."""
    position = 0
    command = ""
    while position < len(query):
        part = _part(query, position, command)
        if part == "#":
            end = query.find("\n", position)
            part = query[position : len(query) if end < 0 else end]
        command = "" if part == "|" else command + part
        position += len(part)
        yield part


def blanked(query: str) -> str:
    """The query with its comments replaced by blanks, so that every other character keeps its place."""
    return "".join(" " * len(part) if part.startswith("#") else part for part in parts(query))


def words(text: str) -> list[str]:
    pieces: list[str] = []
    position = 0
    while position < len(text):
        match = _WORD.match(text, position)
        part = match[0] if match else _part(text, position, text[:position])
        position += len(part)
        if not part.isspace():
            pieces.append(part)
    return pieces
