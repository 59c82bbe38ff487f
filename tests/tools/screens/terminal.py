"""A terminal that decodes what the encoder sends, cell by cell, and keeps each colour as the code that set it."""

from collections.abc import Iterator
from typing import NamedTuple

from tests.tools.terminal_screen import TerminalScreen, TerminalStream

_UNSET = {
    22: (1, 2),
    23: (3,),
    24: (4, 21),
    25: (5, 6),
    27: (7,),
    28: (8,),
    29: (9,),
    54: (51, 52),
    55: (53,),
}
"""The attributes that an SGR code ends."""
_SET = frozenset(attribute for ended in _UNSET.values() for attribute in ended)


class Cell(NamedTuple):
    """One cell; the second of a wide character holds ""."""

    data: str = " "
    fg: str = ""  # The SGR code of the foreground; "" is the terminal's own
    bg: str = ""
    attributes: frozenset[int] = frozenset()
    """SGR codes of bold (1), dim (2), italic (3), underline (4), reverse (7)…"""
    reverse: bool = False  # pyte asks for it; always False, reverse is an attribute


class _Screen(TerminalScreen):
    """pyte's screen with cells of ours: pyte forgets dim, and which of the 256 colours it was."""

    @property
    def default_char(self) -> Cell:
        """A cell in the terminal's own rendition."""
        return Cell()

    def reset(self) -> None:
        """As at power on."""
        super().reset()
        self.cursor.attrs = Cell()

    def select_graphic_rendition(self, *codes: int, **_private: bool) -> None:
        """Take colours and attributes (ECMA-48 8.3.117)."""
        cell: Cell = self.cursor.attrs
        rest = iter(codes or (0,))
        for code in rest:
            cell = _after(cell, code, rest)
        self.cursor.attrs = cell


def _after(cell: Cell, code: int, rest: Iterator[int]) -> Cell:
    if code == 0:
        return Cell()
    if code in _SET:
        return cell._replace(attributes=cell.attributes | {code})
    if code in _UNSET:
        return cell._replace(attributes=cell.attributes.difference(_UNSET[code]))
    field = "bg" if code // 10 in (4, 10) else "fg"
    if code in (39, 49):
        return cell._replace(**{field: ""})
    if code in (38, 48):
        kind = next(rest)
        parts = [next(rest) for _part in range(3 if kind == 2 else 1)]
        return cell._replace(**{field: ";".join(map(str, (code, kind, *parts)))})
    return cell._replace(**{field: str(code)})


class Terminal:
    """A terminal that is fed piece by piece."""

    def __init__(self, width: int, height: int) -> None:
        self._screen = _Screen(width, height)
        self._screen.reset_mode(7, private=True)
        self._stream = TerminalStream(self._screen)

    def feed(self, text: str) -> None:
        """Take what was sent to it; sequences must be whole."""
        self._stream.feed(text)

    @property
    def cells(self) -> list[list[Cell]]:
        """What it shows, row by row."""
        screen = self._screen
        return [[screen.buffer[y][x] for x in range(screen.columns)] for y in range(screen.lines)]


def decoded(data: bytes, width: int, height: int) -> list[list[Cell]]:
    """What a terminal of this size shows once it was sent `data`."""
    terminal = Terminal(width, height)
    terminal.feed(data.decode())
    return terminal.cells
