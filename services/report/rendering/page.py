"""Fits the first page of a report onto one sheet of A4: estimates the height of its blocks and chooses how much they show."""

import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from services.i18n import _, plural
from services.models.verdict import Verdict
from services.report.rendering.document import (
    Block,
    Bullets,
    Document,
    DocumentFacts,
    DocumentLine,
    Paragraph,
    Quote,
    Section,
    Table,
    table,
)

WIDTH = 116  # Half-width characters on a line of the page, at the size of its tables
_LATIN = 1.03  # Width of a Latin letter, as it is set, in half-width characters
_FACT = 40  # Half-width characters of a fact's value, of which two stand in a row
_CELL = 2  # Half-width characters that the padding of a table's cell takes
_LINE, _PADDING, _HEADING, _PARAGRAPH = 4.05, 1.1, 7.7, 1.4
"""Millimetres: a line of text, the padding of a table's row, a section's heading, the margins of a paragraph."""
_HEAD = 25.0  # Millimetres of the title with the boxes for seals, the verdict and the footer
_SUMMARY = 1.25  # How much more room a text of the summary takes than others
_HEIGHT = 268.0  # Millimetres that a page has, less a reserve for fonts that are wider or taller


@dataclass(frozen=True, slots=True)
class Density:
    """How much the first page shows; what is not shown is counted, and stands in an annex."""

    major: int  # Rows of the tables of findings and alarms
    minor: int  # Rows of the other tables
    lines: int  # Lines of one cell or paragraph; a longer text is cut


DENSITIES = (
    Density(14, 14, 3), Density(14, 9, 2), Density(12, 6, 2), Density(10, 5, 2), Density(8, 4, 2), Density(7, 3, 2),
    Density(6, 3, 2), Density(5, 3, 2), Density(4, 2, 2),
    Density(9, 3, 1), Density(6, 3, 1), Density(6, 2, 1), Density(5, 2, 1), Density(4, 2, 1), Density(3, 2, 1), Density(2, 1, 1),
)  # fmt: skip
"""From the most to the least; the last fits whatever happened."""


def fitted(make: Callable[[Density], Document]) -> Document:
    """The fullest document whose first page fits."""
    documents = map(make, DENSITIES)
    whole = next(documents)
    while height(whole) > _HEIGHT and (denser := next(documents, None)) is not None:
        whole = denser
    return whole


def height(whole: Document) -> float:
    """Millimetres that the first page takes."""
    return (
        _HEAD
        + _SUMMARY * sum(map(_block, whole.summary))
        + _block(whole.facts)
        + sum(map(_section, whole.sections))
    )


def size(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(each) in "WFA" else 1 for each in text)


def cut(text: str, width: int, lines: int) -> str:
    """The text on one line, cut with an ellipsis if it takes more than `lines` of `width`."""
    text = " ".join(text.split())
    if _lines(text, width) <= lines:
        return text
    end = min(len(text), width * lines)
    while end > 1 and _lines(text[:end] + "…", width) > lines:
        end -= 1
    return text[:end].rstrip(" 、。,.") + "…"


def column(percent: int) -> int:
    """Half-width characters in a cell of a column that takes `percent` of the page."""
    return max(4, WIDTH * percent // 100 - _CELL)


def _section(section: Section) -> float:
    return _HEADING + sum(map(_block, section.blocks)) + sum(map(_section, section.parts))


def _block(block: Block) -> float:
    match block:
        case Paragraph():
            return _lines(block.text, WIDTH) * _LINE + _PARAGRAPH
        case Quote():
            return (_lines(block.text, WIDTH - 4) + 1) * _LINE + _PARAGRAPH
        case Bullets():
            return sum(_lines(item, WIDTH - 4) for item in block.items) * _LINE + _PARAGRAPH
        case DocumentFacts():
            values = [_lines(value, _FACT) for _name, value in block.pairs]
            heights = [max(values[at : at + 2]) for at in range(0, len(values), 2)]
            return sum(heights) * _LINE + len(heights) * _PADDING
        case Table():
            widths = [column(each) for each in block.widths] or [WIDTH // len(block.columns)] * len(
                block.columns
            )
            rows = [list(block.columns), *(block.cells(line) for line in block.lines)]
            return sum(
                max(_lines(cell, width) for cell, width in zip(row, widths, strict=True)) * _LINE + _PADDING
                for row in rows
            )


def _lines(text: str, width: int) -> int:
    return sum(_wrapped(line, width) for line in text.split("\n"))


def _wrapped(line: str, width: int) -> int:
    """The lines that one takes: words move whole to the next line, Japanese breaks anywhere."""
    lines, taken = 1, 0.0
    for word in line.split(" "):
        room = size(word) * (_LATIN if word.isascii() else 1.0)
        if taken and taken + 1 + room > width and word.isascii():
            lines, taken = lines + 1, 0.0
        taken += room + (1 if taken else 0)
        while taken > width:
            lines, taken = lines + 1, taken - width
    return lines


@dataclass(frozen=True, slots=True)
class Annexes:
    sections: tuple[Section, ...]
    numbers: dict[str, int]

    def reference(self, key: str) -> str:
        """`Annex 3`; "" where there is none."""
        number = self.numbers.get(key)
        return _("Annex {number}", number=number) if number else ""


class FirstPage:
    def __init__(self, appended: Annexes, density: Density) -> None:
        self.annexes = appended
        self.density = density

    def section(self, title: str, blocks: Iterable[Block], key: str = "") -> Section:
        reference = self.annexes.reference(key)
        heading = _("{title} ({more})", title=title, more=reference) if reference else title
        return Section(heading, tuple(blocks))

    def table_rows(
        self,
        columns: Sequence[str],
        widths: Sequence[int],
        rows: Iterable[DocumentLine],
        key: str = "",
        *,
        major: bool = False,
    ) -> Iterator[Block]:
        lines = list(rows)
        most = self.density.major if major else self.density.minor
        first_lines = [self.cut_line(line, widths) for line in lines[:most]]
        yield table(columns, first_lines, widths=widths)
        if more := len(lines) - len(first_lines):
            words = plural("{count} more row: {annex}", "{count} more rows: {annex}", more)
            reference = self.annexes.reference(key) or _("see the annexes")
            yield Paragraph(words.format(count=more, annex=reference))

    def cut_line(self, line: DocumentLine, widths: Sequence[int]) -> DocumentLine:
        cells = zip(line.cells, map(column, widths), strict=True)
        return DocumentLine(tuple(cut(text, room, self.density.lines) for text, room in cells), line.tone)

    def paragraph(self, text: str, tone: Verdict | None = None) -> Paragraph:
        return Paragraph(cut(text, WIDTH, self.density.lines), tone)
