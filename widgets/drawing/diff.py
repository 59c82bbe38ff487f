from collections.abc import Iterable, Sequence
from itertools import takewhile

from rich.segment import Segment
from textual.geometry import Region
from textual.strip import Strip


def changed_regions(before: Sequence[Strip], after: Sequence[Strip]) -> list[Region]:
    regions = (
        changed_cells(old, new, y)
        for y, (old, new) in enumerate(zip(before, after, strict=True))
        if old is not new and old != new
    )
    # A region is empty where the same cells are only divided into other segments.
    return [region for region in regions if region]


def changed_cells(before: Strip, after: Strip, y: int) -> Region:
    """The cells of row `y` from the first to the last difference of its two versions."""
    width = after.cell_length
    if before.cell_length != width:
        return Region(0, y, max(width, before.cell_length), 1)
    left = _alike(list(before), list(after), "left")
    right = _alike(list(reversed(list(before))), list(reversed(list(after))), "right")
    return Region(left, y, max(0, width - right - left), 1)


def _alike(one: Iterable[Segment], other: Iterable[Segment], side: str) -> int:
    cells = 0
    for old, new in zip(one, other, strict=False):
        if old == new:
            cells += new.cell_length
            continue
        # Only in ASCII does every character have its own cell, whatever is next to it.
        if old.style == new.style and old.text.isascii() and new.text.isascii():
            step = 1 if side == "left" else -1
            pairs = zip(old.text[::step], new.text[::step], strict=False)
            cells += sum(1 for _pair in takewhile(lambda pair: pair[0] == pair[1], pairs))
        break
    return cells
