"""A report as a format-neutral document of sections, paragraphs, lists and tables. Pure values, written out by each renderer."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from services.models.verdict import Verdict


@dataclass(frozen=True, slots=True)
class Paragraph:
    text: str
    tone: Verdict | None = None


@dataclass(frozen=True, slots=True)
class Quote:
    text: str
    by: str


@dataclass(frozen=True, slots=True)
class Bullets:
    items: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DocumentLine:
    cells: tuple[str, ...]
    tone: Verdict | None = None  # Its colour; what it means is written in a cell
    mark: str = ""  # A glyph before the first cell, for rows of which no cell has one


@dataclass(frozen=True, slots=True)
class Table:
    """A table; `right` holds the indices (from 0) of right-aligned numeric columns."""

    columns: tuple[str, ...]
    lines: tuple[DocumentLine, ...]
    right: frozenset[int] = frozenset()
    title: str = ""
    widths: tuple[int, ...] = ()  # Percent of the page that each column takes; empty: by its texts

    def cells(self, line: DocumentLine) -> list[str]:
        cells = [*line.cells, *[""] * len(self.columns)][: len(self.columns)]
        if line.mark and cells and not any(cell.startswith(line.mark) for cell in cells):
            cells[0] = f"{line.mark} {cells[0]}"
        return cells


@dataclass(frozen=True, slots=True)
class DocumentFacts:
    pairs: tuple[tuple[str, str], ...]


Block = Paragraph | Quote | Bullets | Table | DocumentFacts


@dataclass(frozen=True, slots=True)
class Section:
    title: str
    blocks: tuple[Block, ...] = ()
    parts: tuple["Section", ...] = ()
    whole: bool = False  # Whether it is printed on one page where it fits on one


@dataclass(frozen=True, slots=True)
class Document:
    title: str
    tone: Verdict | None  # The colour of the overall verdict
    language: str
    facts: DocumentFacts
    verdict: str = ""  # The overall verdict in words; "" for a document that has none
    summary: tuple[Block, ...] = ()  # What a reader must know, above everything else
    sections: tuple[Section, ...] = field(default=())
    annexes: tuple[Section, ...] = ()  # What the sections refer to by number; each begins with its number
    seals: tuple[str, ...] = ()  # Heads of the boxes for seals on paper
    footer: str = ""


def table(
    columns: Sequence[str],
    lines: Iterable[DocumentLine | Sequence[str]],
    *,
    right: Iterable[int] = (),
    title: str = "",
    widths: Sequence[int] = (),
) -> Table:
    rows = (each if isinstance(each, DocumentLine) else DocumentLine(tuple(each)) for each in lines)
    return Table(tuple(columns), tuple(rows), frozenset(right), title, tuple(widths))
