"""One table of evidence as lines: columns as wide as their texts if there is room, what decides a verdict whole. Pure."""

import re
from collections.abc import Sequence

from rich.cells import cell_len

from services.i18n import _
from services.models.evidence import Evidence, Row
from services.models.verdict import Verdict
from widgets.drawing.format import crop, pad, wrap
from widgets.drawing.spans import Line, Span, spread
from widgets.drawing.state_styles import VERDICT_STYLES

GAP = 2  # Cells between columns
LEAST = 10  # Minimum cells of a text beside complete times and numbers
READABLE = 16  # Cells of a text that is readable in lines
_HEAD = 6  # Minimum cells of a column's head
_EXACT = re.compile(r"[0-9]")  # The beginning of a time or a number, which means something else if it is cut
_LONGEST = 30  # Cells of the longest of such times: the beginning and end of a window
_ROW = 12  # Maximum lines of one row of evidence


def evidence_lines(evidence: Evidence, width: int, year: int | None = None) -> list[Line]:
    """A table with columns as wide as their texts if there is room; the last one takes the rest."""
    lines: list[Line] = [spread([(evidence.title, "heading"), (" ", "")], [], width, fill=("─", "rule"))]
    if not evidence.rows:
        return [*lines, [(_("Nothing"), "muted")]]
    table = EvidenceLines(evidence, width, year)
    lines.append(table.head)
    for row in table.rows:
        lines += table.row(row)
    if evidence.omitted:
        lines.append([("  ", ""), (_("and {count} more", count=evidence.omitted), "muted")])
    return lines


class EvidenceLines:
    """Lays the rows of one table out for a width; dates of `year` leave it out, however they were recorded."""

    def __init__(self, evidence: Evidence, width: int, year: int | None = None) -> None:
        if year is not None:
            evidence = _without_year(evidence, year)
        if sum(_natural_sizes(evidence)) + GAP * len(evidence.columns) > width:
            evidence = _without_empty(evidence)
        self._columns = evidence.columns
        self._widths = _sizes(evidence, width - GAP)
        self.rows = evidence.rows

    @property
    def head(self) -> Line:
        return [("  ", ""), *cell_spans(self._columns, self._widths, "head")]

    def row(self, row: Row, *, whole: bool = True) -> list[Line]:
        style = VERDICT_STYLES[row.verdict] if row.verdict is not None else None
        mark: Span = (f"{style.mark} ", style.role) if style is not None else ("  ", "")
        if whole and row.verdict not in (None, Verdict.NORMAL):
            return _whole_row(mark, row.cells, self._widths)
        return [[mark, *cell_spans(row.cells, self._widths, "")]]


def _natural_sizes(evidence: Evidence) -> list[int]:
    rows = [evidence.columns, *(row.cells for row in evidence.rows)]
    count = len(evidence.columns)
    return [max(cell_len(row[at]) if at < len(row) else 0 for row in rows) for at in range(count)]


def _without_year(evidence: Evidence, year: int) -> Evidence:
    date = re.compile(rf"\b{year}-(?=\d\d-\d\d\()")
    rows = [
        row.model_copy(update={"cells": tuple(date.sub("", cell) for cell in row.cells)})
        for row in evidence.rows
    ]
    return evidence.model_copy(update={"rows": tuple(rows)})


def _without_empty(evidence: Evidence) -> Evidence:
    rows = evidence.rows
    positions = [
        at
        for at in range(len(evidence.columns))
        if any(at < len(row.cells) and row.cells[at] for row in rows)
    ]
    return evidence.model_copy(
        update={
            "columns": tuple(evidence.columns[at] for at in positions),
            "rows": tuple(
                row.model_copy(
                    update={"cells": tuple(row.cells[at] for at in positions if at < len(row.cells))}
                )
                for row in rows
            ),
        }
    )


def _sizes(evidence: Evidence, width: int) -> list[int]:
    """Widths of the columns: where room is short, heads are cut first, then texts, and times and numbers last."""
    sizes = _natural_sizes(evidence)
    columns = range(len(sizes))
    cells = [[row.cells[at] for row in evidence.rows if at < len(row.cells)] for at in columns]
    room = width - GAP * (len(sizes) - 1)
    texts = [at for at in columns if not all(_is_exact(cell) for cell in cells[at])]
    for at in sorted(columns, key=lambda at: sizes[at] - _widest(cells[at]), reverse=True):
        shrink(sizes, (at,), max(_HEAD, _widest(cells[at])), room)
    for narrowed, least in ((texts, READABLE), (texts, LEAST), (columns, _HEAD)):
        shrink(sizes, narrowed, least, room)
    return sizes


def _widest(cells: Sequence[str]) -> int:
    return max(map(cell_len, cells), default=0)


def _is_exact(cell: str) -> bool:
    """Whether a cell is a time or a number and nothing else, which would mean something else if it were cut."""
    return not cell or bool(_EXACT.match(cell) and cell_len(cell) <= _LONGEST and "（" not in cell)


def _whole_row(mark: Span, cells: Sequence[str], sizes: Sequence[int]) -> list[Line]:
    """A row that affects the verdict: texts continue below in their columns, up to _ROW lines."""
    columns = [wrap(text, size) for text, size in zip(cells, sizes, strict=False)]
    height = min(_ROW, max((len(column) for column in columns), default=1))
    lines: list[Line] = []
    for at in range(height):
        # The last line takes the rest of the text, so that a cut is visible.
        texts = [
            "".join(column[at:]) if at == height - 1 else column[at] if at < len(column) else ""
            for column in columns
        ]
        lines.append([mark if at == 0 else ("  ", ""), *cell_spans(texts, sizes, "")])
    return lines


def shrink(sizes: list[int], columns: Sequence[int], least: int, room: int) -> None:
    """Narrow the widest of `columns` until all sizes fit into `room`, or none is wider than `least`."""
    while columns and sum(sizes) > room:
        widest = max(columns, key=sizes.__getitem__)
        if sizes[widest] <= least:
            return
        sizes[widest] -= 1


def cell_spans(cells: Sequence[str], sizes: Sequence[int], role: str) -> list[Span]:
    spans: list[Span] = []
    for text, size in zip(cells, sizes, strict=False):
        spans += [(" " * GAP, "")] if spans else []
        spans.append((pad(crop(text, size), size), role))
    return spans
