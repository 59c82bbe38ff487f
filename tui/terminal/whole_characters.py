"""Textual's compositor without its cuts through characters.

Textual divides each row wherever any widget begins or ends, also where that widget is covered. A wide character across
such a column is replaced by spaces. Here a row is divided only where another widget begins to be visible.
"""

from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence

from rich.cells import cell_len
from textual import screen
from textual._compositor import ChopsUpdate, Compositor
from textual.geometry import Region
from textual.strip import Strip

from tui.terminal.cells.graphemes import cells

Chops = Sequence[Mapping[int, Strip]]
"""For each row the visible pieces by their first column, from left to right; no pieces in a row that is not rendered."""


class WholeCharacters(Compositor):
    """Divides a row into what is visible of each widget."""

    def rows(self, wanted: Sequence[int]) -> dict[int, Strip]:
        """What these rows show; they are in ascending order."""
        if not wanted or not self.size:
            return {}
        crop = Region(0, wanted[0], self.size.width, wanted[-1] + 1 - wanted[0])
        chops = self._render_chops(crop, frozenset(wanted).__contains__)
        return {y: Strip.join(pieces.values()) for y, pieces in enumerate(chops) if pieces}

    def _render_chops(self, crop: Region, is_rendered_line: Callable[[int], bool]) -> Chops:
        # Of whole rows, so that each piece is known to its end.
        width, height = self.size
        crop = Region(0, crop.y, width, crop.height)
        chops: list[dict[int, Strip]] = [{} for _row in range(height)]
        covered = [bytearray(len(cuts)) for cuts in self.cuts]
        for region, clip, strips in self._get_renders(crop):
            visible = region.intersection(clip)
            left, right = visible.column_span
            for y, strip in zip(visible.line_range, strips, strict=False):
                if is_rendered_line(y):
                    _place(chops[y], covered[y], self.cuts[y], strip, left, right)
        return [dict(sorted(pieces.items())) for pieces in chops]

    def render_partial_update(self) -> ChopsUpdate | None:
        """As Textual's; a span that ends within a character is one cell longer."""
        regions = self._dirty_regions.copy()
        self._dirty_regions.clear()
        if not regions:
            return None
        spans = list(self._regions_to_spans(regions))
        dirty_rows = {y for y, _start, _end in spans}
        chops = self._render_chops(Region.from_union(regions), dirty_rows.__contains__)
        ends = [[x + piece.cell_length for x, piece in row.items()] or [self.size.width] for row in chops]
        spans = [(y, start, end + _is_cut(chops[y], end)) for y, start, end in spans]
        # Textual's type is of mutable mappings.
        return ChopsUpdate(chops, spans, ends)


def _place(
    pieces: dict[int, Strip], covered: bytearray, cuts: Sequence[int], strip: Strip, left: int, right: int
) -> None:
    """Put what is not covered of `strip`, which fills `left` to `right`, and cover it."""
    at, last = bisect_left(cuts, left), bisect_left(cuts, right)
    while at < last:
        if covered[at]:
            at += 1
            continue
        end = covered.find(1, at, last)
        end = last if end < 0 else end
        covered[at:end] = b"\1" * (end - at)
        pieces[cuts[at]] = strip.crop(cuts[at] - left, cuts[end] - left)
        at = end


def _is_cut(pieces: Mapping[int, Strip], at: int) -> bool:
    """Whether a column lies between the halves of a wide character."""
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
    """Give every screen this compositor."""
    vars(screen)["Compositor"] = WholeCharacters
