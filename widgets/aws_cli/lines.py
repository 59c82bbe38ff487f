"""Draws one command: what it is for, the command itself, and where it is easily written wrong."""

from collections.abc import Iterator, Sequence

from rich.cells import cell_len

from services.models.aws_cli import ShellLine
from services.models.glyphs import ATTENTION
from services.models.text import clean
from widgets.drawing.format import wrap
from widgets.drawing.lines import Line, Span

_INDENT = 2
_LONGEST = 1 << 20
"""Characters shown of one word; it is copied whole anyway."""


def command_lines(line: ShellLine, width: int) -> list[Line]:
    """The command in `width` cells."""
    role = "bad" if line.writes else "strong"
    return [
        *_hang("# ", line.purpose, width, role),
        *_wrapped(line.words, max(8, width - _INDENT)),
        *(row for trap in line.traps for row in _hang(f"{ATTENTION} ", trap, width, "warn")),
    ]


def _hang(mark: str, text: str, width: int, role: str) -> Iterator[Line]:
    indent = cell_len(mark)
    for at, part in enumerate(wrap(text, max(8, width - indent))):
        yield [(mark if at == 0 else " " * indent, role if role == "warn" else "muted"), (part, role)]


def _wrapped(words: Sequence[str], width: int) -> Iterator[Line]:
    """The words, broken between them where possible; a flag stays with its value."""
    spans: list[Span] = []
    used = 0
    for text, role in _pieces(words):
        if used and used + 1 + cell_len(text) > width:
            yield [(" " * _INDENT, ""), *spans]
            spans, used = [], 0
        if used:
            spans.append((" ", ""))
            used += 1
        *whole, rest = _broken(text, width)
        for part in whole:
            yield [(" " * _INDENT, ""), (part, role)]
        spans.append((rest, role))
        used += cell_len(rest)
    yield [(" " * _INDENT, ""), *spans]


def _pieces(words: Sequence[str]) -> Iterator[Span]:
    for at, word in enumerate(words):
        is_flag = word.startswith("--")
        yield clean(word, _LONGEST), "muted" if is_flag else "key" if at < _head(words) else "code"


def _head(words: Sequence[str]) -> int:
    """How many words name the program and the operation, with a loop before them."""
    at = next((at for at, word in enumerate(words) if word == "aws" or word.endswith("(aws")), 0)
    return at + 3


def _broken(text: str, width: int) -> list[str]:
    """A word in parts of at most `width` cells."""
    parts, part, used = [], "", 0
    for character in text:
        size = cell_len(character)
        if part and used + size > width:
            parts.append(part)
            part, used = "", 0
        part += character
        used += size
    return [*parts, part]
