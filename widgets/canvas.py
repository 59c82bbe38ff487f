"""A braille canvas: 2 × 4 dots a cell, one owner a cell, so that several curves keep their colours.

Pure; a chart draws on it and reads rows of (text, owner) runs.
"""

from collections.abc import Iterator

_BITS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))
"""Bit of the dot at [row in cell][column in cell]."""
_BRAILLE = {code: 0x2800 + code for code in range(256)}

NOBODY = 0

STROKES = ("1", "111000", "10", "111101000")
"""Which dot columns a line leaves out: solid, dashed, dotted, mixed; for screens without colour."""


class Canvas:
    """`width` × `height` cells; dots count from the top left."""

    def __init__(self, width: int, height: int) -> None:
        self.width = max(0, width)
        self.height = max(0, height)
        self._dots = [bytearray(self.width) for _row in range(self.height)]
        self._owners = [bytearray(self.width) for _row in range(self.height)]

    @property
    def columns(self) -> int:
        """Dots across."""
        return self.width * 2

    @property
    def lines(self) -> int:
        """Dots down."""
        return self.height * 4

    def dot(self, x: int, y: int, owner: int) -> None:
        """Set one dot; outside the canvas nothing happens."""
        if 0 <= x < self.columns and 0 <= y < self.lines:
            self._dots[y >> 2][x >> 1] |= _BITS[y & 3][x & 1]
            self._owners[y >> 2][x >> 1] = owner

    def column(self, x: int, top: int, bottom: int, owner: int) -> None:
        """Set the dots of one column from `top` to `bottom`, both included, in either order."""
        if not 0 <= x < self.columns:
            return
        if top > bottom:
            top, bottom = bottom, top
        cell, side = x >> 1, x & 1
        for y in range(max(0, top), min(self.lines - 1, bottom) + 1):
            self._dots[y >> 2][cell] |= _BITS[y & 3][side]
            self._owners[y >> 2][cell] = owner

    def line(self, start: tuple[int, int], end: tuple[int, int], owner: int, stroke: int = 0) -> None:
        """Join two dots; `stroke` is an index of `STROKES`."""
        pattern = STROKES[stroke % len(STROKES)]
        (x0, y0), (x1, y1) = (start, end) if start[0] <= end[0] else (end, start)
        span = x1 - x0
        if span == 0:
            self.column(x0, y0, y1, owner)
            return
        first = max(x0, 0)
        before = y0 + round((y1 - y0) * (first - x0) / span)
        for x in range(first, min(x1, self.columns - 1) + 1):
            y = y0 + round((y1 - y0) * (x - x0) / span)
            if pattern[x % len(pattern)] == "1":
                near = before + (y > before) - (y < before)
                self.column(x, near, y, owner)
            before = y

    def area(self, start: tuple[int, int], end: tuple[int, int], owner: int) -> None:
        """Fill from the line between two dots down to the bottom."""
        (x0, y0), (x1, y1) = start, end
        for x in range(max(x0, 0), min(x1, self.columns - 1) + 1):
            y = y0 + round((y1 - y0) * (x - x0) / max(1, x1 - x0))
            self.column(x, y, self.lines - 1, owner)

    def spot(self, x: int, y: int, owner: int) -> None:
        """A point with no neighbours, large enough to be seen."""
        for dx in (0, 1):
            for dy in (0, 1):
                self.dot(min(x, self.columns - 2) + dx, min(y, self.lines - 2) + dy, owner)

    def is_empty(self, x: int, y: int) -> bool:
        """No dot in this cell."""
        return not self._dots[y][x]

    def runs(self, y: int) -> Iterator[tuple[str, int]]:
        """Row `y` as runs of one owner; an empty cell is a space of nobody's."""
        dots, owners = self._dots[y], self._owners[y]
        text = dots.decode("latin-1").translate(_BRAILLE).replace("\u2800", " ")
        start = 0
        for x in range(1, self.width + 1):
            if x == self.width or owners[x] != owners[start]:
                yield text[start:x], owners[start]
                start = x
