from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from functools import lru_cache, partial
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
from widgets.dashboards.tile import Tile
from widgets.drawing.rest import Rest

# Places the tiles of a dashboard: on its grid of 24 columns on a wide screen, else stacked.
#
# Folded tiles take one line. The others are as high as whole rows of charts need to fill the room without scrolling.


GRID = 24
WIDE = 100  # Width from which the dashboard's own grid is used, in cells
TWO = 72  # Width from which stacked tiles have two columns, in cells
GAP = 2
LEAST_UNIT, GOOD_UNIT, MOST_UNIT = 1.1, 2.0, 3.5
"""Lines per row of the grid: the least that is readable, what is comfortable, the most."""
STACKED = 7  # Lines that a stacked tile has at least, if it wants as many
BANDS = 2  # Rows of charts that are shown whole even if that makes them less comfortable


@dataclass(frozen=True, slots=True)
class TileBox:
    """The place of a widget on the grid, and the lines it needs when stacked."""

    x: int
    y: int
    width: int
    height: int
    lines: int = 10
    least: int = 3  # Lines below which it is not readable
    is_folded: bool = False  # It is one line high


@dataclass(frozen=True, slots=True)
class TilePlace:
    x: int
    y: int
    width: int
    height: int


def placements(boxes: Sequence[TileBox], width: int, height: int) -> Sequence[TilePlace]:
    """The places of boxes, in the same order, within `width`; `height` is the room without scrolling."""
    return _placements(tuple(boxes), width, height)


@lru_cache(maxsize=4)
def _placements(boxes: tuple[TileBox, ...], width: int, height: int) -> tuple[TilePlace, ...]:
    """As `placements`; Textual asks at each layout, most of which concern something else on the screen."""
    if width >= WIDE:
        return tuple(_grid(boxes, width, height))
    return tuple(_stacked(boxes, width, height, 2 if width >= TWO else 1))


def _grid(boxes: Sequence[TileBox], width: int, height: int) -> list[TilePlace]:
    unit = unit_for(boxes, height)
    order = _reading_order(boxes)
    tops = dict(zip(order, _tops([boxes[index] for index in order], unit), strict=True))
    places: dict[int, TilePlace] = {}
    # The lowest line that is taken in each cell of the width: tiles of a hand-written dashboard may overlap.
    taken = [0] * width
    for index in order:
        box = boxes[index]
        left, right = _edge(box.x, width), _edge(box.x + box.width, width)
        gap = 0 if box.x + box.width >= GRID else GAP
        top = round(tops[index])
        bottom = top + 1 if box.is_folded else max(top + box.least, round(tops[index] + box.height * unit))
        across = max(1, right - left - gap)
        free = max([top, *taken[left : left + across]])
        places[index] = TilePlace(left, free, across, bottom - top)
        taken[left : left + across] = [free + bottom - top] * across
    return [places[index] for index in range(len(boxes))]


def _reading_order(boxes: Sequence[TileBox]) -> list[int]:
    return sorted(range(len(boxes)), key=lambda index: (boxes[index].y, boxes[index].x))


def _tops(boxes: Sequence[TileBox], unit: float) -> list[float]:
    """The top line of each box, in reading order: directly below those above it, as folded ones leave room."""
    tops: list[float] = []
    taken: dict[int, float] = {}
    for box in boxes:
        columns = range(box.x, box.x + box.width)
        top = max((taken.get(column, 0.0) for column in columns), default=0.0)
        tops.append(top)
        taken |= dict.fromkeys(columns, top + _lines(box, unit))
    return tops


def _lines(box: TileBox, unit: float) -> float:
    return 1.0 if box.is_folded else box.height * unit


def unit_for(boxes: Sequence[TileBox], room: int) -> float:
    """Lines per row of the grid, so that whole rows of tiles fill `room` lines. As many rows as are
    comfortable; at least two where they are still readable."""
    ordered = [boxes[index] for index in _reading_order(boxes)]
    tops = _tops(ordered, GOOD_UNIT)
    ends = _ends([(top, top + _lines(box, GOOD_UNIT)) for box, top in zip(ordered, tops, strict=True)])
    lines = 1.0 if any(box.is_folded for box in boxes) else 0.0
    units = [(room - lines) / ((end - lines) / GOOD_UNIT) for end in ends if end > lines]
    comfortable = [unit for unit in units if unit >= GOOD_UNIT]
    unit = comfortable[-1] if comfortable else units[0] if units else GOOD_UNIT
    if len(comfortable) < BANDS <= len(units) and units[BANDS - 1] >= LEAST_UNIT:
        unit = units[BANDS - 1]
    return min(MOST_UNIT, max(LEAST_UNIT, unit))


