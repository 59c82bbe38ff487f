"""What of a screen has to be written: cells of one look that stand side by side, and the order that costs least."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby, pairwise
from operator import itemgetter
from typing import Literal, NamedTuple

from tui.terminal.cells.diff import Span, blank_tail, spans
from tui.terminal.cells.graphemes import is_steady
from tui.terminal.cells.grid import Grid
from tui.terminal.cells.styles import Renditions

_ERASE_TAIL = 4
"""Changed cells at the end of a row from which erasing is shorter than spaces."""
_ERASE_RUN = 12
"""Spaces within a row from which erasing and moving on is shorter."""
_LONG_BLANK = " " * _ERASE_RUN
_JOIN = 4
"""Unchanged cells between two changes that are rather written again than jumped over."""
_MOVE = 7
"""Bytes of a usual move of the cursor."""

Way = Literal["text", "spaces", "run", "tail"]
"""How cells are written: as they are; as spaces, of which only the ground shows; erased; erased to the row's end."""


class StyledRun(NamedTuple):
    """Cells from column `x` of row `y` on, all of one look."""

    y: int
    x: int
    style: int
    """Of spaces and erased cells only what shows on them."""
    cells: Sequence[str]
    way: Way = "text"

    @property
    def end(self) -> int:
        """The column after the last."""
        return self.x + len(self.cells)

    def is_followed_by(self, after: "StyledRun") -> bool:
        """Whether the cursor, this piece written, stands where the other begins."""
        return after.y == self.y and after.x == self.end and self.way in ("text", "spaces")


class StyledRuns:
    """Finds the pieces in which a screen that the terminal shows differs from the one it should show."""

    def __init__(self, renditions: Renditions, *, erases_in_colour: bool) -> None:
        """`erases_in_colour`: erased cells take the background in use (terminfo: bce)."""
        self._renditions = renditions
        self._erases_in_colour = erases_in_colour

    def of_row(self, front: Grid, back: Grid, y: int) -> list[StyledRun]:
        """What has to be written of row `y`, from the left; wide characters are never cut."""
        found = spans(front, back, y, self._renditions.blank)
        if not found:
            return []
        tail = self._erasable_tail(back, y, found)
        pieces: list[StyledRun] = []
        for start, end in _joined(back, y, found):
            if start >= tail:
                break
            self._span(pieces, front.texts[y], back, y, start, min(end, tail))
        if tail < back.width:
            x = max(tail, next(start for start, end in found if end > tail))
            pieces.append(self._blank(back, y, x, back.width - x, "tail"))
        return pieces

    def _erasable_tail(self, back: Grid, y: int, found: Sequence[Span]) -> int:
        """The column from which the row is better erased than written; its width where it is not."""
        tail = blank_tail(back, y, self._renditions.blank)
        if tail == back.width or found[-1][1] <= tail:
            return back.width
        cells = sum(end - max(start, tail) for start, end in found if end > tail)
        return tail if cells >= _ERASE_TAIL and self._may_erase(back.styles[y][tail]) else back.width

    def _may_erase(self, style: int) -> bool:
        look = self._renditions[style]
        return look.is_erasable and (self._erases_in_colour or not look.background)

    def _span(
        self, pieces: list[StyledRun], old: list[str], back: Grid, y: int, start: int, end: int
    ) -> None:
        """Add the pieces of the cells `start`…`end`; `old`: what the row holds so far."""
        texts, styles = back.texts[y], back.styles[y]
        x = start
        while x < end:
            until = _same(styles, x, end)
            for is_blank, count in _blanks(texts[x:until]):
                if not is_blank:
                    self._add(pieces, StyledRun(y, x, styles[x], texts[x : x + count]))
                elif self._is_better_erased(old, x + count, count, styles[x]):
                    pieces.append(self._blank(back, y, x, count, "run"))
                else:
                    self._add(pieces, self._blank(back, y, x, count, "spaces"))
                x += count

    def _blank(self, back: Grid, y: int, x: int, count: int, way: Way) -> StyledRun:
        return StyledRun(y, x, self._renditions.blank(back.styles[y][x]), back.texts[y][x : x + count], way)

    def _is_better_erased(self, old: list[str], end: int, count: int, style: int) -> bool:
        """Whether to erase `count` spaces before column `end`; never half of what is wide, which tmux does not heal."""
        is_whole = end >= len(old) or old[end] != ""
        return count >= _ERASE_RUN and is_whole and self._may_erase(style)

    def _add(self, pieces: list[StyledRun], piece: StyledRun) -> None:
        """As one with the piece before where nothing shows of the difference: on spaces only their ground shows."""
        last, blank = pieces[-1] if pieces else None, self._renditions.blank
        if last is None or not last.is_followed_by(piece):
            pieces.append(piece)
        elif piece.way == "spaces" and blank(last.style) == piece.style:
            pieces[-1] = last._replace(cells=[*last.cells, *piece.cells])
        elif last.way == "spaces" and blank(piece.style) == last.style:
            pieces[-1] = piece._replace(x=last.x, cells=[*last.cells, *piece.cells])
        else:
            pieces.append(piece)


