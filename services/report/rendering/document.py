"""A report as a document: sections of paragraphs, lists and tables, which each renderer writes its own way. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from services.models.verdict import Verdict
from services.report.rendering.wording import verdict


@dataclass(frozen=True, slots=True)
class Paragraph:
    """One paragraph; lines of its text stay lines."""

    text: str
    tone: Verdict | None = None


@dataclass(frozen=True, slots=True)
class Quote:
    """A person's words, as they were written, with who and when."""

    text: str
    by: str


@dataclass(frozen=True, slots=True)
class Bullets:
    """A list."""

    items: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Line:
    """A row of a table."""

    cells: tuple[str, ...]
    tone: Verdict | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """A table; `right` are the columns of figures, counted from 0."""

    columns: tuple[str, ...]
    lines: tuple[Line, ...]
    right: frozenset[int] = frozenset()
    title: str = ""

    def cells(self, line: Line) -> list[str]:
        """As many cells as columns; a judged row says so in its first one where no cell does."""
        cells = [*line.cells, *[""] * len(self.columns)][: len(self.columns)]
        mark = verdict(line.tone).partition(" ")[0] if line.tone else ""
        if mark and cells and not any(cell.startswith(mark) for cell in cells):
            cells[0] = f"{mark} {cells[0]}"
        return cells


@dataclass(frozen=True, slots=True)
class Facts:
    """Names and values."""

    pairs: tuple[tuple[str, str], ...]


Block = Paragraph | Quote | Bullets | Table | Facts


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and what stands below it."""

    title: str
    blocks: tuple[Block, ...] = ()
    parts: tuple["Section", ...] = ()


@dataclass(frozen=True, slots=True)
class Document:
    """The whole."""

    title: str
    tone: Verdict | None
    """The verdict of the whole."""
    language: str
    facts: Facts
    summary: tuple[Block, ...] = ()
    sections: tuple[Section, ...] = field(default=())
    footer: str = ""


def table(
    columns: Sequence[str],
    lines: Iterable[Line | Sequence[str]],
    *,
    right: Iterable[int] = (),
    title: str = "",
) -> Table:
    """A table of lines or plain rows."""
    rows = (each if isinstance(each, Line) else Line(tuple(each)) for each in lines)
    return Table(tuple(columns), tuple(rows), frozenset(right), title)
