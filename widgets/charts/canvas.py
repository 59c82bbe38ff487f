"""A braille canvas of 2 × 4 dots per cell, with one owner per cell, so that each curve has its colour. A
chart draws on it and reads its rows as runs of (text, owner)."""

from collections.abc import Iterator

_BITS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))
"""Bit of the dot at [row in cell][column in cell]."""
_DOWN = tuple(tuple(sum(bits[side] for bits in _BITS[y:]) for y in range(4)) for side in (0, 1))
_UP = tuple(tuple(sum(bits[side] for bits in _BITS[: y + 1]) for y in range(4)) for side in (0, 1))
"""Bits of a cell's column from row y down, and from the top to row y: [column][y]."""
_BRAILLE = {code: 0x2800 + code for code in range(256)}

NOBODY = 0  # The owner of an empty cell

STROKES = ("1", "111000", "10", "111101000")
"""Which dot columns a line has: solid, dashed, dotted, mixed; for screens without colour."""


class Canvas:
    def __init__(self, width: int, height: int) -> None:
        self.width = max(0, width)
        self.height = max(0, height)
        self.columns = self.width * 2  # Dots across
        self.lines = self.height * 4  # Dots down
        self._dots = [bytearray(self.width) for _row in range(self.height)]
        self._owners = [bytearray(self.width) for _row in range(self.height)]

    def dot(self, x: int, y: int, owner: int) -> None:
        if 0 <= x < self.columns and 0 <= y < self.lines:
            self._dots[y >> 2][x >> 1] |= _BITS[y & 3][x & 1]
            self._owners[y >> 2][x >> 1] = owner

    def column(self, x: int, top: int, bottom: int, owner: int) -> None:
        """Set the dots of one column from `top` to `bottom`, both inclusive, in either order."""
        if not 0 <= x < self.columns:
            return
        if top > bottom:
            top, bottom = bottom, top
        top, bottom = max(0, top), min(self.lines - 1, bottom)
        if top > bottom:
            return
        cell, side = x >> 1, x & 1
        first, last = top >> 2, bottom >> 2
        upper, lower = _DOWN[side][top & 3], _UP[side][bottom & 3]
        if first == last:
            self._dots[first][cell] |= upper & lower
            self._owners[first][cell] = owner
            return
        self._dots[first][cell] |= upper
        self._dots[last][cell] |= lower
        for y in range(first + 1, last):
            self._dots[y][cell] |= _DOWN[side][0]
        for y in range(first, last + 1):
            self._owners[y][cell] = owner

    def line(self, start: tuple[int, int], end: tuple[int, int], owner: int, stroke: int = 0) -> None:
        (x0, y0), (x1, y1) = (start, end) if start[0] <= end[0] else (end, start)
        span = x1 - x0
        if span == 0:
            self.column(x0, y0, y1, owner)
            return
        pattern = STROKES[stroke % len(STROKES)]
        first = max(x0, 0)
        slope = (y1 - y0) / span
        before = y0 + round(slope * (first - x0))
        for x in range(first, min(x1, self.columns - 1) + 1):
            y = y0 + round(slope * (x - x0))
            if stroke == 0 or pattern[x % len(pattern)] == "1":
                self.column(x, before + (y > before) - (y < before), y, owner)
            before = y

    def area(self, start: tuple[int, int], end: tuple[int, int], owner: int) -> None:
        (x0, y0), (x1, y1) = start, end
        for x in range(max(x0, 0), min(x1, self.columns - 1) + 1):
            y = y0 + round((y1 - y0) * (x - x0) / max(1, x1 - x0))
            self.column(x, y, self.lines - 1, owner)

    def spot(self, x: int, y: int, owner: int) -> None:
        for dx in (0, 1):
            for dy in (0, 1):
                self.dot(min(x, self.columns - 2) + dx, min(y, self.lines - 2) + dy, owner)

    def is_empty(self, x: int, y: int) -> bool:
        return not self._dots[y][x]

    def runs(self, y: int) -> Iterator[tuple[str, int]]:
        """Row `y` as runs of one owner; an empty cell is a space."""
        dots, owners = self._dots[y], self._owners[y]
        text = dots.decode("latin-1").translate(_BRAILLE).replace("\u2800", " ")
        start = 0
        for x in range(1, self.width + 1):
            if x == self.width or owners[x] != owners[start]:
                yield text[start:x], owners[start]
                start = x
