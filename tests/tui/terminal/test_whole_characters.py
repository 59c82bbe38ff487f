import random

import pytest
from textual.app import App, ComposeResult
from textual.containers import Horizontal
from textual.geometry import Region, Size
from textual.strip import Strip
from textual.widgets import Static

from tui.terminal import whole_characters
from tui.terminal.cells.compositor import is_paintable, paint
from tui.terminal.cells.grid import CellGrid
from tui.terminal.cells.styles import Renditions

WIDTH, HEIGHT = 60, 6
OVER = "IMAアクセスキーのローテーション を確認済みにしました。10 → 5"


class Panes(App[None]):
    """Panes side by side, full of Japanese, and an overlay above their seams."""

    CSS = """
    Screen { layers: base above; }
    #panes Static { height: 100%; }
    #over { layer: above; position: absolute; width: auto; height: 1; background: red; }
    """

    def __init__(self) -> None:
        whole_characters.install()
        super().__init__()
        self.updates: list[object] = []

    def compose(self) -> ComposeResult:
        yield Static(OVER, id="over")
        with Horizontal(id="panes"):
            for _pane in range(4):
                yield Static("点検記録を取得しました " * 60)

    def _display(self, screen, renderable) -> None:  # type: ignore[no-untyped-def]
        if is_paintable(renderable):
            self.updates.append(renderable)
        super()._display(screen, renderable)

    def move(self, rnd: random.Random) -> int:
        """Put overlay and seams elsewhere; the overlay's row."""
        for pane in self.query("#panes Static"):
            pane.styles.width = rnd.randint(1, 18)
        over = self.query_one("#over")
        y = rnd.randrange(HEIGHT)
        over.styles.offset = (rnd.randint(0, WIDTH - over.size.width), y)
        return y


@pytest.mark.parametrize("seed", range(3))
async def test_an_overlay_is_whole_wherever_panes_meet_below_it(seed):
    rnd = random.Random(seed)
    app = Panes()
    async with app.run_test(size=(WIDTH, HEIGHT)) as pilot:
        for _place in range(40):
            y = app.move(rnd)
            await pilot.pause()
            assert OVER in app.screen._compositor.render_strips()[y].text


@pytest.mark.parametrize("seed", range(3))
async def test_what_changes_in_part_looks_as_if_drawn_whole(seed):
    # Also with the output of Textual, which gets the same pieces.
    rnd = random.Random(seed)
    app = Panes()
    async with app.run_test(size=(WIDTH, HEIGHT)) as pilot:
        grid, renditions = CellGrid(WIDTH, HEIGHT), Renditions()
        app.screen.refresh(layout=True)
        await pilot.pause()
        for step in range(40):
            if rnd.random() < 0.5:
                app.move(rnd)
            else:
                pane = rnd.choice(list(app.query("#panes Static")))
                pane.update(rnd.choice(["登録", "a登録", "施設一覧を", "x"]) * rnd.randint(1, 90))
            await pilot.pause()
            for update in app.updates:
                paint(grid, renditions, update)  # type: ignore[arg-type]
            app.updates.clear()
            whole = CellGrid(WIDTH, HEIGHT)
            for y, strip in enumerate(app.screen._compositor.render_strips()):
                x = 0
                for text, style, _control in strip:
                    x = whole.put(x, y, text, renditions.of_style(style))
            assert grid.texts == whole.texts, step


Log = list[tuple[str, int]]  # The id of each widget that was drawn, and how many of its rows


class Around(Horizontal):
    log: Log

    def render_lines(self, crop: Region) -> list[Strip]:
        self.log.append((self.id or "", crop.height))
        return super().render_lines(crop)


class Pane(Static):
    log: Log

    def render_lines(self, crop: Region) -> list[Strip]:
        self.log.append((self.id or "", crop.height))
        return super().render_lines(crop)


class Covered(App[None]):
    """Two panes in a container, a third one over the first rows of both."""

    CSS = """
    Screen { layers: base above; }
    Pane { width: 1fr; height: 100%; }
    #over { layer: above; position: absolute; width: 100%; height: 2; }
    """

    def __init__(self, log: Log) -> None:
        whole_characters.install()
        super().__init__()
        Pane.log = Around.log = log

    def compose(self) -> ComposeResult:
        yield Pane("over", id="over")
        with Around(id="around"):
            yield Pane("left", id="left")
            yield Pane("right", id="right")


async def test_a_change_draws_the_widget_that_shows_it_and_no_other():
    log: Log = []
    app = Covered(log)
    async with app.run_test(size=(WIDTH, HEIGHT)) as pilot:
        await pilot.pause()
        assert dict(log) == {"over": 2, "left": HEIGHT - 2, "right": HEIGHT - 2}, "nothing else shows"
        log.clear()
        app.query_one("#left", Pane).refresh(Region(3, 4, 1, 1))
        await pilot.pause()
        assert log == [("left", 1)]
        log.clear()
        app.query_one("#left", Pane).refresh(Region(0, 0, 9, 2))
        await pilot.pause()
        assert log == [("over", 2)], "it lies above"


class Late(Static):
    """Draws less than its region, as a widget does that has not heard of its new size."""

    def __init__(self, drawn: Size) -> None:
        super().__init__("l" * 24, id="late")
        self.drawn = drawn

    def render_lines(self, crop: Region) -> list[Strip]:
        rows = super().render_lines(crop)[: max(0, self.drawn.height - crop.y)]
        return [row.crop(0, max(0, self.drawn.width - crop.x)) for row in rows]


class Below(App[None]):
    CSS = """
    Screen { layers: base above; }
    #below { width: 100%; height: 100%; }
    #late { layer: above; position: absolute; width: 8; height: 3; offset: 2 1; }
    """

    def __init__(self, drawn: Size) -> None:
        whole_characters.install()
        super().__init__()
        self.drawn = drawn

    def compose(self) -> ComposeResult:
        yield Static("\n".join("b" * WIDTH for _row in range(HEIGHT)), id="below")
        yield Late(self.drawn)


@pytest.mark.parametrize(
    ("drawn", "rows"),
    [
        (Size(8, 1), ["llllllll", "bbbbbbbb", "bbbbbbbb"]),
        (Size(0, 3), ["bbbbbbbb"] * 3),
        (Size(0, 0), ["bbbbbbbb"] * 3),
        (Size(5, 3), ["lllll   "] * 3),
    ],
)
async def test_below_a_widget_smaller_than_its_region_the_next_shows(drawn, rows):
    app = Below(drawn)
    async with app.run_test(size=(WIDTH, HEIGHT)) as pilot:
        await pilot.pause()
        compositor = app.screen._compositor
        assert isinstance(compositor, whole_characters.WholeCharacters)
        assert [strip.text for strip in compositor.rows(range(1, 4)).values()] == [
            f"bb{row}{'b' * (WIDTH - 10)}" for row in rows
        ]
