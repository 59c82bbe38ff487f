"""A line to a terminal in made-up time: so many bytes a second, so far away, losing and delaying what a test says."""

import heapq
import re
from collections.abc import Callable
from itertools import count

from rich.segment import Segment
from rich.style import Style
from textual._compositor import LayoutUpdate
from textual.geometry import Region
from textual.strip import Strip

from tests.tui.terminal.cells.emulated import Emulator
from tui.terminal.cells.cell_output import CellOutput

_QUESTION = re.compile(rb"\x1b\[[56]n")
_MARGINS = b"\x1b[?69$p"
_NO_FRAME = re.compile(rb"(?:%b|%b)+" % (_QUESTION.pattern, re.escape(_MARGINS)))


class Call:
    def __init__(self, callback: Callable[[], object]) -> None:
        self.callback: Callable[[], object] | None = callback

    def cancel(self) -> None:
        self.callback = None


class MadeUpLoop:
    """Calls what was asked for in the order of its time; nothing waits."""

    def __init__(self) -> None:
        self.now = 1000.0
        self._calls: list[tuple[float, int, Call]] = []
        self._number = count()

    def time(self) -> float:
        return self.now

    def call_later(self, delay: float, callback: Callable[[], object]) -> Call:
        call = Call(callback)
        heapq.heappush(self._calls, (self.now + delay, next(self._number), call))
        return call

    def call_soon(self, callback: Callable[[], object]) -> Call:
        return self.call_later(0.0, callback)

    call_soon_threadsafe = call_soon

    def run(self, seconds: float) -> None:
        end = self.now + seconds
        while self._calls and self._calls[0][0] <= end:
            at, _number, call = heapq.heappop(self._calls)
            self.now = max(self.now, at)
            callback, call.callback = call.callback, None
            if callback is not None:
                callback()
        self.now = end

    @property
    def waiting(self) -> int:
        return sum(call.callback is not None for _at, _number, call in self._calls)


class Line:
    def __init__(
        self,
        loop: MadeUpLoop,
        width: int,
        height: int,
        *,
        rate: float = 1e9,
        distance: float = 0.001,
        mute: bool = False,
        has_margins: bool = False,
    ) -> None:
        """`rate` in bytes a second, `distance` in seconds each way; a `mute` terminal answers nothing.
        `has_margins`: it says that it can set left and right margins; another does not know the question."""
        self.has_margins = has_margins
        self.loop, self.rate, self.distance, self.mute = loop, rate, distance, mute
        self.terminal = Emulator(width, height)
        self.terminal.spoil()
        self.output: CellOutput | None = None
        self.sent: list[tuple[float, bytes]] = []
        self.lose: list[bool] = []  # Whether each of the next answers is lost
        self.is_busy = False
        self._free_at = 0.0
        self._waiting: list[Call] = []

    def send(self, data: bytes) -> None:
        """Take what is written; it is seen when the line has carried it."""
        self.sent.append((self.loop.now, data))
        self._free_at = max(self._free_at, self.loop.now) + len(data) / self.rate
        wait = self._free_at - self.loop.now + self.distance
        self._waiting.append(self.loop.call_later(wait, lambda: self._arrive(data)))

    def wake(self) -> None:
        """The terminal reads again: what lies in between comes at once."""
        waiting, self._waiting = self._waiting, []
        for call in waiting:
            if (arrive := call.callback) is not None:
                call.cancel()
                self.loop.call_soon(arrive)
        self._free_at = self.loop.now

    def _arrive(self, data: bytes) -> None:
        self.terminal.feed(data.decode())
        cursor = self.terminal.screen.cursor
        if self.has_margins and _MARGINS in data:
            self.loop.call_later(self.distance, lambda: self._answer("\x1b[?69;2$y"))
        for question in _QUESTION.findall(data):
            answer = "\x1b[0n" if question == b"\x1b[5n" else f"\x1b[{cursor.y + 1};{cursor.x + 1}R"
            lost = self.lose.pop(0) if self.lose else False
            if not self.mute and not lost:
                self.loop.call_later(self.distance, lambda answer=answer: self._answer(answer))  # type: ignore[misc]

    def _answer(self, answer: str) -> None:
        assert self.output.answers.consume(answer), "an answer that we asked for is never typed"

    @property
    def frames(self) -> list[float]:
        return [at for at, data in self.sent if not _NO_FRAME.fullmatch(data)]

    @property
    def questions(self) -> int:
        return sum(len(_QUESTION.findall(data)) for _at, data in self.sent)


def screen_of(lines: list[str], width: int) -> LayoutUpdate:
    """What Textual's compositor makes of a screen with these lines."""
    style = Style(color="red", bgcolor="blue")
    strips = [[Strip([Segment(line[:width].ljust(width), style)])] for line in lines]
    return LayoutUpdate(strips, Region(0, 0, width, len(lines)))  # type: ignore[arg-type]
