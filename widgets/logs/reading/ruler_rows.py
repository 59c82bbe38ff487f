"""The rows of a ruler: bars, the row of errors and warnings, the axis."""

from dataclasses import dataclass
from datetime import UTC, date, tzinfo
from itertools import groupby

from textual.content import Content

from services.i18n import _
from widgets.drawing.format import crop, pad
from widgets.logs.reading.axis import AxisPart, axis_parts, ticks
from widgets.logs.reading.histogram import Counts, Scale
from widgets.logs.text.time import span_text

# Bars of a histogram as rows of cells: eighths of a block, errors at the bottom.
#
# Colour is not the only sign of errors: from three rows on they have a row of their own, below that their bars are
# underlined.


EIGHTHS = " \u2581\u2582\u2583\u2584\u2585\u2586\u2587\u2588"


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell: the block, the level of its colour, and that of the part above it in the same cell."""

    text: str = " "
    level: str = ""
    """`error`, `warning`, `other` or ""."""
    over: str = ""
    """Level behind the block; "" for none."""


def stacked(bars: list[Counts], rows: int) -> list[list[Cell]]:
    """`rows` rows of cells from the top, errors lowest; the highest bar fills them."""
    highest = max((bar.total for bar in bars), default=0)
    columns = [_column(bar, highest, rows) for bar in bars]
    return [[column[row] for column in columns] for row in range(rows - 1, -1, -1)]


def worst_levels(bars: list[Counts]) -> list[Cell]:
    """One row of the errors, of the warnings where there is no error; each kind on a scale of its own."""
    errors = max((bar.errors for bar in bars), default=0)
    warnings = max((bar.warnings for bar in bars), default=0)
    return [
        Cell(EIGHTHS[_eighths(bar.errors, errors, 8)], "error")
        if bar.errors
        else Cell(EIGHTHS[_eighths(bar.warnings, warnings, 8)], "warning")
        if bar.warnings
        else Cell()
        for bar in bars
    ]


def _eighths(count: int, highest: int, most: int) -> int:
    """The height of a count; at least one eighth if there is anything."""
    return max(1, round(count * most / highest)) if count and highest else 0


def _column(bar: Counts, highest: int, rows: int) -> list[Cell]:
    total = _eighths(bar.total, highest, 8 * rows)
    # Levels are heights from the bottom, each at least an eighth above the one below it.
    error = min(total, _eighths(bar.errors, highest, 8 * rows))
    warning = min(total, error + _eighths(bar.warnings, highest, 8 * rows))
    edges = [(error, "error"), (warning, "warning"), (total, "other")]
    return [_cell(edges, 8 * row, total) for row in range(rows)]


def _cell(edges: list[tuple[int, str]], floor: int, total: int) -> Cell:
    """The cell from `floor` eighths on: at most two levels can be drawn in it, the worse ones win."""
    if total <= floor:
        return Cell()
    level = next(name for edge, name in edges if edge > floor)
    edge = next(edge for edge, name in edges if name == level)
    if edge >= floor + 8:
        return Cell(EIGHTHS[8], level)
    if total < floor + 8:
        return Cell(EIGHTHS[total - floor], level)
    over = next(name for top, name in edges if top > edge)
    return Cell(EIGHTHS[edge - floor], level, over)


LEFT, RIGHT = 2, 7
"""Cells beside the bars: the letter of the row of errors; the highest count and the width of a bar."""
_STYLES = {"error": "$text-error", "warning": "$text-warning", "other": "$primary", "": ""}
_BACKGROUNDS = {"error": " on $error", "warning": " on $warning", "other": " on $primary", "": ""}
_AXIS_STYLES = {"moment": "bold reverse $text-accent", "cursor": "bold $accent", "tick": "$text-muted"}
_SECONDS = Scale(1000)
_WIDEST = 8
"""Cells of a bar at most: one line is not a wall."""


@dataclass(frozen=True, slots=True)
class RulerFacts:
    """What is drawn."""

    bars: tuple[Counts, ...] = ()
    first: int = 0
    """Number of the first bar."""
    scale: Scale = _SECONDS
    cursor: int | None = None
    """The bar of the reader's line."""
    moments: tuple[tuple[int, str], ...] = ()
    """Epoch milliseconds and label."""
    zone: tzinfo = UTC
    note: str = ""
    """Stands in place of the width of a bar."""

    @property
    def inside(self) -> range:
        """The numbers of the bars."""
        return range(self.first, self.first + len(self.bars))


