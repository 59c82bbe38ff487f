from collections.abc import Iterable
from typing import TypeGuard

from textual._compositor import ChopsUpdate, LayoutUpdate
from textual.strip import Strip

from tui.terminal.cells.grid import CellGrid
from tui.terminal.cells.styles import Renditions

Update = ChopsUpdate | LayoutUpdate


def is_paintable(renderable: object) -> TypeGuard[Update]:
    return isinstance(renderable, (ChopsUpdate, LayoutUpdate))


def is_whole(update: Update) -> bool:
    return isinstance(update, LayoutUpdate)


def paint(grid: CellGrid, renditions: Renditions, update: Update) -> None:
    if isinstance(update, LayoutUpdate):
        for y, strips in enumerate(update.strips, update.region.y):
            _strips(grid, renditions, update.region.x, y, strips)
    else:
        _chops(grid, renditions, update)


def _strips(grid: CellGrid, renditions: Renditions, x: int, y: int, strips: Iterable[Strip]) -> None:
    for strip in strips:
        x = _strip(grid, renditions, x, y, strip)


def _strip(grid: CellGrid, renditions: Renditions, x: int, y: int, strip: Strip) -> int:
    segments = [(text, style) for text, style, control in strip if text and not control]
    row = "".join([text for text, _style in segments])
    if row.isascii() and row.isprintable():
        # Most rows: every character has a cell, so the row is written in one go.
        styles: list[int] = []
        for text, style in segments:
            styles += [renditions.of_style(style)] * len(text)
        return grid.put_row(x, y, list(row), styles)
    for text, style in segments:
        x = grid.put(x, y, text, renditions.of_style(style))
    return x


def _chops(grid: CellGrid, renditions: Renditions, update: ChopsUpdate) -> None:
    touched: dict[tuple[int, int], tuple[Strip, int, int]] = {}
    for y, start, end in update.spans:
        for until, (x, strip) in zip(update.chop_ends[y], update.chops[y].items(), strict=False):
            if strip is not None and x < end and until > start:
                before = touched.get((y, x))
                last = end if before is None else max(end, before[1])
                touched[y, x] = strip, last, until
    for (y, x), (strip, end, until) in touched.items():
        _strip(grid, renditions, x, y, strip if until <= end else strip.crop(0, end - x))


def size_of(update: Update) -> tuple[int, int]:
    if isinstance(update, LayoutUpdate):
        return update.region.right, update.region.bottom
    return update.chop_ends[-1][-1] if update.chop_ends else 0, len(update.chops)
