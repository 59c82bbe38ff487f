"""A terminal's screen without styles, quick enough for Textual's full speed; see xterm's ctlseqs."""

import re
from codecs import getincrementaldecoder
from collections.abc import Callable, Sequence

from tests.bench.link.cells import Cells

_TOKEN = re.compile(
    r"(?P<text>[^\x00-\x1f\x7f]+)"
    r"|(?P<look>(?:\x1b\[[\d;:]*m)+)"
    r"|\x1b\[(?P<private>[<-?]?)(?P<numbers>[\d;:]*)(?P<between>[ -/]*)(?P<csi>[@-~])"
    r"|\x1b(?P<string>[\]PX^_])[^\x07\x1b]*(?:\x07|\x1b\\)"
    r"|\x1b(?P<escape>[ -/]*[0-OQ-WYZ\\`-~])"
    r"|(?P<control>[\x00-\x1a\x1c-\x1f\x7f]|\x1b(?=[\x00-\x1f\x7f]))"
)
_LONGEST = 1 << 16  # Characters after which a sequence without an end is no longer waited for
_SYNC = 2026
_WRAP = 7
_ALTERNATE = (47, 1047, 1049)


class CellScreen(Cells):
    def __init__(self, rows: int, columns: int) -> None:
        super().__init__(rows, columns)
        self.version = 0  # Grows with every change of what is shown
        self._decoder = getincrementaldecoder("utf-8")("replace")
        self._rest = ""
        self._answers = bytearray()
        self._held: list[list[str]] | None = None

    # -- from outside

    @property
    def lines(self) -> list[str]:
        """The rows as a person sees them: between the two marks of a synchronised update, as before it."""
        return ["".join(row) for row in self._held or self._cells]

    def feed(self, data: bytes) -> None:
        text = self._rest + self._decoder.decode(data)
        at, end = 0, len(text)
        while at < end:
            token = _TOKEN.match(text, at)
            if token is None:
                if end - at <= _LONGEST:
                    break
                at += 1
                continue
            at = token.end()
            self._take(token)
        self._rest = text[at:]
        if self._held is None:
            self.version += 1

    def take_answers(self) -> bytes:
        answers = bytes(self._answers)
        self._answers.clear()
        return answers

    # -- tokens

    def _take(self, token: re.Match[str]) -> None:
        match token.lastgroup:
            case "text":
                self._write(token["text"])
            case "csi":
                self._csi(token)
            case "control":
                self._control(token["control"])
            case "escape":
                self._escape(token["escape"])

    def _control(self, character: str) -> None:
        match character:
            case "\r":
                self._x = 0
            case "\n":
                self._line_feed()
            case "\b":
                self._x = max(0, self._column - 1)
            case "\t":
                self._x = min(self.size[1] - 1, (self._x // 8 + 1) * 8)

    def _escape(self, what: str) -> None:
        match what:
            case "7":
                self._saved = self._y, self._x
            case "8":
                self._y, self._x = self._saved
            case "D":
                self._line_feed()
            case "E":
                self._control("\r")
                self._line_feed()
            case "M" if self._y == self._top:
                self._scroll(-1, self._top)
            case "M":
                self._y = max(0, self._y - 1)
            case "c":
                self._reset()

    def _csi(self, token: re.Match[str]) -> None:
        numbers = [int(each.partition(":")[0] or 0) for each in token["numbers"].split(";")]
        final, private, between = token["csi"], token["private"], token["between"]
        if private or between:
            if (private, between, final) == ("?", "$", "p"):
                support = 2 if numbers[0] == _SYNC else 0
                self._answers += b"\x1b[?%d;%d$y" % (numbers[0], support)
            elif (private, between) == ("?", "") and final in "hl":
                for number in numbers:
                    self._mode(number, final == "h")
            return
        if (act := _ACTS.get(final)) is not None:
            act(self, numbers)

    def _mode(self, number: int, on: bool) -> None:
        if number == _SYNC:
            self._held = [row[:] for row in self._cells] if on else None
        elif number == _WRAP:
            self._wraps = on
        elif number in _ALTERNATE:
            self._reset()

    # -- sequences; `numbers` as they came, 0 where one was left out

    def _place(self, row: int, column: int) -> None:
        self._y = max(0, min(self.size[0] - 1, row))
        self._x = max(0, min(self.size[1] - 1, column))

    def _position(self, numbers: Sequence[int]) -> None:
        row, column = [*numbers, 0][:2]
        self._place((row or 1) - 1, (column or 1) - 1)

    def _move(self, rows: int, columns: int) -> None:
        row = self._y + rows
        if self._top <= self._y <= self._bottom:
            row = max(self._top, min(self._bottom, row))
        self._place(row, self._column + columns)

    def _erase_in_line(self, numbers: Sequence[int]) -> None:
        x = self._column
        start, end = {0: (x, self.size[1]), 1: (0, x + 1)}.get(numbers[0], (0, self.size[1]))
        self._erase(self._y, start, end)

    def _erase_in_display(self, numbers: Sequence[int]) -> None:
        if numbers[0] < 2:
            self._erase_in_line(numbers)
        rows = {0: range(self._y + 1, self.size[0]), 1: range(self._y)}.get(numbers[0], range(self.size[0]))
        for row in rows:
            self._erase(row, 0, self.size[1])

    def _shift(self, count: int) -> None:
        x, columns = self._column, self.size[1]
        row = self._cells[self._y]
        self._halve(row, x, x)
        tail = [" "] * count + row[x:] if count > 0 else row[x - count :] + [" "] * -count
        row[x:] = (tail + [" "] * columns)[: columns - x]

    def _lines(self, count: int) -> None:
        if self._top <= self._y <= self._bottom:
            self._scroll(-count, self._y)
            self._x = 0

    def _margins(self, numbers: Sequence[int]) -> None:
        top, bottom = [*numbers, 0][:2]
        top, bottom = max(1, top) - 1, (min(bottom, self.size[0]) or self.size[0]) - 1
        if top < bottom:
            self._top, self._bottom = top, bottom
            self._place(0, 0)

    def _report(self, numbers: Sequence[int]) -> None:
        if numbers[0] == 6:
            self._answers += b"\x1b[%d;%dR" % (self._y + 1, self._column + 1)
        elif numbers[0] == 5:
            self._answers += b"\x1b[0n"
        elif numbers[0] == 0:
            self._answers += b"\x1b[?62;22c"


def _count(numbers: Sequence[int]) -> int:
    return numbers[0] or 1


_ACTS: dict[str, Callable[[CellScreen, Sequence[int]], None]] = {
    "A": lambda screen, n: screen._move(-_count(n), 0),
    "B": lambda screen, n: screen._move(_count(n), 0),
    "C": lambda screen, n: screen._move(0, _count(n)),
    "D": lambda screen, n: screen._move(0, -_count(n)),
    "E": lambda screen, n: screen._move(_count(n), -screen.size[1]),
    "F": lambda screen, n: screen._move(-_count(n), -screen.size[1]),
    "G": lambda screen, n: screen._place(screen._y, _count(n) - 1),
    "`": lambda screen, n: screen._place(screen._y, _count(n) - 1),
    "d": lambda screen, n: screen._place(_count(n) - 1, screen._column),
    "H": CellScreen._position,
    "f": CellScreen._position,
    "J": CellScreen._erase_in_display,
    "K": CellScreen._erase_in_line,
    "X": lambda screen, n: screen._erase(screen._y, screen._column, screen._column + _count(n)),
    "@": lambda screen, n: screen._shift(_count(n)),
    "P": lambda screen, n: screen._shift(-_count(n)),
    "L": lambda screen, n: screen._lines(_count(n)),
    "M": lambda screen, n: screen._lines(-_count(n)),
    "S": lambda screen, n: screen._scroll(_count(n), screen._top),
    "T": lambda screen, n: screen._scroll(-_count(n), screen._top),
    "b": lambda screen, n: screen._write(screen._last * _count(n)),
    "r": CellScreen._margins,
    "n": CellScreen._report,
    "c": CellScreen._report,
}
