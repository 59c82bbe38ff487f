"""An output, a line in made-up time and a terminal at its end."""

from tests.tui.terminal.cells.line import Line, MadeUpLoop, screen_of
from tui.terminal.cells.cell_output import CellOutput
from tui.terminal.cells.line_speed import Link

WIDTH, HEIGHT = 100, 16


class Desk:
    def __init__(self, link: Link = "auto", *, is_relayed: bool = False, **line: float) -> None:
        self.loop = MadeUpLoop()
        self.line = Line(self.loop, WIDTH, HEIGHT, **line)  # type: ignore[arg-type]
        self.links: list[bool] = []
        self.output = CellOutput(
            self.line,
            self.loop,
            link=link,
            is_relayed=is_relayed,
            on_link=lambda state: self.links.append(state.is_slow),
        )
        self.line.output = self.output
        self.output.begin()
        self.lines = [""] * HEIGHT

    def paint(self, text: str, row: int = 0) -> None:
        self.lines[row] = text
        self.output.paint(screen_of(self.lines, WIDTH))

    def log(self, number: int) -> None:
        self.lines = [f"{number + row:06} " + "施設予約" * 4 for row in range(HEIGHT)]
        self.output.paint(screen_of(self.lines, WIDTH))

    def fill(self, step: int) -> None:
        """A screen of which every cell is another than the step before."""
        self.lines = [f"{step:04}" + chr(ord("a") + (step + row) % 26) * (WIDTH - 4) for row in range(HEIGHT)]
        self.output.paint(screen_of(self.lines, WIDTH))

    @property
    def shown(self) -> list[str]:
        rows = self.line.terminal.cells()
        return ["".join(str(cell[0]) for cell in row).rstrip() for row in rows]

    def check(self) -> None:
        assert self.shown == [line[:WIDTH] for line in self.lines]
