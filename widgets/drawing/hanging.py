"""Text beside a mark, a number or a label; its further lines are aligned with its first."""

from widgets.drawing.format import wrap
from widgets.drawing.spans import Line, width_of

NARROWEST = 8
"""Least cells of the wrapped text, however wide what stands before it is."""


def hanging(first: Line, text: str, width: int, role: str = "") -> list[Line]:
    """`first`, then the text in this role, wrapped within `width` cells."""
    indent = width_of(first)
    rows = wrap(text, max(NARROWEST, width - indent)) or [""]
    return [[*(first if row == 0 else [(" " * indent, "")]), (line, role)] for row, line in enumerate(rows)]
