"""Reads a TOML text that breaks the grammar in places: names each of them, and gives the values of all the rest.

Python's `tomllib` stops at the first. Here the statement that it cannot read is blanked out, or a table's header is put
right, and the text is read again.
"""

import re
import tomllib
from dataclasses import dataclass, field
from typing import Any

from services.i18n import _
from services.toml import mistakes as words
from services.toml.extent import end_of, header_lines
from services.toml.positions import Path, Statement, statements

MOST = 50
"""Broken places that are named; a text with more is another kind of text."""
_HEADER = re.compile(r"[ \t]*(\[{0,2})[ \t]*([A-Za-z0-9_-]+(?:[ \t]*\.[ \t]*[A-Za-z0-9_-]+)*)[ \t]*(\]{0,2})")
_KEY = re.compile(r"([A-Za-z0-9_-]+)[ \t]*(=?)")
_TWICE = ("Cannot overwrite a value", "Cannot declare")


@dataclass
class Repaired:
    """The values that can be read, and what cannot."""

    text: str
    """What was read at last; lines stand where they stood."""
    lists: frozenset[Path]
    """Tables that are lists, for a header of which that cannot be seen."""
    data: dict[str, Any] = field(default_factory=dict)
    mistakes: list[tuple[int, str]] = field(default_factory=list)
    """Line and message of each place."""
    broken: list[Path] = field(default_factory=list)
    """What has no value because it could not be read; other values may follow from it."""
    nameless: list[Path] = field(default_factory=list)
    """Tables with a statement of which not even the key could be read: any key of theirs may be there."""
    complete: bool = True
    """False: reading ended at the last of the mistakes."""


def repair(text: str, lists: frozenset[Path] = frozenset()) -> Repaired:
    """Every broken place of a text, and the values of the rest."""
    found = Repaired(text.replace("\r\n", "\n"), lists)
    reasons: set[tuple[Path, str]] = set()
    for _attempt in range(MOST):
        try:
            found.data = tomllib.loads(found.text)
        except (tomllib.TOMLDecodeError, RecursionError, ValueError) as error:
            before = found.text
            _name_and_blank(found, error, reasons)
            if not found.complete or found.text == before:
                break
        else:
            return found
    found.complete = False
    _close(found)
    return found


def _close(found: Repaired) -> None:
    line, message = found.mistakes[-1]
    more = _("correct this and check again: what follows, and what values mean, was not checked")
    found.mistakes[-1] = (line, f"{message}; {more}")


def _name_and_blank(found: Repaired, error: Exception, reasons: set[tuple[Path, str]]) -> None:
    """Note what is wrong in one place, and take it out of the text."""
    offset = words.offset(error, found.text)
    line, reason = words.syntax(error, found.text)
    statement = _failing(found.text, offset)
    if offset is None and statement is None:
        found.mistakes.append((line, reason))
        found.complete = False
        return
    position = len(found.text) - 1 if offset is None else offset
    end = _end(found.text, statement) if statement else position
    if statement is None or (end is not None and end < position and _in_comment(found.text, position)):
        found.mistakes.append((line, reason))
        _blank(found, *_line_at(found.text, position))
        return
    line = min(line, _last_line(found.text, statement.start, end))
    if end is None:
        found.mistakes.append((line, reason))
        found.complete = False
        return
    path = _header(found, statement, end, error) if statement.header else _key(found, statement, end, error)
    if path is None or (path, reason) not in reasons:
        found.mistakes.append((line, reason))
    if path is not None and statement.header:
        reasons.add((path, reason))


def _end(text: str, statement: Statement) -> int | None:
    """A table's header is one line."""
    return _line_at(text, statement.start)[1] if statement.header else end_of(text, statement.start)


def _last_line(text: str, start: int, end: int | None) -> int:
    """Of a statement, without the blank lines and comments that an unclosed list runs on into."""
    first = text.count("\n", 0, start) + 1
    if end is None:
        return first
    lines = text[start:end].split("\n")
    while len(lines) > 1 and lines[-1].partition("#")[0].strip() == "":
        lines.pop()
    return first + len(lines) - 1


def _in_comment(text: str, position: int) -> bool:
    return text[text.rfind("\n", 0, position) + 1 : position].lstrip().startswith("#")


def _failing(text: str, offset: int | None) -> Statement | None:
    """The statement that holds the character at `offset`, or the last one that begins at all."""
    last = None
    for statement in statements(text):
        if offset is not None and statement.start > offset:
            break
        if text[text.rfind("\n", 0, statement.start) + 1 : statement.start].strip():
            # What follows a statement on its line.
            break
        last = statement
    return last


def _key(found: Repaired, statement: Statement, end: int, error: Exception) -> Path | None:
    """Take `key = value` out."""
    line = found.text[statement.start : end]
    header = _HEADER.fullmatch(line.partition("#")[0].strip())
    if header and header[3] and "=" not in line:
        return _header(found, statement, end, error)
    named = _KEY.match(line)
    _blank(found, statement.start, end)
    if str(error).startswith(_TWICE):
        # The first one is read, and checked.
        return None
    path = (*statement.table, named[1]) if named else None
    if path:
        found.broken.append(path)
    if not named or not named[2]:
        found.nameless.append(statement.table)
    return path


def _header(found: Repaired, statement: Statement, end: int, error: Exception) -> Path | None:
    """Put `[table]` right, or take it out with all that stands in it."""
    line = found.text[statement.start : end]
    named = _HEADER.match(line)
    if named is None:
        # What follows belongs to a table that nobody can name.
        found.complete = False
        return None
    path: Path = tuple(part.strip() for part in named[2].split("."))
    many, uneven = named[1] == "[[", len(named[1]) != len(named[3])
    if uneven:
        many = path in found.lists if found.lists else many or named[3] == "]]"
    right = f"[[{named[2]}]]" if many else f"[{named[2]}]"
    twice = str(error).startswith(_TWICE)
    if uneven or (not twice and line.strip() != right):
        found.text = found.text[: statement.start] + right + found.text[end:]
        return None
    # Where it was there before, what is missing there may be here.
    (found.nameless if twice else found.broken).append(path)
    _blank(found, statement.start, next(header_lines(found.text, end), len(found.text)))
    return path


def _line_at(text: str, position: int) -> tuple[int, int]:
    end = text.find("\n", position)
    return text.rfind("\n", 0, position) + 1, len(text) if end < 0 else end


def _blank(found: Repaired, start: int, end: int) -> None:
    """Blanks in place of the text; line ends stay."""
    blank = re.sub(r"[^\n]", " ", found.text[start:end])
    found.text = found.text[:start] + blank + found.text[end:]
