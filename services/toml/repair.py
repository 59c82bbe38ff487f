"""Error-tolerant TOML parsing: reports every syntax error and returns the values of the rest. `tomllib` stops
at the first error. Here the failing statement is blanked out, or a table header is corrected, and the text is
parsed again."""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from services.i18n import _
from services.toml import mistakes
from services.toml.positions import Path, Statement, statements

_HEADER_LINE = re.compile(r"[ \t]*\[{1,2}[A-Za-z_][A-Za-z0-9_.-]*\]{1,2}[ \t]*(?:#.*)?$", re.MULTILINE)
_ASSIGNMENT = re.compile(r"([ \t]*)[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*(?:[ \t]*[=:]|[ \t]+[\"'\d\[{])")
_LONG = re.compile(r'"""|' + "'''")
_LONG_END = {'"""': re.compile(r'(?:[^\\]|\\.)*?"""+', re.DOTALL), "'''": re.compile(r".*?'''+", re.DOTALL)}
_SHORT = re.compile(r'"(?:[^"\\\n]|\\[^\n])*"?|' + r"'[^'\n]*'?")
_COMMENT = re.compile(r"#[^\n]*")
_PLAIN = re.compile(r"[^\"'#\[\]{}\n]+")


def header_lines(text: str, start: int) -> Iterator[int]:
    for match in _HEADER_LINE.finditer(text, start):
        if match.start() == 0 or text[match.start() - 1] == "\n":
            yield match.start()


def end_of(text: str, start: int) -> int | None:
    """The end offset of the statement that begins at `start`; None if an unclosed multi-line string makes it
    unknown. An unclosed list ends before the next line that looks like the start of a statement."""
    position, depth = start, 0
    indent = start - text.rfind("\n", 0, start) - 1
    while position < len(text):
        character = text[position]
        if character == "\n":
            if depth <= 0 or _begins_statement(text, position + 1, indent):
                return position
            position += 1
        elif long := _LONG.match(text, position):
            closed = _LONG_END[long[0]].match(text, long.end())
            if closed is None or next(header_lines(text, long.end()), len(text)) < closed.end():
                return None
            position = closed.end()
        else:
            depth += {"[": 1, "{": 1, "]": -1, "}": -1}.get(character, 0)
            passed = next(
                (match for each in (_COMMENT, _SHORT, _PLAIN) if (match := each.match(text, position))), None
            )
            position = passed.end() if passed else position + 1
    return position


def _begins_statement(text: str, line: int, indent: int) -> bool:
    """Whether a line starts a new statement: a header, or an assignment indented no deeper than `indent`."""
    if _HEADER_LINE.match(text, line):
        return True
    assigned = _ASSIGNMENT.match(text, line)
    return assigned is not None and len(assigned[1]) <= indent


MOST = 50  # Maximum number of syntax errors reported; a text with more is probably not TOML at all
_HEADER = re.compile(r"[ \t]*(\[{0,2})[ \t]*([A-Za-z0-9_-]+(?:[ \t]*\.[ \t]*[A-Za-z0-9_-]+)*)[ \t]*(\]{0,2})")
_KEY = re.compile(r"([A-Za-z0-9_-]+)[ \t]*(=?)")
_TWICE = ("Cannot overwrite a value", "Cannot declare")


@dataclass
class Repaired:
    text: str  # The text that was finally parsed; line numbers match the original
    lists: frozenset[Path]
    """Paths that are arrays of tables, needed to correct a header with unbalanced brackets."""
    data: dict[str, Any] = field(default_factory=dict)
    mistakes: list[tuple[int, str]] = field(default_factory=list)  # (line, message) of each syntax error
    broken: list[Path] = field(default_factory=list)
    """Paths without a value because of a syntax error; checks of other values may depend on them."""
    nameless: list[Path] = field(default_factory=list)
    """Tables with a statement whose key is unreadable, so that any of their keys may be present."""
    complete: bool = True  # False if parsing stopped at the last of `mistakes`


def repair(text: str, lists: frozenset[Path] = frozenset()) -> Repaired:
    """`lists` are the paths of arrays of tables."""
    repaired = Repaired(text.replace("\r\n", "\n"), lists)
    reasons: set[tuple[Path, str]] = set()
    for _attempt in range(MOST):
        try:
            repaired.data = tomllib.loads(repaired.text)
        except (tomllib.TOMLDecodeError, RecursionError, ValueError) as error:
            before = repaired.text
            _name_and_blank(repaired, error, reasons)
            if not repaired.complete or repaired.text == before:
                break
        else:
            return repaired
    repaired.complete = False
    _close(repaired)
    return repaired


