"""The shortest cursor movements (ECMA-48 8.3: CUP, CUU, CUD, CUF, CUB, CHA, VPA, CR, LF, BS)."""

from collections.abc import Iterator
from functools import lru_cache


class Cursor:
    """The terminal's cursor as far as it is known: column and row, counted from 0; None where unknown."""

    def __init__(self) -> None:
        self.x: int | None = None
        self.y: int | None = None

    def lose(self) -> None:
        """Forget the position: something else may have moved the cursor."""
        self.x = self.y = None

    def move(self, x: int, y: int, height: int) -> str:
        """The shortest sequence to (x, y) on a screen of `height` rows; "" where the cursor is there already."""
        way = shortest_way(self.x, self.y, x, y, height)
        self.x, self.y = x, y
        return way


@lru_cache(maxsize=2048)
def shortest_way(from_x: int | None, from_y: int | None, x: int, y: int, height: int) -> str:
    """The shortest sequence between two places, of which the first may be unknown."""
    return "" if (from_x, from_y) == (x, y) else min(_ways(from_x, from_y, x, y, height), key=len)


def _ways(from_x: int | None, from_y: int | None, x: int, y: int, height: int) -> Iterator[str]:
    column = f"{x + 1}" if x else ""
    yield f"\x1b[{y + 1 if y else ''};{column}H" if column else f"\x1b[{y + 1 if y else ''}H"
    if from_y is None:
        return
    if from_y == y:
        yield from _along(from_x, x)
        return
    if from_y < y and y - from_y <= 3 and y < height:
        # Most ttys turn LF into CR LF; CR LF in full is right on all of them.
        yield "\r" + "\n" * (y - from_y) + (_forward(x) if x else "")
    if from_x is None:
        return
    vertical = f"\x1b[{_count(abs(y - from_y))}{'B' if y > from_y else 'A'}"
    for to_row in ([f"\x1b[{y + 1}d"] if y else []) + [vertical]:
        if from_x == x:
            yield to_row
        else:
            yield from (to_row + to_column for to_column in _along(from_x, x))


def _along(here: int | None, x: int) -> Iterator[str]:
    """Candidate sequences within the row."""
    yield f"\x1b[{x + 1}G" if x else "\r"
    if x <= 3:
        yield "\r" + (_forward(x) if x else "")
    if here is None:
        return
    if x > here:
        yield _forward(x - here)
    elif x < here:
        yield "\b" * (here - x) if here - x <= 4 else f"\x1b[{_count(here - x)}D"


def _forward(count: int) -> str:
    return f"\x1b[{_count(count)}C"


def _count(count: int) -> str:
    return "" if count == 1 else str(count)
