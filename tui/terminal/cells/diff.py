from collections.abc import Callable
from operator import ne

from tui.terminal.cells.graphemes import reach
from tui.terminal.cells.grid import UNKNOWN, CellGrid

Span = tuple[int, int]  # First column and the column after the last


def changed(front: CellGrid, back: CellGrid) -> list[int]:
    return [
        y for y in range(back.height) if front.texts[y] != back.texts[y] or front.styles[y] != back.styles[y]
    ]


def spans(front: CellGrid, back: CellGrid, y: int, blank: Callable[[int], int]) -> list[Span]:
    """Spans of row `y` to be written, from left to right; a wide character is in a span with both halves or
    not at all. `blank` gives the number of the visible part of a style on a space: two spaces that look alike
    do not differ. Cells that a character may cover in a terminal that draws it wider are written again after
    it."""
    old_texts, texts, old_styles, styles = front.texts[y], back.texts[y], front.styles[y], back.styles[y]
    differing: list[Span] = []
    start = end = covered = -1
    for x, text in enumerate(texts):
        old, style, old_style = old_texts[x], styles[x], old_styles[x]
        alike = old == text and (style == old_style or (text == " " and blank(style) == blank(old_style)))
        if alike and x >= covered:
            if not text and end == x:
                end = x + 1  # the second half of a character that differs
            continue
        first = x if text else x - 1
        if first > end:
            if end >= 0:
                differing.append((start, end))
            start = first
        end = x + 1
        if not text.isascii() or not text:
            covered = max(covered, first + reach(texts[first]))
    if end >= 0:
        differing.append((start, end))
    return differing


def blank_tail(back: CellGrid, y: int, blank: Callable[[int], int]) -> int:
    """The column from which row `y` holds only spaces that look alike; the row's width where it ends with text."""
    texts, styles = back.texts[y], back.styles[y]
    x = back.width
    if texts[x - 1] != " ":
        return x
    visible = blank(styles[x - 1])
    while x and texts[x - 1] == " " and (styles[x - 1] == visible or blank(styles[x - 1]) == visible):
        x -= 1
    return x


def differences(front: list[str], back: list[str]) -> int:
    if front and front[0] == UNKNOWN:
        return len(back) - back.count(" ")
    return sum(map(ne, front, back))