def _close(repaired: Repaired) -> None:
    line, message = repaired.mistakes[-1]
    more = _("correct this and check again: what follows, and what values mean, was not checked")
    repaired.mistakes[-1] = (line, f"{message}; {more}")


def _name_and_blank(repaired: Repaired, error: Exception, reasons: set[tuple[Path, str]]) -> None:
    offset = mistakes.offset(error, repaired.text)
    line, reason = mistakes.syntax(error, repaired.text)
    statement = _failing(repaired.text, offset)
    if offset is None and statement is None:
        repaired.mistakes.append((line, reason))
        repaired.complete = False
        return
    position = len(repaired.text) - 1 if offset is None else offset
    end = _end(repaired.text, statement) if statement else position
    if statement is None or (end is not None and end < position and _in_comment(repaired.text, position)):
        repaired.mistakes.append((line, reason))
        _blank(repaired, *_line_at(repaired.text, position))
        return
    line = min(line, _last_line(repaired.text, statement.start, end))
    if end is None:
        repaired.mistakes.append((line, reason))
        repaired.complete = False
        return
    path = (
        _header(repaired, statement, end, error)
        if statement.header
        else _key(repaired, statement, end, error)
    )
    if path is None or (path, reason) not in reasons:
        repaired.mistakes.append((line, reason))
    if path is not None and statement.header:
        reasons.add((path, reason))


def _end(text: str, statement: Statement) -> int | None:
    return _line_at(text, statement.start)[1] if statement.header else end_of(text, statement.start)


def _last_line(text: str, start: int, end: int | None) -> int:
    """The last line (from 1) of a statement, without trailing blank lines and comments that an unclosed list absorbs."""
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
    last = None
    for statement in statements(text):
        if offset is not None and statement.start > offset:
            break
        if text[text.rfind("\n", 0, statement.start) + 1 : statement.start].strip():
            # This is the remainder of a line that already holds a statement.
            break
        last = statement
    return last


def _key(repaired: Repaired, statement: Statement, end: int, error: Exception) -> Path | None:
    """Blank out a `key = value` statement; returns its path, or None if it has none or is a duplicate."""
    line = repaired.text[statement.start : end]
    header = _HEADER.fullmatch(line.partition("#")[0].strip())
    if header and header[3] and "=" not in line:
        return _header(repaired, statement, end, error)
    named = _KEY.match(line)
    _blank(repaired, statement.start, end)
    if str(error).startswith(_TWICE):
        # A duplicate key: the first one is read and checked.
        return None
    path = (*statement.table, named[1]) if named else None
    if path:
        repaired.broken.append(path)
    if not named or not named[2]:
        repaired.nameless.append(statement.table)
    return path


def _header(repaired: Repaired, statement: Statement, end: int, error: Exception) -> Path | None:
    line = repaired.text[statement.start : end]
    named = _HEADER.match(line)
    if named is None:
        # The following keys belong to a table whose name is unreadable.
        repaired.complete = False
        return None
    path: Path = tuple(part.strip() for part in named[2].split("."))
    many, uneven = named[1] == "[[", len(named[1]) != len(named[3])
    if uneven:
        many = path in repaired.lists if repaired.lists else many or named[3] == "]]"
    right = f"[[{named[2]}]]" if many else f"[{named[2]}]"
    twice = str(error).startswith(_TWICE)
    if uneven or (not twice and line.strip() != right):
        repaired.text = repaired.text[: statement.start] + right + repaired.text[end:]
        return None
    # For a duplicate table, keys missing in the first one may be in this one.
    (repaired.nameless if twice else repaired.broken).append(path)
    _blank(repaired, statement.start, next(header_lines(repaired.text, end), len(repaired.text)))
    return path


def _line_at(text: str, position: int) -> tuple[int, int]:
    end = text.find("\n", position)
    return text.rfind("\n", 0, position) + 1, len(text) if end < 0 else end


def _blank(repaired: Repaired, start: int, end: int) -> None:
    blank = re.sub(r"[^\n]", " ", repaired.text[start:end])
    repaired.text = repaired.text[:start] + blank + repaired.text[end:]
