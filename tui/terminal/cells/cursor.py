"""The shortest way for the cursor (ECMA-48 8.3: CUP, CUU, CUD, CUF, CUB, CHA, VPA, CR, LF, BS)."""

from collections.abc import Iterator
from functools import lru_cache


class Cursor:
    """Where the terminal's cursor is, as far as that is known: columns and rows from 0, None when it is not."""

    def __init__(self) -> None:
        self.x: int | None = None
        self.y: int | None = None

    def lose(self) -> None:
        """Somebody else may have moved it."""
        self.x = self.y = None

    def move(self, x: int, y: int, height: int) -> str:
        """The shortest sequence to (x, y) on a screen of `height` rows; "" when it is there."""
        way = "" if (self.x, self.y) == (x, y) else _shortest(self.x, self.y, x, y, height)
        self.x, self.y = x, y
        return way


@lru_cache(maxsize=2048)
def _shortest(from_x: int | None, from_y: int | None, x: int, y: int, height: int) -> str:
    return min(_ways(from_x, from_y, x, y, height), key=len)


def _ways(from_x: int | None, from_y: int | None, x: int, y: int, height: int) -> Iterator[str]:
    column = f"{x + 1}" if x else ""
    yield f"\x1b[{y + 1 if y else ''};{column}H" if column else f"\x1b[{y + 1 if y else ''}H"
    if from_y is None:
        return
    if from_y == y:
        yield from _along(from_x, x)
        return
    if from_y < y and y - from_y <= 3 and y < height:
        # The tty makes CR LF of LF anyway; said in full it is right on every tty.
        yield "\r" + "\n" * (y - from_y) + (_forward(x) if x else "")
    if from_x is None:
        return
    vertical = f"\x1b[{_count(abs(y - from_y))}{'B' if y > from_y else 'A'}"
    for each in ([f"\x1b[{y + 1}d"] if y else []) + [vertical]:
        if from_x == x:
            yield each
        else:
            yield from (each + along for along in _along(from_x, x))


def _along(here: int | None, x: int) -> Iterator[str]:
    """Ways within the row."""
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
