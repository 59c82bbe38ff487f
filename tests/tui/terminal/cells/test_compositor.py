import random

import pytest
from rich.cells import cell_len
from rich.console import Console, RenderableType
from rich.segment import Segment
from rich.style import Style
from textual.app import App, ComposeResult
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.geometry import Region
from textual.screen import ModalScreen, Screen
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import Button, DataTable, Footer, Header, Input, Label, RichLog, Sparkline, Static

from tests.tui.terminal.cells.emulated import Cell, Emulator
from tui.terminal import whole_characters
from tui.terminal.cells.compositor import is_paintable, is_whole, paint
from tui.terminal.cells.encoder import Encoder
from tui.terminal.cells.grid import CellGrid
from tui.terminal.cells.styles import Renditions

WORDS = ["alarm", "予約", "timeout", "登録しました", "GET/api", "⣿⡇⣀", "│─┌", "が", "×", "ok", "①"]


class Spots(Widget):
    DEFAULT_CSS = "Spots { height: 4; width: 1fr; }"

    def __init__(self) -> None:
        super().__init__()
        self.rows = [["."] * 200 for _row in range(4)]

    def render_line(self, y: int) -> Strip:
        cells = self.rows[y][: self.size.width]
        return Strip([Segment(text, Style(color=f"color({ord(text) % 256})")) for text in cells])

    def poke(self, rnd: random.Random) -> None:
        regions = []
        for _region in range(rnd.randint(1, 3)):
            width, y = rnd.randint(1, 5), rnd.randrange(4)
            x = rnd.randrange(max(1, self.size.width - width))
            self.rows[y][x : x + width] = [chr(rnd.randrange(33, 126)) for _cell in range(width)]
            regions.append(Region(x, y, width, 1))
        self.refresh(*regions)


class Over(ModalScreen[None]):
    CSS = """
    Over { align: center middle; background: $background 60%; }
    #box { width: 40; height: 10; border: round red; background: $surface; opacity: 80%; }
    """

    def compose(self) -> ComposeResult:
        with Vertical(id="box"):
            yield Input("施設予約")
            yield Spots()
            yield Button("OK")


class Busy(App[None]):
    """Something of everything; compares two terminals after each frame."""

    CSS = """
    Screen { layers: base above; }
    DataTable { height: 10; border: round green; }
    RichLog { height: 1fr; border: solid blue; }
    #float { layer: above; dock: right; width: 20; height: 5; offset: -5 3; background: red 40%; }
    """

    def __init__(self, rnd: random.Random) -> None:
        whole_characters.install()
        super().__init__()
        self.rnd = rnd
        self.wrong: list[tuple[int, int, Cell, Cell]] = []
        self.compared = 0
        self._size_drawn = (0, 0)
        self._rich = Console(color_system="truecolor", force_terminal=True, width=100, height=30)

    def compose(self) -> ComposeResult:
        yield Header()
        yield Static("overlay 予約", id="float")
        yield DataTable()
        with Horizontal():
            yield RichLog()
            with VerticalScroll():
                for _part in range(6):
                    yield Spots()
                    yield Input()
                    yield Label("label")
        yield Sparkline([1, 2, 3])
        yield Footer()

    def on_mount(self) -> None:
        table = self.query_one(DataTable)
        self.columns = [table.add_column(f"column {number}", width=10) for number in range(8)]
        self.rows = [table.add_row(*["予約 x"] * 8) for _row in range(30)]

    def _display(self, screen: Screen[object], renderable: RenderableType | None) -> None:
        if not self._batch_count and is_paintable(renderable):
            if self._size_drawn != self.size and is_whole(renderable):
                self._size_drawn = self.size
                self._grid, self._theirs, self._ours = (
                    CellGrid(*self.size),
                    Emulator(*self.size),
                    Emulator(*self.size),
                )
                renditions = Renditions()
                self._encoder, self._renditions = Encoder(*self.size, renditions), renditions
            if self._size_drawn == self.size:
                self._theirs.feed(renderable.render_segments(self._rich).replace("\n", "\r\n"))
                paint(self._grid, self._renditions, renderable)
                if self.rnd.random() < 0.6:
                    self._compare()
        super()._display(screen, renderable)

    def _compare(self) -> None:
        data, complete = self._encoder.encode(self._grid, limit=self.rnd.choice([None, None, 200]))
        self._ours.feed(data)
        if complete:
            self.compared += 1
            theirs, ours = self._theirs.cells(), self._ours.cells()
            self.wrong += [
                (x, y, ours[y][x], theirs[y][x])
                for y in range(self.size.height)
                for x in range(self.size.width)
                if ours[y][x] != theirs[y][x] and not _is_half(theirs[y], x)
            ]


def _is_half(row: list[Cell], x: int) -> bool:
    """Textual leaves halves of wide characters behind, the grid spaces."""
    text = str(row[x][0])
    if text == "":
        return x == 0 or cell_len(str(row[x - 1][0])) != 2
    return cell_len(text) == 2 and row[x + 1 : x + 2] != [] and row[x + 1][0] != ""


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.slow
async def test_the_grid_shows_what_textual_shows(seed):
    rnd = random.Random(seed)
    app = Busy(rnd)
    async with app.run_test(size=(100, 30), notifications=True) as pilot:
        for _step in range(60):
            await change(app, rnd)
            await pilot.pause()
        assert app.wrong[:3] == []
        assert app.compared > 20


async def change(app: Busy, rnd: random.Random) -> None:
    base = app.screen_stack[0]
    match rnd.choice(["cells", "cells", "spots", "spots", "log", "scroll", "over", "float", "other"]):
        case "cells":
            for _cell in range(rnd.randint(1, 4)):
                table = base.query_one(DataTable)
                table.update_cell(rnd.choice(app.rows[:9]), rnd.choice(app.columns), rnd.choice(WORDS))
        case "spots":
            rnd.choice(list(app.screen.query(Spots))).poke(rnd)
        case "log":
            base.query_one(RichLog).write(" ".join(rnd.choices(WORDS, k=5)))
        case "scroll":
            base.query_one(VerticalScroll).scroll_relative(y=rnd.randint(-5, 5), animate=False)
        case "over":
            app.pop_screen() if len(app.screen_stack) > 1 else app.push_screen(Over())
        case "float":
            floating = base.query_one("#float")
            floating.styles.opacity = rnd.random()
            floating.styles.offset = (rnd.randint(-60, 0), rnd.randint(0, 9))
        case _:
            rnd.choice([app.refresh, app.action_focus_next, lambda: app.notify("登録", timeout=0.3)])()
