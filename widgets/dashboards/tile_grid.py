"""The tiles of a dashboard on its grid, and the keys that move the focus between them."""

from collections.abc import Sequence
from contextlib import nullcontext
from functools import partial
from typing import ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.containers import ScrollableContainer
from textual.geometry import NULL_OFFSET, NULL_SPACING, Region, Size
from textual.layout import ArrangeResult, Layout, WidgetPlacement
from textual.message import Message
from textual.widget import Widget

from services.i18n import N_
from services.models import dashboards as model
from widgets.dashboards.grid import Box, Place, placements
from widgets.dashboards.tile import Tile
from widgets.drawing.rest import Rest

TILES_PER_TURN = 12
"""Tiles mounted before other work has its turn."""
_LEAST_LINES = {model.MetricWidget: 4, model.TextWidget: 1}


class TileLayout(Layout):
    """Places tiles with `grid.placements`; an enlarged tile gets the whole room."""

    name = "tiles"

    def __init__(self) -> None:
        super().__init__()
        self.places: dict[Tile, Place] = {}
        """Where each tile is, in the grid's own lines and columns."""

    def arrange(
        self, parent: Widget, children: list[Widget], size: Size, greedy: bool = True
    ) -> ArrangeResult:
        """Placements of all tiles."""
        tiles = [child for child in children if isinstance(child, Tile)]
        room = parent.size.height if isinstance(parent, TileGrid) else size.height
        if len(tiles) == 1 and tiles[0].has_class("-enlarged"):
            spots: Sequence[Place] = [Place(0, 0, size.width, max(3, room))]
        else:
            spots = placements([box_of(tile) for tile in tiles], size.width, room)
        self.places = dict(zip(tiles, spots, strict=True))
        return [
            WidgetPlacement(
                Region(spot.x, spot.y, spot.width, spot.height), NULL_OFFSET, NULL_SPACING, tile, order
            )
            for order, (tile, spot) in enumerate(self.places.items())
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

    class SeenChanged(Message):
        """Other tiles are in view, and have been for a moment."""

    def __init__(self) -> None:
        super().__init__()
        self._layout_of_tiles = TileLayout()
        self._rest = Rest(self, lambda: self.post_message(self.SeenChanged()))
        self._seen: tuple[Tile, ...] = ()

    @property
    def layout(self) -> Layout:
        return self._layout_of_tiles

    @property
    def tiles(self) -> list[Tile]:
        return [child for child in self.children if isinstance(child, Tile)]

    def seen(self) -> tuple[Tile, ...]:
        """The tiles of which some can be seen, if the grid can."""
        top, bottom = self.scroll_y, self.scroll_y + self.scrollable_content_region.height
        places = self._layout_of_tiles.places.items()
        return tuple(tile for tile, place in places if place.y < bottom and place.y + place.height > top)

    def has_in_view(self, tile: Tile) -> bool:
        """Whether some of the tile can be seen, if the grid can."""
        place = self._layout_of_tiles.places.get(tile)
        top = self.scroll_y
        return (
            place is not None and top - place.height < place.y < top + self.scrollable_content_region.height
        )

    def moved(self) -> None:
        """Tell which tiles are in view once scrolling rests."""
        tiles = self.seen()
        if tiles != self._seen:
            self._seen = tiles
            self._rest.moved()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """As Textual's; other tiles come into view."""
        super().watch_scroll_y(old_value, new_value)
        self.moved()

    def on_resize(self) -> None:
        """See which tiles are in view now."""
        self.call_after_refresh(self.moved)

    async def put(self, tiles: Sequence[Tile]) -> None:
        """Show these tiles in place of others; a few at a time, because styling many would keep the keys waiting."""
        for tile in tiles:
            tile.is_in_view = partial(self.has_in_view, tile)
        with self.app.batch_update() if len(tiles) <= TILES_PER_TURN else nullcontext():
            await self.remove_children()
            for first in range(0, len(tiles), TILES_PER_TURN):
                await self.mount_all(tiles[first : first + TILES_PER_TURN])
        self.call_after_refresh(self.moved)

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
        self.call_after_refresh(self.moved)

    def action_restore(self) -> None:
        """Show all tiles again."""
        self.remove_class("-enlarged")
        for tile in self.tiles:
            tile.remove_class("-enlarged")
        if self.screen.focused in self.tiles:
            self.call_after_refresh(self.screen.focused.scroll_visible, animate=False)
        self.refresh_bindings()
        self.call_after_refresh(self.moved)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Enable `restore` only while a tile is enlarged, and `go` only while none is."""
        if action in ("restore", "go"):
            return self.has_class("-enlarged") == (action == "restore")
        return True

    def action_go(self, dx: int, dy: int) -> None:
        """Focus the nearest tile in a direction."""
        focused, places = self.screen.focused, self._layout_of_tiles.places
        if not isinstance(focused, Tile) or focused not in places:
            return
        here = places[focused]
        distances = [
            (distance, tile)
            for tile, place in places.items()
            if (distance := _distance(here, place, dx, dy)) is not None
        ]
        if distances:
            min(distances, key=lambda item: item[0])[1].focus()


def _distance(here: Place, there: Place, dx: int, dy: int) -> tuple[bool, int, int] | None:
    """A sort key for the distance in a direction, straight ahead first; None if `there` is not in it."""
    ahead = (there.x - here.x) * dx + (there.y - here.y) * dy
    if ahead <= 0:
        return None
    if dx:
        gap = max(here.y - there.y - there.height, there.y - here.y - here.height) + 1
        aside = abs(there.y - here.y)
    else:
        gap = max(here.x - there.x - there.width, there.x - here.x - here.width) + 1
        aside = abs(there.x - here.x)
    return gap > 0, ahead + 4 * max(0, gap), aside
