"""Text beside a mark, a number or a label; its further lines are aligned with its first."""

from widgets.drawing.format import crop, wrap
from widgets.drawing.spans import Line, width_of

NARROWEST = 8
"""Least cells of the wrapped text, however wide what stands before it is."""


def hanging(first: Line, text: str, width: int, role: str = "", most: int | None = None) -> list[Line]:
    """`first`, then the text in this role, wrapped within `width` cells; after `most` lines it ends in an ellipsis."""
    indent = width_of(first)
    room = max(NARROWEST, width - indent)
    rows = wrap(text, room) or [""]
    if most is not None and len(rows) > most:
        rows[most - 1 :] = [crop(" ".join(rows[most - 1 :]), room)]
    return [[*(first if row == 0 else [(" " * indent, "")]), (line, role)] for row, line in enumerate(rows)]


def ending(lines: list[Line], end: Line, width: int, indent: int) -> list[Line]:
    """The lines with `end` behind the last one, or below it where there is no room."""
    if width_of(lines[-1]) + 2 + width_of(end) > width:
        return [*lines, [(" " * indent, ""), *end]]
    return [*lines[:-1], [*lines[-1], ("  ", ""), *end]]
