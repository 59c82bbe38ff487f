"""The shortest way for the cursor (ECMA-48 8.3: CUP, CUU, CUD, CUF, CUB, CHA, VPA, CR, LF, BS)."""

from collections.abc import Iterator


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
        way = "" if (self.x, self.y) == (x, y) else min(_ways(self, x, y, height), key=len)
        self.x, self.y = x, y
        return way


def _ways(here: Cursor, x: int, y: int, height: int) -> Iterator[str]:
    column = f"{x + 1}" if x else ""
    yield f"\x1b[{y + 1 if y else ''};{column}H" if column else f"\x1b[{y + 1 if y else ''}H"
    if here.y is None:
        return
    if here.y == y:
        yield from _along(here.x, x)
        return
    if here.y < y and y - here.y <= 3 and y < height:
        # The tty makes CR LF of LF anyway; said in full it is right on every tty.
        yield "\r" + "\n" * (y - here.y) + (_forward(x) if x else "")
    if here.x is None:
        return
    vertical = f"\x1b[{_count(abs(y - here.y))}{'B' if y > here.y else 'A'}"
    for each in ([f"\x1b[{y + 1}d"] if y else []) + [vertical]:
        if here.x == x:
            yield each
        else:
            yield from (each + along for along in _along(here.x, x))


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
