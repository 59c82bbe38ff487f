"""Brings what Textual's compositor drew onto a grid."""

from collections.abc import Iterable
from typing import TypeGuard

from textual._compositor import ChopsUpdate, LayoutUpdate
from textual.strip import Strip

from tui.wire.grid import Grid
from tui.wire.renditions import Renditions

Update = ChopsUpdate | LayoutUpdate


def is_paintable(drawn: object) -> TypeGuard[Update]:
    """Whether `paint` knows what to do with it."""
    return isinstance(drawn, (ChopsUpdate, LayoutUpdate))


def paint(grid: Grid, renditions: Renditions, update: Update) -> None:
    """Draw an update, all of the screen or the parts of it that were dirty."""
    if isinstance(update, LayoutUpdate):
        for y, strips in enumerate(update.strips, update.region.y):
            _strips(grid, renditions, update.region.x, y, strips)
    else:
        _chops(grid, renditions, update)


def _strips(grid: Grid, renditions: Renditions, x: int, y: int, strips: Iterable[Strip]) -> None:
    for strip in strips:
        x = _strip(grid, renditions, x, y, strip)


def _strip(grid: Grid, renditions: Renditions, x: int, y: int, strip: Strip) -> int:
    for text, style, control in strip:
        if text and not control:
            x = grid.put(x, y, text, renditions.of_style(style))
    return x


def _chops(grid: Grid, renditions: Renditions, update: ChopsUpdate) -> None:
    """Whole strips where a dirty span touches them: those that did not change draw the same again."""
    drawn: set[tuple[int, int]] = set()
    for y, start, end in update.spans:
        for until, (x, strip) in zip(update.chop_ends[y], update.chops[y].items(), strict=False):
            if strip is None or x >= end or until <= start or (y, x) in drawn:
                continue
            drawn.add((y, x))
            _strip(grid, renditions, x, y, strip if until <= end else strip.crop(0, end - x))
