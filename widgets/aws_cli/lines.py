"""Draws one command: what it is for, the command itself, and where it is easily written wrong."""

from collections.abc import Iterator, Sequence

from rich.cells import cell_len

from services.models.aws_cli import ShellLine
from services.models.glyphs import ATTENTION
from services.models.text import clean
from widgets.drawing.format import wrap
from widgets.drawing.lines import Line, Span, width_of

_INDENT = 2
_BREAKS = ", |"
"""Characters after which a long value is broken."""
_LONGEST = 1 << 20
"""Characters shown of one word; it is copied whole anyway."""


def command_lines(line: ShellLine, width: int) -> list[Line]:
    """The command in `width` cells."""
    role = "bad" if line.writes else ""
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
    """The words; a flag is kept on one line with its values if that is possible."""
    spans: list[Span] = []
    for group in _groups(words):
        size = sum(cell_len(text) + 1 for text, _role in group) - 1
        if spans and width_of(spans) + 1 + size > width >= size:
            yield [(" " * _INDENT, ""), *spans]
            spans = []
        for text, role in group:
            rest = text
            while rest:
                room = width - width_of(spans) - bool(spans)
                if spans and cell_len(rest) > room and (cell_len(rest) <= width or room < width // 2):
                    yield [(" " * _INDENT, ""), *spans]
                    spans, room = [], width
                part, rest = _cut(rest, room)
                spans += [(" ", ""), (part, role)] if spans else [(part, role)]
    yield [(" " * _INDENT, ""), *spans]


def _groups(words: Sequence[str]) -> Iterator[list[Span]]:
    """The program with its operation, then each flag with its values."""
    group: list[Span] = []
    for text, role in _pieces(words):
        if (role == "muted" or text == "do") and group:
            yield group
            group = []
        group.append((text, role))
    yield group


def _pieces(words: Sequence[str]) -> Iterator[Span]:
    head = next((at for at, word in enumerate(words) if word == "aws" or word.endswith("(aws")), 0) + 3
    for at, word in enumerate(words):
        role = "strong" if head - 3 <= at < head else "muted" if word.startswith("--") else "code"
        yield clean(word, _LONGEST), role


def _cut(text: str, width: int) -> tuple[str, str]:
    """(at most `width` cells, the rest), after a comma or a space where that wastes less than half of them."""
    used = 0
    for at, character in enumerate(text):
        used += cell_len(character)
        if used > width:
            end = max(text.rfind(mark, 0, at) for mark in _BREAKS) + 1
            at = end if end > at // 2 else max(1, at)
            return text[:at], text[at:]
    return text, ""