def _ends(bands: Sequence[tuple[float, float]]) -> list[float]:
    """Where a row of tiles ends, from their tops and bottoms: the lines that cut no tile."""
    ends: list[float] = []
    by_top = sorted(bands)
    lowest, begun = 0.0, 0
    for end in sorted({bottom for _top, bottom in bands}):
        while begun < len(by_top) and by_top[begun][0] < end:
            lowest = max(lowest, by_top[begun][1])
            begun += 1
        if lowest <= end:
            ends.append(end)
    return ends


def _edge(column: int, width: int) -> int:
    return round(min(GRID, max(0, column)) * width / GRID)


def _stacked(boxes: Sequence[TileBox], width: int, height: int, columns: int) -> list[TilePlace]:
    """Places in reading order; a widget of most of the grid's width gets the whole width."""
    size = (width - GAP * (columns - 1)) // columns
    bottoms = [0] * columns
    places_by_index: dict[int, TilePlace] = {}
    folded = any(box.is_folded for box in boxes)
    for index in _reading_order(boxes):
        box = boxes[index]
        lines = 1 if box.is_folded else min(box.lines, max(box.least, STACKED, (height - folded) // BANDS))
        if box.width >= GRID * 3 // 4 or columns == 1 or box.is_folded:
            top = max(bottoms)
            places_by_index[index] = TilePlace(0, top, width, lines)
            bottoms = [top + lines] * columns
        else:
            column = bottoms.index(min(bottoms))
            places_by_index[index] = TilePlace(column * (size + GAP), bottoms[column], size, lines)
            bottoms[column] += lines
    return [places_by_index[index] for index in range(len(boxes))]


TILES_PER_TURN = 12  # Tiles mounted before other work has its turn
_LEAST_LINES = {model.MetricWidget: 4, model.TextWidget: 1}


class TileLayout(Layout):
    """Places tiles with `grid.placements`; an enlarged tile gets the whole room."""

    name = "tiles"

    def __init__(self) -> None:
        super().__init__()
        self.places: dict[Tile, TilePlace] = {}  # Where each tile is, in the grid's own lines and columns

    def arrange(
        self, parent: Widget, children: list[Widget], size: Size, greedy: bool = True
    ) -> ArrangeResult:
        tiles = [child for child in children if isinstance(child, Tile)]
        room = parent.size.height if isinstance(parent, TileGrid) else size.height
        if len(tiles) == 1 and tiles[0].has_class("-enlarged"):
            spots: Sequence[TilePlace] = [TilePlace(0, 0, size.width, max(3, room))]
        else:
            spots = placements([box_of(tile) for tile in tiles], size.width, room)
        self.places = dict(zip(tiles, spots, strict=True))
        return [
            WidgetPlacement(
                Region(spot.x, spot.y, spot.width, spot.height), NULL_OFFSET, NULL_SPACING, tile, order
            )
            for order, (tile, spot) in enumerate(self.places.items())
        ]


def box_of(tile: Tile) -> TileBox:
    widget = tile.widget
    lines = 11
    if isinstance(widget, model.MetricWidget) and widget.view is model.View.SINGLE_VALUE:
        lines = 7
    elif not isinstance(widget, model.MetricWidget):
        lines = 8
    least = _LEAST_LINES.get(type(widget), 3)
    folded = isinstance(widget, model.TextWidget | model.AlarmWidget)
    return TileBox(widget.x, widget.y, widget.width, widget.height, max(least, lines), least, folded)


class TileGrid(ScrollableContainer, can_focus=False):
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
        pass

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
        top, bottom = self.scroll_y, self.scroll_y + self.scrollable_content_region.height
        places = self._layout_of_tiles.places.items()
        return tuple(tile for tile, place in places if place.y < bottom and place.y + place.height > top)

    def has_in_view(self, tile: Tile) -> bool:
        place = self._layout_of_tiles.places.get(tile)
        top = self.scroll_y
        return (
            place is not None and top - place.height < place.y < top + self.scrollable_content_region.height
        )

    def moved(self) -> None:
        tiles = self.seen()
        if tiles != self._seen:
            self._seen = tiles
            self._rest.moved()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        super().watch_scroll_y(old_value, new_value)
        self.moved()

    def on_resize(self) -> None:
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
        self.remove_class("-enlarged")
        for tile in self.tiles:
            tile.remove_class("-enlarged")
        if self.screen.focused in self.tiles:
            self.call_after_refresh(self.screen.focused.scroll_visible, animate=False)
        self.refresh_bindings()
        self.call_after_refresh(self.moved)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action in ("restore", "go"):
            return self.has_class("-enlarged") == (action == "restore")
        return True

    def action_go(self, dx: int, dy: int) -> None:
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


def _distance(here: TilePlace, there: TilePlace, dx: int, dy: int) -> tuple[bool, int, int] | None:
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