def place(count: int, columns: int) -> tuple[int, int]:
    """Cells of one of `count` bars, and the column of the first: the newest stands at the right."""
    width = min(_WIDEST, max(1, columns // max(1, count)))
    return width, LEFT + columns - width * count


def drawn(facts: RulerFacts, columns: int, rows: int, today: date) -> list[Content]:
    """All rows; none without lines."""
    if not facts.bars or rows < 1:
        return []
    bars = list(facts.bars)
    heads = stacked(bars, max(1, rows - 2))
    highest = count_text(max(bar.total for bar in bars))
    lines = [
        _row(facts, cells, columns, right=highest if index == 0 else "", underlines=rows < 3)
        for index, cells in enumerate(heads)
    ]
    if rows > 2:
        lines.append(_worst(facts, bars, columns))
    lines.append(_axis(facts, columns, today))
    return lines


def _worst(facts: RulerFacts, bars: list[Counts], columns: int) -> Content:
    """The row of errors and warnings, or that there are none."""
    if any(bar.errors or bar.warnings for bar in bars):
        letter = "E" if any(bar.errors for bar in bars) else "W"
        return _row(facts, worst_levels(bars), columns, letter=letter)
    text = crop(_("no errors or warnings"), columns)
    return Content.styled(" " * LEFT + text, "$text-muted")


def _row(
    facts: RulerFacts,
    cells: list[Cell],
    columns: int,
    *,
    right: str = "",
    letter: str = "",
    underlines: bool = False,
) -> Content:
    width, left = place(len(facts.bars), columns)
    marked = {facts.scale.bar(at) for at, _label in facts.moments}
    kind = "error" if letter == "E" else "warning"
    parts: list[tuple[str, str]] = [(letter.ljust(left), _STYLES[kind] if letter else "")]
    for bar, cell in zip(facts.inside, cells, strict=True):
        style = _STYLES[cell.level] + _BACKGROUNDS[cell.over]
        if bar == facts.cursor and not cell.over:
            style += " on $primary-muted"
        if underlines and facts.bars[bar - facts.first].errors:
            style += " underline"
        text = cell.text * width
        if bar in marked and cell.text == " ":
            text, style = "\u250a" + cell.text * (width - 1), "$text-accent" + style
        parts.append((text, style.strip()))
    parts.append((right.rjust(RIGHT), "$text-muted"))
    runs = groupby(parts, key=lambda part: part[1])
    return Content("").join(
        [Content.styled("".join(text for text, _style in run), style) for style, run in runs]
    )


def _axis(facts: RulerFacts, columns: int, today: date) -> Content:
    width, left = place(len(facts.bars), columns)

    def column_of(bar: int) -> int:
        return left + (bar - facts.first) * width

    moments = [(facts.scale.bar(at), label) for at, label in facts.moments]
    times = ticks(facts.first, len(facts.bars), facts.scale, column_of, width, facts.zone, today)
    parts = axis_parts(
        left + width * len(facts.bars),
        moments=[(column_of(bar), label) for bar, label in moments if bar in facts.inside],
        cursor=column_of(facts.cursor) if facts.cursor is not None and facts.cursor in facts.inside else -1,
        ticks=times,
    )
    note = crop(facts.note or span_text(facts.scale.step), RIGHT - 1)
    cells = _spread(parts, left + width * len(facts.bars))
    return Content("").join([*cells, Content.styled(pad(note, RIGHT, "right"), "$text-muted")])


def _spread(parts: list[AxisPart], columns: int) -> list[Content]:
    """The parts with blanks between them, `columns` cells in all."""
    contents: list[Content] = []
    end = 0
    for part in parts:
        text = Content.styled(part.text, _AXIS_STYLES[part.kind])
        contents += [Content(" " * (part.column - end)), text]
        end = part.column + text.cell_length
    return [*contents, Content(" " * max(0, columns - end))]


def count_text(count: int) -> str:
    """A count in five cells: `812`, `1.2k`, `34k`, `5.6M`."""
    for size, unit in ((1_000_000, "M"), (1_000, "k")):
        if count >= size:
            value = count / size
            return f"{value:.1f}{unit}" if value < 10 else f"{value:.0f}{unit}"
    return f"{count}"
