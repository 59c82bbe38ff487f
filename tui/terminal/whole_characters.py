"""Textual's compositor without its cuts through characters, and without drawing what is not to be seen.

Textual divides each row wherever any widget begins or ends, also where that widget is covered. A wide character across
such a column is replaced by spaces. Here a row is divided only where another widget begins to be visible. Textual draws
every widget that a change touches, also the containers below it; here a widget is drawn only where it shows.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping, Sequence

from rich.cells import cell_len
from textual import screen
from textual._compositor import ChopsUpdate, Compositor
from textual.geometry import Region
from textual.strip import Strip

from tui.terminal.cells.graphemes import cells

Chops = Sequence[Mapping[int, Strip]]
"""For each row the visible pieces by their first column, from left to right; none but those that are wanted."""
Columns = tuple[int, int]  # The first column, and the column after the last


class WholeCharacters(Compositor):
    """Divides a row into what is visible of each widget."""

    def rows(self, wanted: Sequence[int]) -> dict[int, Strip]:
        chops = self._pieces({y: (0, self.size.width) for y in wanted if 0 <= y < self.size.height})
        return {y: Strip.join(pieces.values()) for y, pieces in enumerate(chops) if pieces}

    def _render_chops(self, crop: Region, is_rendered_line: Callable[[int], bool]) -> Chops:
        return self._pieces({y: crop.column_span for y in crop.line_range if is_rendered_line(y)})

    def _pieces(self, wanted: Mapping[int, Columns]) -> Chops:
        chops: list[dict[int, Strip]] = [{} for _row in range(self.size.height)]
        covered = {y: bytearray(len(self.cuts[y])) for y in sorted(wanted)}
        for widget, (region, clip) in self.visible_widgets.items():
            visible = region.intersection(clip)
            pieces = [
                (y, start, end)
                for y, cover in covered.items()
                if visible.y <= y < visible.bottom
                for start, end in _uncovered(cover, self.cuts[y], visible.column_span)
                if start < wanted[y][1] and end > wanted[y][0]
            ]
            if not pieces:
                continue
            top, bottom = pieces[0][0], pieces[-1][0] + 1
            strips = widget.render_lines(
                Region(visible.x, top, visible.width, bottom - top).translate(-region.offset)
            )
            for y, start, end in pieces:
                piece = (
                    strips[y - top].crop(start - visible.x, end - visible.x)
                    if y - top < len(strips)
                    else None
                )
                if piece is not None and piece.cell_length:
                    chops[y][start] = piece.extend_cell_length(end - start)
                else:
                    # A widget that has not heard of its new size yet draws less: what is below it shows.
                    _uncover(covered[y], self.cuts[y], (start, end))
        return [dict(sorted(pieces.items())) for pieces in chops]

    def render_partial_update(self) -> ChopsUpdate | None:
        regions = self._dirty_regions.copy()
        self._dirty_regions.clear()
        if not regions:
            return None
        spans = list(self._regions_to_spans(regions))
        wanted: dict[int, Columns] = {}
        for y, start, end in spans:
            before = wanted.get(y, (start, end))
            wanted[y] = min(start, before[0]), max(end, before[1])
        chops = self._pieces(wanted)
        # The last end of a row is the screen's width.
        ends = [[*(x + piece.cell_length for x, piece in row.items()), self.size.width] for row in chops]
        spans = [(y, start, end + _is_cut(chops[y], end)) for y, start, end in spans]
        # Textual's type is of mutable mappings.
        return ChopsUpdate(chops, spans, ends)


def _uncovered(covered: bytearray, cuts: Sequence[int], columns: Columns) -> Iterator[Columns]:
    """The parts of `columns` that nothing covers yet; covers them. `covered` tells it of the columns from each cut on."""
    at, last = bisect_left(cuts, columns[0]), bisect_left(cuts, columns[1])
    while (at := covered.find(0, at, last)) >= 0:
        end = covered.find(1, at, last)
        end = last if end < 0 else end
        covered[at:end] = b"\1" * (end - at)
        yield cuts[at], cuts[end]
        at = end


def _uncover(covered: bytearray, cuts: Sequence[int], columns: Columns) -> None:
    at, last = bisect_left(cuts, columns[0]), bisect_left(cuts, columns[1])
    covered[at:last] = bytes(last - at)


def _is_cut(pieces: Mapping[int, Strip], at: int) -> bool:
    for x, piece in pieces.items():
        if x < at < x + piece.cell_length:
            return _cuts_text(piece, at - x)
    return False


def _cuts_text(strip: Strip, at: int) -> bool:
    x = 0
    for text, _style, control in strip:
        if control:
            continue
        end = x + cell_len(text)
        if x < at < end:
            return not text.isascii() and cells(text)[at - x] == ""
        x = end
    return False


def install() -> None:
    vars(screen)["Compositor"] = WholeCharacters
