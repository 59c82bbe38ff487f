"""A terminal emulator that is asked what it shows, and screens that are drawn plainly beside it."""

from collections.abc import Iterator

from hypothesis import strategies as st
from pyte.screens import Char

from tests.tools.terminal_screen import TerminalScreen, TerminalStream
from tui.terminal.cells.grid import CellGrid
from tui.terminal.cells.styles import Rendition, Renditions

Cell = tuple[object, ...]


class Emulator:
    """pyte as the console has a terminal: lines do not wrap."""

    def __init__(self, width: int, height: int, *, erases_in_colour: bool = True) -> None:
        kind = TerminalScreen if erases_in_colour else _PlainErasing
        self.screen = kind(width, height)
        self.screen.reset_mode(7, private=True)
        self._stream = TerminalStream(self.screen)

    def feed(self, data: str) -> None:
        self._stream.feed(data)

    def spoil(self) -> None:
        """Show cells that the console never sent, with cursor and colours elsewhere."""
        self.feed(
            "\x1b[31;44;7m\x1b[H"
            + "\r\n".join("#" * self.screen.columns for _row in range(self.screen.lines))
        )
        self.feed("\x1b[2;3r\x1b[1;2H" if self.screen.lines > 3 else "")

    def resize(self, width: int, height: int) -> None:
        self.screen.resize(height, width)

    def cells(self) -> list[list[Cell]]:
        """What is to be seen: of a space, nothing but what shows."""
        rows = range(self.screen.lines)
        return [[_seen(self.screen.buffer[y][x]) for x in range(self.screen.columns)] for y in rows]


class _PlainErasing(TerminalScreen):
    """Erases with the default background, whatever is in use (no `bce`)."""

    def _plainly(self) -> Iterator[None]:
        attrs, self.cursor.attrs = self.cursor.attrs, self.default_char
        yield
        self.cursor.attrs = attrs

    def erase_in_line(self, how: int = 0, private: bool = False) -> None:
        for _once in self._plainly():
            super().erase_in_line(how, private)

    def erase_characters(self, count: int | None = None) -> None:
        for _once in self._plainly():
            super().erase_characters(count)

    def erase_in_display(self, how: int = 0, *args: object, **kwargs: object) -> None:
        for _once in self._plainly():
            super().erase_in_display(how, *args, **kwargs)


def _seen(cell: Char) -> Cell:
    decoration = (cell.underscore, cell.strikethrough, cell.reverse)
    if cell.data == " ":
        return " ", cell.bg, decoration, cell.fg if any(decoration) else ""
    return cell.data, cell.fg, cell.bg, cell.bold, cell.italics, cell.blink, decoration


def drawn_plainly(grid: CellGrid, renditions: Renditions) -> str:
    """Every cell of a grid from the top left, placed and coloured by itself; marks are left out at the edge."""
    parts = []
    for y, row in enumerate(grid.texts):
        for x, text in enumerate(row):
            if not text:
                continue
            style = renditions[grid.styles[y][x]].codes
            place = f"\x1b[{y + 1};{x + 1}H"
            parts.append(f"{place}\x1b[0;{style or '0'}m")
            if row[x + 1 : x + 2] == [""]:
                # What draws it narrower leaves a space of its own in the second cell.
                parts.append(f"  {place}")
            at_the_edge = x + 1 + (row[x + 1 : x + 2] == [""]) == grid.width
            parts.append(text[0] if at_the_edge else text)
    return "".join(parts)


STYLES = [
    Rendition(*each)
    for each in [
        ("", "", 0),
        ("31", "", 0),
        ("31", "44", 1),
        ("38;2;1;2;3", "48;5;9", 8),
        ("", "44", 0),
        ("", "48;2;40;50;60", 64),
        ("92", "44", 256 | 1),
        ("38;5;200", "105", 4 | 2),
    ]
]
TEXTS = (
    "x", "hello", "施設予約", "がか", "a\u0301b", "e\u0301", "①…×", "👩\u200d👧", "✅ ok", "❤\ufe0f", "🇯🇵", "ｶﾅ", "─│┌",
    "⣿⡇", "\u0301z", "各\ufe00", "abcdefgh" * 4, "予約一覧" * 5, "0", "1",
)  # fmt: skip
texts = st.one_of(
    st.sampled_from(TEXTS),
    st.integers(1, 40).map(lambda count: " " * count),
    st.text(st.characters(codec="utf-8", exclude_categories=["C", "Zl", "Zp"]), min_size=1, max_size=8),
)
