"""The tiles of a dashboard on its grid, and the keys that move the focus between them."""

from typing import ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.containers import ScrollableContainer
from textual.geometry import NULL_OFFSET, NULL_SPACING, Region, Size
from textual.layout import ArrangeResult, Layout, WidgetPlacement
from textual.widget import Widget

from services.i18n import N_
from services.models import dashboards as model
from widgets.dashboards.grid import Box, Place, placements
from widgets.dashboards.tile import Tile

_LEAST_LINES = {model.MetricWidget: 4, model.TextWidget: 1}


class TileLayout(Layout):
    """Places tiles with `grid.placements`; an enlarged tile gets the whole room."""

    name = "tiles"

    def arrange(
        self, parent: Widget, children: list[Widget], size: Size, greedy: bool = True
    ) -> ArrangeResult:
        """Placements of all tiles."""
        tiles = [child for child in children if isinstance(child, Tile)]
        room = parent.size.height if isinstance(parent, TileGrid) else size.height
        if len(tiles) == 1 and tiles[0].has_class("-enlarged"):
            spots = [Place(0, 0, size.width, max(3, room))]
        else:
            spots = placements([box_of(tile) for tile in tiles], size.width, room)
        return [
            WidgetPlacement(
                Region(spot.x, spot.y, spot.width, spot.height), NULL_OFFSET, NULL_SPACING, tile, order
            )
            for order, (tile, spot) in enumerate(zip(tiles, spots, strict=True))
        ]


def box_of(tile: Tile) -> Box:
    """The place of a tile on the grid, and the lines it needs when stacked; texts and alarms are folded."""
    widget = tile.widget
    lines = 11
    if isinstance(widget, model.MetricWidget) and widget.view is model.View.SINGLE_VALUE:
        lines = 7
    elif not isinstance(widget, model.MetricWidget):
        lines = 8
    least = _LEAST_LINES.get(type(widget), 3)
    folded = isinstance(widget, model.TextWidget | model.AlarmWidget)
    return Box(widget.x, widget.y, widget.width, widget.height, max(least, lines), least, folded)


class TileGrid(ScrollableContainer, can_focus=False):
    """The tiles, and the keys that move the focus between them."""

    DEFAULT_CSS = """
    TileGrid { padding: 0 1; overflow-x: hidden; overflow-y: auto; scrollbar-size-vertical: 1; scrollbar-gutter: stable; }
    TileGrid.-enlarged > Tile { display: none; }
    TileGrid.-enlarged > Tile.-enlarged { display: block; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", "go(-1, 0)", N_("Left"), show=False),
        Binding("right", "go(1, 0)", N_("Right"), show=False),
        Binding("up", "go(0, -1)", N_("Up"), show=False),
        Binding("down", "go(0, 1)", N_("Down"), show=False),
        Binding("escape", "restore", N_("Back"), show=True),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._layout_of_tiles = TileLayout()

    @property
    def layout(self) -> Layout:
        """The layout of the tiles."""
        return self._layout_of_tiles

    @property
    def tiles(self) -> list[Tile]:
        """All tiles in the order of the dashboard."""
        return [child for child in self.children if isinstance(child, Tile)]

    @on(Tile.Enlarge)
    def _toggle(self, event: Tile.Enlarge) -> None:
        event.stop()
        enlarge = not event.tile.has_class("-enlarged")
        self.action_restore()
        if enlarge:
            event.tile.add_class("-enlarged")
            self.add_class("-enlarged")
            self.scroll_home(animate=False)
        self.refresh_bindings()

    def action_restore(self) -> None:
        """Show all tiles again."""
        self.remove_class("-enlarged")
        for tile in self.tiles:
            tile.remove_class("-enlarged")
        if self.screen.focused in self.tiles:
            self.call_after_refresh(self.screen.focused.scroll_visible, animate=False)
        self.refresh_bindings()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Enable `restore` only while a tile is enlarged, and `go` only while none is."""
        if action in ("restore", "go"):
            return self.has_class("-enlarged") == (action == "restore")
        return True

    def action_go(self, dx: int, dy: int) -> None:
        """Focus the nearest tile in a direction."""
        focused = self.screen.focused
        tiles = [tile for tile in self.tiles if tile.display]
        if focused not in tiles:
            return
        here = focused.virtual_region
        distances = [
            (distance, tile)
            for tile in tiles
            if (distance := _distance(here, tile.virtual_region, dx, dy)) is not None
        ]
        if distances:
            min(distances, key=lambda item: item[0])[1].focus()


def _distance(here: Region, there: Region, dx: int, dy: int) -> tuple[bool, int, int] | None:
    """A sort key for the distance in a direction, straight ahead first; None if `there` is not in it."""
    ahead = (there.x - here.x) * dx + (there.y - here.y) * dy
    if ahead <= 0:
        return None
    if dx:
        gap = max(here.y - there.bottom, there.y - here.bottom) + 1
        aside = abs(there.y - here.y)
    else:
        gap = max(here.x - there.right, there.x - here.right) + 1
        aside = abs(there.x - here.x)
    return gap > 0, ahead + 4 * max(0, gap), aside
