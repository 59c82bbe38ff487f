"""Finds the end of a TOML statement even if it has a syntax error."""

import re
from collections.abc import Iterator

_HEADER_LINE = re.compile(r"[ \t]*\[{1,2}[A-Za-z_][A-Za-z0-9_.-]*\]{1,2}[ \t]*(?:#.*)?$", re.MULTILINE)
_ASSIGNMENT = re.compile(r"([ \t]*)[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*(?:[ \t]*[=:]|[ \t]+[\"'\d\[{])")
_LONG = re.compile(r'"""|' + "'''")
_LONG_END = {'"""': re.compile(r'(?:[^\\]|\\.)*?"""+', re.DOTALL), "'''": re.compile(r".*?'''+", re.DOTALL)}
_SHORT = re.compile(r'"(?:[^"\\\n]|\\[^\n])*"?|' + r"'[^'\n]*'?")
_COMMENT = re.compile(r"#[^\n]*")
_PLAIN = re.compile(r"[^\"'#\[\]{}\n]+")


def header_lines(text: str, start: int) -> Iterator[int]:
    """Offsets of the lines, from `start` on, that hold nothing but a table header."""
    for match in _HEADER_LINE.finditer(text, start):
        if match.start() == 0 or text[match.start() - 1] == "\n":
            yield match.start()


def end_of(text: str, start: int) -> int | None:
    """The end offset of the statement that begins at `start`; None if an unclosed multi-line string makes it unknown.

    An unclosed list ends before the next line that looks like the start of a statement.
    """
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
