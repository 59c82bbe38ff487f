"""Finds blocks of rows that have moved up or down, so that the terminal can move them itself."""

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from tui.terminal.cells.diff import differences
from tui.terminal.cells.grid import UNKNOWN, Grid

_MARGIN = (2, 3)
"""Columns at the left and right that are not compared: borders and scroll bars stand still."""
_WORTH = 40
"""Cells that a shift must save, for what the scroll region costs."""
_LEAST_TEXT = 8
"""Characters below which a row is too common to be recognised."""
_LEAST_ROWS = 3
_GAP = 2
"""Rows between two that moved which may lie within one block."""


class Scroll(NamedTuple):
    """Rows `top`…`bottom` move up by `amount`, down when negative."""

    top: int
    bottom: int
    amount: int


def find_shift(front: Grid, back: Grid, dirty: Sequence[int]) -> Scroll | None:
    """The shift that saves most among the `dirty` rows, or None where none is worth it."""
    if len(dirty) < _LEAST_ROWS:
        return None
    moved = _moved(front, back, dirty)
    if not moved:
        return None
    amount = Counter(moved.values()).most_common(1)[0][0]
    rows = sorted(y for y, by in moved.items() if by == amount)
    start, end = _longest(rows)
    # Rows too common to be recognised may have moved with the others.
    while start > max(0, -amount) and _moved_alike(front, back, start - 1, amount):
        start -= 1
    while end < back.height - 1 - max(0, amount) and _moved_alike(front, back, end + 1, amount):
        end += 1
    shift = Scroll(min(start, start + amount), max(end, end + amount), amount)
    return shift if _saved(front, back, shift) > _WORTH else None


def _moved(front: Grid, back: Grid, dirty: Sequence[int]) -> dict[int, int]:
    """Dirty rows found elsewhere in the old screen, and by how much they moved up."""
    places: dict[str, int] = {}
    for y in range(dirty[0], dirty[-1] + 1):
        key = _key(front, y)
        if key:
            places[key] = -1 if key in places else y
    moved = {}
    for y in dirty:
        key = _key(back, y)
        if key and (place := places.get(key, -1)) >= 0 and place != y:
            moved[y] = place - y
    return moved


def _key(grid: Grid, y: int) -> str:
    """What a row is recognised by; "" for one that is too common."""
    row = grid.texts[y]
    if row[0] == UNKNOWN:
        return ""
    left, right = _MARGIN
    key = "".join(row[left : grid.width - right])
    return key if len(key) - key.count(" ") >= _LEAST_TEXT else ""


def _moved_alike(front: Grid, back: Grid, y: int, amount: int) -> bool:
    left, right = _MARGIN
    until = back.width - right
    return front.texts[y + amount][left:until] == back.texts[y][left:until]


def _longest(rows: Sequence[int]) -> tuple[int, int]:
    """First and last row of the longest block in sorted `rows`."""
    best = start = rows[0], rows[0]
    first, last = start
    for y in rows[1:]:
        if y - last > _GAP + 1:
            first = y
        last = y
        if last - first > best[1] - best[0]:
            best = first, last
    return best


def _saved(front: Grid, back: Grid, shift: Scroll) -> int:
    """Cells that need not be written after the shift, minus those that it spoils."""
    saved = 0
    for y in range(shift.top, shift.bottom + 1):
        source = y + shift.amount
        new = back.texts[y]
        saved += differences(front.texts[y], new)
        if shift.top <= source <= shift.bottom:
            saved -= differences(front.texts[source], new)
        else:
            saved -= len(new) - new.count(" ")
    return saved
