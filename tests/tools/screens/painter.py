"""A terminal's cells as SVG, each character in its own cell, so that Japanese and braille stand where they
should. Textual's own export lays text out in runs, which browsers and converters space by the font's widths,
and it knows the theme's colours only, not those of a terminal with fewer."""

import re
from collections.abc import Iterator
from html import escape
from itertools import groupby
from typing import NamedTuple

from rich.cells import cell_len

from tests.tools.screens.drawn_characters import drawn
from tests.tools.screens.palettes import Look, colour
from tests.tools.screens.terminal import Cell

CELL_WIDTH, CELL_HEIGHT = 8.4, 17.0
_BASELINE = 13
_BOLD, _DIM, _ITALIC, _UNDERLINE, _REVERSE, _STRUCK = 1, 2, 3, 4, 7, 9
_DIMMED = 0.55  # Share of the foreground in a dim character, as in xterm and most others
_RUNS = re.compile(r"[!-~]+|[\u3000-\u9fff\uff00-\uff60]+|.", re.DOTALL)
"""ASCII words and full-width text; anything else by itself."""
_CLASSES = {_BOLD: "b", _ITALIC: "i", _UNDERLINE: "u", _STRUCK: "s"}
_STYLE = (
    "text{font:14px 'DejaVu Sans Mono','Noto Sans Mono CJK JP','Noto Sans CJK JP',Menlo,Consolas,monospace;white-space:pre}"
    ".w{font-size:15.4px;letter-spacing:1.4px}.b{font-weight:bold}.i{font-style:italic}"
    ".u{text-decoration:underline}.s{text-decoration:line-through}"
)


class _Pen(NamedTuple):
    front: str
    back: str
    classes: tuple[str, ...]


def painted(cells: list[list[Cell]], look: Look) -> str:
    """The screen as an SVG document."""
    width, height = len(cells[0]) * CELL_WIDTH, len(cells) * CELL_HEIGHT
    head = f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height:.0f}"><style>{_STYLE}</style>'
    ground = f'<rect width="100%" height="100%" fill="{look.ground[1]}"/>'
    rows = "".join(_row(row, y * CELL_HEIGHT, look) for y, row in enumerate(cells))
    return f"{head}{ground}{rows}</svg>\n"


def _row(row: list[Cell], top: float, look: Look) -> str:
    boxes, letters, column = [], [], 0
    for pen, group in groupby(row, key=lambda cell: _pen(cell, look)):
        cells = list(group)
        if pen.back != look.ground[1]:
            # Half a pixel more hides the seam between two boxes of one colour.
            wide = len(cells) * CELL_WIDTH + 0.5
            boxes.append(
                f'<rect x="{column * CELL_WIDTH:.1f}" y="{top:.0f}" width="{wide:.1f}" height="{CELL_HEIGHT + 0.5}" fill="{pen.back}"/>'
            )
        letters += _letters("".join(cell.data for cell in cells), column, top, pen)
        column += len(cells)
    return "".join(boxes + letters)


def _pen(cell: Cell, look: Look) -> _Pen:
    own_front, own_back = look.ground
    front = colour(cell.fg) if cell.fg else own_front
    back = colour(cell.bg) if cell.bg else own_back
    if _REVERSE in cell.attributes:
        front, back = back, front
    if _DIM in cell.attributes:
        front = _mixed(front, back, _DIMMED)
    return _Pen(front, back, tuple(name for code, name in _CLASSES.items() if code in cell.attributes))


def _mixed(front: str, back: str, share: float) -> str:
    parts = [[int(each[at : at + 2], 16) for at in (1, 3, 5)] for each in (front, back)]
    return "#" + "".join(
        f"{round(one * share + other * (1 - share)):02x}" for one, other in zip(*parts, strict=True)
    )


def _letters(text: str, column: int, top: float, pen: _Pen) -> Iterator[str]:
    shapes = []
    for run in _RUNS.findall(text):
        left = column * CELL_WIDTH
        if shape := drawn(run, left, top, CELL_WIDTH, CELL_HEIGHT):
            shapes.append(shape)
        elif not run.isspace() or "u" in pen.classes:
            names = [*pen.classes, *(["w"] if cell_len(run[0]) == 2 else [])]
            kind = f' class="{" ".join(names)}"' if names else ""
            yield f'<text x="{left:.1f}" y="{top + _BASELINE:.0f}" fill="{pen.front}"{kind}>{escape(run)}</text>'
        column += cell_len(run)
    if shapes:
        yield f'<path fill="{pen.front}" d="{"".join(shapes)}"/>'
