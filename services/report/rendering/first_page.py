"""The first page of a report and its annexes: tables cut to the density of the page, with references to what is cut."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from services.i18n import _, plural
from services.models.verdict import Verdict
from services.report.rendering.document import Block, Line, Paragraph, Section, table
from services.report.rendering.page import WIDTH, Density, column, cut


@dataclass(frozen=True, slots=True)
class Annexes:
    """The annexes in order, and their numbers by what they are about."""

    sections: tuple[Section, ...]
    numbers: dict[str, int]

    def reference(self, key: str) -> str:
        """`Annex 3`; "" where there is none."""
        number = self.numbers.get(key)
        return _("Annex {number}").format(number=number) if number else ""


class FirstPage:
    """What the first pages of all reports share, at one density."""

    def __init__(self, appended: Annexes, density: Density) -> None:
        self.annexes = appended
        self.density = density

    def section(self, title: str, blocks: Iterable[Block], key: str = "") -> Section:
        """A section, whose title names the annex about the same."""
        reference = self.annexes.reference(key)
        heading = _("{title} ({more})").format(title=title, more=reference) if reference else title
        return Section(heading, tuple(blocks))

    def table_rows(
        self,
        columns: Sequence[str],
        widths: Sequence[int],
        rows: Iterable[Line],
        key: str = "",
        *,
        major: bool = False,
    ) -> Iterator[Block]:
        """A table of at most the density's rows, and how many more there are."""
        lines = list(rows)
        most = self.density.major if major else self.density.minor
        first_lines = [self.cut_line(line, widths) for line in lines[:most]]
        yield table(columns, first_lines, widths=widths)
        if more := len(lines) - len(first_lines):
            words = plural("{count} more row: {annex}", "{count} more rows: {annex}", more)
            reference = self.annexes.reference(key) or _("see the annexes")
            yield Paragraph(words.format(count=more, annex=reference))

    def cut_line(self, line: Line, widths: Sequence[int]) -> Line:
        cells = zip(line.cells, map(column, widths), strict=True)
        return Line(tuple(cut(text, room, self.density.lines) for text, room in cells), line.tone)

    def paragraph(self, text: str, tone: Verdict | None = None) -> Paragraph:
        """A paragraph that fits the density's lines."""
        return Paragraph(cut(text, WIDTH, self.density.lines), tone)
