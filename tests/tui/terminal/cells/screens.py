"""A screen, the terminal that should show it, and what was done to both."""

from typing import Any

from tests.tui.terminal.cells.emulated import STYLES, Cell, Emulator, drawn_plainly
from tui.terminal.cells.encoder import Encoder
from tui.terminal.cells.graphemes import width as width_of
from tui.terminal.cells.grid import CellGrid
from tui.terminal.cells.styles import Renditions

MOVES = (7, -1000)  # Assumed bytes of a cursor move: the usual; so few that all is sent style by style


def differing(shown: list[list[Cell]], wanted: list[list[Cell]]) -> list[tuple[int, int, Cell, Cell]]:
    """(column, row, what is shown, what should be) of each cell that is wrong."""
    return [
        (x, y, cell, want)
        for y, (row, wants) in enumerate(zip(shown, wanted, strict=True))
        for x, (cell, want) in enumerate(zip(row, wants, strict=True))
        if cell != want
    ]


class Screen:
    """What should be on the screen, what the terminal shows, and how it came there."""

    def __init__(self, width: int, height: int, *, erases_in_colour: bool = True) -> None:
        self.renditions = Renditions()
        self.styles = [self.renditions.number(style) for style in STYLES]
        self.grid = CellGrid(width, height)
        self.encoder = Encoder(width, height, self.renditions, erases_in_colour=erases_in_colour)
        self.terminal = Emulator(width, height, erases_in_colour=erases_in_colour)
        self.terminal.spoil()

    def do(self, action: tuple[Any, ...]) -> None:
        match action:
            case ("put", x, y, text, style):
                self.grid.put(x, y % self.grid.height, text, self.styles[style])
            case ("scroll", one, other, by):
                top, bottom = sorted((one % self.grid.height, other % self.grid.height))
                for rows in (self.grid.texts, self.grid.styles):
                    block: list[Any] = rows[top : bottom + 1]
                    rows[top : bottom + 1] = block[by:] + block[:by]
            case ("scroll columns", one, other, by, left, width):
                self.scroll_columns(
                    *sorted((one % self.grid.height, other % self.grid.height)), by, left, width
                )
            case ("resize", width, height):
                self.grid = CellGrid(width, height)
                self.terminal.resize(width, height)
            case ("resume",):
                self.terminal.spoil()
                self.encoder.forget()

    def scroll_columns(self, top: int, bottom: int, by: int, left: int, width: int) -> None:
        """Rotate the rows of some columns; half a wide character becomes a space."""
        columns = slice(left, left + width)
        part = [(self.grid.texts[y][columns], self.grid.styles[y][columns]) for y in range(top, bottom + 1)]
        for y, (row, styles) in zip(range(top, bottom + 1), part[by:] + part[:by], strict=True):
            if row and width_of(row[-1]) == 2:
                row = [*row[:-1], " "]
            if row:
                self.grid.put_row(left, y, row[:], styles[:])

    def send(self, limit: int | None = None, cursor: tuple[int, int] | None = None) -> str:
        data, complete = self.encoder.encode(self.grid, limit=limit, cursor=cursor)
        self.terminal.feed(data)
        while not complete:
            more, complete = self.encoder.encode(self.grid, limit=limit)
            self.terminal.feed(more)
            data += more
        return data

    def check(self) -> None:
        plain = Emulator(self.grid.width, self.grid.height)
        plain.feed(drawn_plainly(self.grid, self.renditions))
        assert differing(self.terminal.cells(), plain.cells()) == []
        assert self.encoder.is_current(self.grid)
