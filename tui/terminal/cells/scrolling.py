"""Finds blocks of rows that have moved up or down, so that the terminal can scroll them itself."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from tui.terminal.cells.diff import differences
from tui.terminal.cells.grid import UNKNOWN, CellGrid

_MARGIN = (2, 3)  # Columns at the left and right that are not compared: borders and scroll bars do not move
_WORTH = 40  # Cells that a shift must save to be worth the cost of the scroll region
_LEAST_TEXT = 8  # Characters that a row needs to be recognisable
_LEAST_ROWS = 3
_GAP = 2  # Rows without a match that one block may contain in a sequence


class Scroll(NamedTuple):
    """Rows `top`…`bottom` move up by `amount`, down when negative."""

    top: int
    bottom: int
    amount: int
    left: int = 0
    right: int | None = None
    """The columns from `left` up to `right`, which is not among them; None: whole rows."""


def find_shift(front: CellGrid, back: CellGrid, dirty: Sequence[int]) -> Scroll | None:
    """The shift that saves most among the `dirty` rows; None where none is worth its cost."""
    if len(dirty) < _LEAST_ROWS:
        return None
    moved = _moved(front, back, dirty)
    if not moved:
        return None
    amount = Counter(moved.values()).most_common(1)[0][0]
    rows = sorted(y for y, by in moved.items() if by == amount)
    start, end = _longest(rows)
    # Rows that are not recognisable may have moved with the others.
    while start > max(0, -amount) and _moved_alike(front, back, start - 1, amount):
        start -= 1
    while end < back.height - 1 - max(0, amount) and _moved_alike(front, back, end + 1, amount):
        end += 1
    shift = Scroll(min(start, start + amount), max(end, end + amount), amount)
    return shift if _saved(front, back, shift) > _WORTH else None


def find_block_shift(front: CellGrid, back: CellGrid, dirty: Sequence[int]) -> Scroll | None:
    """As `find_shift`, of the columns alone in which the longest block of `dirty` rows differs."""
    if len(dirty) < _LEAST_ROWS:
        return None
    first, last = _longest(dirty)
    left, right = _differing_columns(front, back, range(first, last + 1))
    if right - left < _LEAST_TEXT or right - left == back.width:
        return None
    shift = find_shift(front.columns(left, right), back.columns(left, right), dirty)
    if shift is None or any(_is_cut(front.texts[y], left, right) for y in range(shift.top, shift.bottom + 1)):
        return None
    return shift._replace(left=left, right=right)


def _differing_columns(front: CellGrid, back: CellGrid, rows: Iterable[int]) -> tuple[int, int]:
    """The first column in which the rows differ and the one after the last, so that no wide character is cut."""
    left, right = back.width, 0
    for y in rows:
        differing = [
            x
            for x, (old, new, old_style, style) in enumerate(
                zip(front.texts[y], back.texts[y], front.styles[y], back.styles[y], strict=True)
            )
            if old != new or old_style != style
        ]
        if differing:
            left, right = min(left, differing[0]), max(right, differing[-1] + 1)
    while 0 < left < right and any(not grid.texts[y][left] for grid in (front, back) for y in rows):
        left -= 1
    while left < right < back.width and any(not grid.texts[y][right] for grid in (front, back) for y in rows):
        right += 1
    return left, right


def _is_cut(row: Sequence[str], left: int, right: int) -> bool:
    return not row[left] or (right < len(row) and not row[right])


def _moved(front: CellGrid, back: CellGrid, dirty: Sequence[int]) -> dict[int, int]:
    """By dirty row that the old screen has elsewhere: how far it moved up."""
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


def _key(grid: CellGrid, y: int) -> str:
    """The text by which a row is recognised; "" for a row that is not recognisable."""
    row = grid.texts[y]
    if row[0] == UNKNOWN:
        return ""
    first, after = _MARGIN[0], grid.width - _MARGIN[1]
    key = "".join(row[first:after])
    return key if len(key) - key.count(" ") >= _LEAST_TEXT else ""


def _moved_alike(front: CellGrid, back: CellGrid, y: int, amount: int) -> bool:
    first, after = _MARGIN[0], back.width - _MARGIN[1]
    return front.texts[y + amount][first:after] == back.texts[y][first:after]


def _longest(rows: Sequence[int]) -> tuple[int, int]:
    best = start = rows[0], rows[0]
    first, last = start
    for y in rows[1:]:
        if y - last > _GAP + 1:
            first = y
        last = y
        if last - first > best[1] - best[0]:
            best = first, last
    return best


def _saved(front: CellGrid, back: CellGrid, shift: Scroll) -> int:
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
