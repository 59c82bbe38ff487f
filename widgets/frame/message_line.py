"""The message line: one message to the operator, in the row above the footer. A low terminal has no row to
spare, so there the message stands in the footer's place for as long as it lasts. A higher one keeps a row
free for it, and a long message takes the footer's row as well. Nothing moves."""

import re
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from rich.cells import cell_len
from textual.events import Resize
from textual.reactive import reactive

from services.models.glyphs import ABNORMAL, ATTENTION, RUNNING
from widgets.drawing.format import ELLIPSIS, crop, wrap, wrap_at
from widgets.drawing.lines import Line, LineWidget, Span

if TYPE_CHECKING:
    from textual.notifications import SeverityLevel

LOW = 24  # Rows of the highest terminal in which the message takes the footer's place
MOST_ROWS = 2
_PATH = re.compile(r"~?/[^\s/]+(?:/[^\s/]+)+")


@dataclass(frozen=True, slots=True)
class LineMessage:
    """One message; two with the same words are different messages."""

    text: str
    severity: "SeverityLevel" = "information"
    matter: str = ""
    """What the message is about for as long as it is true; "" for a message that goes after its reading time."""
    at: datetime | None = None
    seconds: float | None = None  # How long it is shown; None for its reading time
    id: object = field(default_factory=object, repr=False)

    @property
    def mark(self) -> Span:
        if self.severity == "error":
            return ABNORMAL, "bad"
        if self.severity == "warning":
            return ATTENTION, "warn"
        return (RUNNING if self.matter else "", "mark")


def message_rows(text: str, width: int, rows: int) -> list[str]:
    """`text` in at most `rows` rows of `width` cells; if it does not fit, a path loses its middle, then the text its end."""
    text = text.replace("\n", " ")
    form = text
    for form in _forms(text, width * rows):
        if len(lines := wrap(form, width)) <= rows:
            return lines
    lines_at = list(wrap_at(form, width))
    at, _line = lines_at[rows - 1]
    return [*(line for _at, line in lines_at[: rows - 1]), crop(form[at:], width)]


def path_in(text: str) -> str:
    """The longest path of a file in `text`; "" without one."""
    return max(_PATH.findall(text), key=cell_len, default="")


def _forms(text: str, most: int) -> Iterator[str]:
    """The text, then with ever fewer of the folders in its longest path, beginning with the first of `most` cells."""
    yield text
    path = path_in(text)
    head, *folders = path.split("/")

    def without(first: int) -> str:
        return text.replace(path, "/".join([head, ELLIPSIS, *folders[first:]]))

    # A path may have thousands of folders, most of which cannot fit.
    numbers = range(2, len(folders))
    fewest = bisect_left(numbers, True, key=lambda first: cell_len(without(first)) <= most)
    yield from map(without, numbers[fewest:] or numbers[-1:])


class MessageLine(LineWidget):
    """Shows the console's message; invisible without one, so that what lies below shows through."""

    DEFAULT_CSS = """
    MessageLine {
        dock: bottom; height: 1; padding: 0 1; background: $panel; visibility: hidden;
        &.-roomy { margin-bottom: 1; }
        &.-roomy.-long { margin-bottom: 0; height: 2; }
    }
    """

    message: reactive[LineMessage | None] = reactive(None, repaint=False)

    def fit_height(self, terminal: int) -> None:
        self.set_class(terminal > LOW, "-roomy")
        self._measure()

    def on_resize(self, event: Resize) -> None:
        self._measure()

    def watch_message(self, message: LineMessage | None) -> None:
        self.visible = message is not None
        self._measure()
        self.redraw()

    def draw(self, width: int, height: int) -> list[Line]:
        if self.message is None:
            return []
        mark, role = self.message.mark
        lead = cell_len(mark) + 1 if mark else 0
        rows = self._rows(width)
        heads: list[Span] = [(f"{mark} ", role) if mark else ("", ""), *[(" " * lead, "")] * len(rows)]
        words = role if self.message.severity == "error" else ""
        return [[head, (row, words)] for head, row in zip(heads, rows, strict=False)]

    def _rows(self, width: int) -> list[str]:
        if self.message is None:
            return []
        mark = self.message.mark[0]
        most = MOST_ROWS if self.has_class("-roomy") else 1
        return message_rows(self.message.text, max(4, width - (cell_len(mark) + 1 if mark else 0)), most)

    def _measure(self) -> None:
        if self.is_mounted:
            self.set_class(len(self._rows(self.screen.size.width - 2)) > 1, "-long")