def arranged(pieces: list[StyledRun], renditions: Renditions) -> list[StyledRun]:
    """The pieces of a frame look by look rather than row by row, where that is shorter.

    Rows with characters that some terminals draw wider stay as they are: what these cover is written after them.
    """
    doubtful = {piece.y for piece in pieces if not _is_steady(piece.cells)}
    turn: dict[int, int] = {}
    for piece in pieces:
        if piece.y not in doubtful:
            turn.setdefault(piece.style, len(turn))
    by_look = sorted(
        pieces, key=lambda piece: (-1 if piece.y in doubtful else turn[piece.style], piece.y, piece.x)
    )
    return by_look if _cost(by_look, renditions) < _cost(pieces, renditions) else pieces


def _cost(pieces: Iterable[StyledRun], renditions: Renditions) -> int:
    """About how many bytes it takes between the pieces."""
    return sum(
        (0 if before.is_followed_by(after) else _MOVE)
        + len(renditions.change(renditions[before.style], renditions[after.style]))
        for before, after in pairwise(pieces)
    )


def _is_steady(cells: Sequence[str]) -> bool:
    text = "".join(cells)
    return text.isascii() or all(is_steady(grapheme) for grapheme in cells if grapheme)


def _joined(back: Grid, y: int, found: Sequence[Span]) -> Iterator[Span]:
    """The spans, with short gaps between them filled."""
    start, end = found[0]
    for after, until in found[1:]:
        if after - end > _JOIN or not _is_cheap(back, y, end, after):
            yield start, end
            start = after
        end = until
    yield start, end


def _is_cheap(back: Grid, y: int, start: int, end: int) -> bool:
    """Whether the cells between two changes look as the one before them and take a byte each."""
    look = back.styles[y][start - 1]
    return all(style == look for style in back.styles[y][start:end]) and all(
        text.isascii() and text for text in back.texts[y][start:end]
    )


def _same(styles: Sequence[int], x: int, end: int) -> int:
    """The end of the cells from `x` on that are of one style."""
    style = styles[x]
    at = x + 1
    while at < end and styles[at] == style:
        at += 1
    return at


def _blanks(cells: Sequence[str]) -> Iterator[tuple[bool, int]]:
    """(whether nothing but spaces, how many cells): all at once, or cut at long runs of spaces."""
    text = "".join(cells)
    if _LONG_BLANK not in text:
        yield not text.strip(" "), len(cells)
        return
    for is_blank, run in groupby(_words(cells), key=itemgetter(0)):
        yield is_blank, sum(count for _blank, count in run)


def _words(cells: Sequence[str]) -> Iterator[tuple[bool, int]]:
    """As `_blanks`, cut at every space; a run of spaces too short to be worth it counts as text."""
    for is_blank, run in groupby(cells, key=" ".__eq__):
        count = sum(1 for _cell in run)
        yield is_blank and count >= _ERASE_RUN, count
