"""Splits the changes of a screen into runs of cells of one style, and orders them so that they cost least."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby, pairwise
from operator import itemgetter
from typing import Literal, NamedTuple

from tui.terminal.cells.diff import Span, blank_tail, spans
from tui.terminal.cells.graphemes import is_steady
from tui.terminal.cells.grid import CellGrid
from tui.terminal.cells.styles import Renditions

_ERASE_TAIL = 4  # Changed cells at the end of a row from which on erasing is shorter than spaces
_ERASE_RUN = 12  # Spaces within a row from which on erasing and moving the cursor is shorter
_LONG_BLANK = " " * _ERASE_RUN
_SKIPS = (0, 3, 4, 4, 4)
"""Bytes of the cursor movement over so many cells; more cells always take more bytes themselves."""
_MOVE = 7  # Bytes of a typical cursor movement

Way = Literal["text", "spaces", "run", "tail"]
"""How cells are written: as they are; as spaces, which show only their background; erased; erased to the row's end."""


class StyledRun(NamedTuple):
    y: int
    x: int
    style: int  # Number of the style; for spaces and erased cells, of its visible part
    cells: Sequence[str]
    way: Way = "text"

    @property
    def end(self) -> int:
        return self.x + len(self.cells)

    def is_followed_by(self, following: "StyledRun") -> bool:
        return following.y == self.y and following.x == self.end and self.way in ("text", "spaces")


class StyledRuns:
    def __init__(self, renditions: Renditions, *, erases_in_colour: bool) -> None:
        """`erases_in_colour`: erased cells take the background in use (terminfo: bce)."""
        self._renditions = renditions
        self._erases_in_colour = erases_in_colour

    def of_row(self, front: CellGrid, back: CellGrid, y: int) -> list[StyledRun]:
        """The runs to write in row `y`, from left to right; wide characters are never split."""
        differing = spans(front, back, y, self._renditions.blank)
        if not differing:
            return []
        tail = self._erasable_tail(back, y, differing)
        runs: list[StyledRun] = []
        for start, end in _joined(back, y, differing):
            if start >= tail:
                break
            self._span(runs, front.texts[y], back, y, start, min(end, tail))
        if tail < back.width:
            x = max(tail, next(start for start, end in differing if end > tail))
            runs.append(self._blank(back, y, x, back.width - x, "tail"))
        return runs

    def _erasable_tail(self, back: CellGrid, y: int, differing: Sequence[Span]) -> int:
        tail = blank_tail(back, y, self._renditions.blank)
        if tail == back.width or differing[-1][1] <= tail:
            return back.width
        cells = sum(end - max(start, tail) for start, end in differing if end > tail)
        return tail if cells >= _ERASE_TAIL and self._may_erase(back.styles[y][tail]) else back.width

    def _may_erase(self, style: int) -> bool:
        rendition = self._renditions[style]
        return rendition.is_erasable and (self._erases_in_colour or not rendition.background)

    def _span(
        self, runs: list[StyledRun], old: list[str], back: CellGrid, y: int, start: int, end: int
    ) -> None:
        texts, styles = back.texts[y], back.styles[y]
        x = start
        while x < end:
            until = _same(styles, x, end)
            for is_blank, count in _blanks(texts[x:until]):
                if not is_blank:
                    self._add(runs, StyledRun(y, x, styles[x], texts[x : x + count]))
                elif self._is_better_erased(old, x + count, count, styles[x]):
                    runs.append(self._blank(back, y, x, count, "run"))
                else:
                    self._add(runs, self._blank(back, y, x, count, "spaces"))
                x += count

    def _blank(self, back: CellGrid, y: int, x: int, count: int, way: Way) -> StyledRun:
        return StyledRun(y, x, self._renditions.blank(back.styles[y][x]), back.texts[y][x : x + count], way)

    def _is_better_erased(self, old: list[str], end: int, count: int, style: int) -> bool:
        """Whether to erase `count` spaces before column `end`; never half a wide character, which tmux leaves broken."""
        is_whole = end >= len(old) or old[end] != ""
        return count >= _ERASE_RUN and is_whole and self._may_erase(style)

    def _add(self, runs: list[StyledRun], run: StyledRun) -> None:
        """Append `run`, merged with the one before where they look alike: a space shows only its background."""
        last, blank = runs[-1] if runs else None, self._renditions.blank
        if last is None or not last.is_followed_by(run):
            runs.append(run)
        elif run.way == "spaces" and blank(last.style) == run.style:
            runs[-1] = last._replace(cells=[*last.cells, *run.cells])
        elif last.way == "spaces" and blank(run.style) == last.style:
            runs[-1] = run._replace(x=last.x, cells=[*last.cells, *run.cells])
        else:
            runs.append(run)


def arranged(runs: list[StyledRun], renditions: Renditions) -> list[StyledRun]:
    """The runs of a frame sorted by style rather than by row, where that is shorter. Rows with characters
    that some terminals draw wider come first: the cells that these cover are written after them."""
    doubtful = {run.y for run in runs if not _is_steady(run.cells)}
    turn: dict[int, int] = {}
    for run in runs:
        if run.y not in doubtful:
            turn.setdefault(run.style, len(turn))
    by_style = sorted(runs, key=lambda run: (-1 if run.y in doubtful else turn[run.style], run.y, run.x))
    return by_style if _cost(by_style, renditions) < _cost(runs, renditions) else runs


def _cost(runs: Iterable[StyledRun], renditions: Renditions) -> int:
    """The approximate number of bytes between the runs."""
    return sum(
        (0 if before.is_followed_by(after) else _MOVE)
        + len(renditions.change(renditions[before.style], renditions[after.style]))
        for before, after in pairwise(runs)
    )


def _is_steady(cells: Sequence[str]) -> bool:
    text = "".join(cells)
    return text.isascii() or all(is_steady(grapheme) for grapheme in cells if grapheme)


def _joined(back: CellGrid, y: int, differing: Sequence[Span]) -> Iterator[Span]:
    start, end = differing[0]
    for after, until in differing[1:]:
        if not _is_cheap(back, y, end, after):
            yield start, end
            start = after
        end = until
    yield start, end


def _is_cheap(back: CellGrid, y: int, start: int, end: int) -> bool:
    """Whether the cells between two changes are as cheap to write again as to skip: of the style before them, and short."""
    if end - start >= len(_SKIPS):
        return False
    texts, style_before = back.texts[y][start:end], back.styles[y][start - 1]
    return (
        len("".join(texts).encode("utf-8", "replace")) <= _SKIPS[end - start]
        and all(style == style_before for style in back.styles[y][start:end])
        and _is_steady(texts)
    )


def _same(styles: Sequence[int], x: int, end: int) -> int:
    style = styles[x]
    at = x + 1
    while at < end and styles[at] == style:
        at += 1
    return at


def _blanks(cells: Sequence[str]) -> Iterator[tuple[bool, int]]:
    """(is blank, number of cells) of the parts: one part, or several separated at long runs of spaces."""
    text = "".join(cells)
    if _LONG_BLANK not in text:
        yield not text.strip(" "), len(cells)
        return
    for is_blank, run in groupby(_words(cells), key=itemgetter(0)):
        yield is_blank, sum(count for _blank, count in run)


def _words(cells: Sequence[str]) -> Iterator[tuple[bool, int]]:
    for is_blank, run in groupby(cells, key=" ".__eq__):
        count = sum(1 for _cell in run)
        yield is_blank and count >= _ERASE_RUN, count
