"""The capabilities of reading that a log pane has, each an object of its own, and their keys' actions."""

from collections.abc import Callable, Coroutine
from typing import Any, Protocol

from textual.message import Message

from services.i18n import _
from widgets.logs.drawing.lines import LogLines
from widgets.logs.reading.filtering import Filtering
from widgets.logs.reading.highlights import Highlights
from widgets.logs.reading.levels import go_level
from widgets.logs.reading.marks import Marks
from widgets.logs.reading.pattern_counts import PatternCounts
from widgets.logs.reading.ruler import Ruler
from widgets.logs.reading.searching import Searching
from widgets.logs.reading.target import Target


class Remark(Message):
    """Why a key had no effect, or where it went on, for the line of messages."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text


class Reader(Protocol):
    """The pane, as the capabilities see it."""

    lines: LogLines

    def run_exclusive(self, work: Coroutine[Any, Any, None], group: str) -> None:
        """Run a worker in place of the one of the same group."""

    def update_view(self) -> None:
        """Draw the lines anew."""

    def post_message(self, message: Message) -> bool:
        """Send it to the screen."""

    def go_row(self, row: int | None) -> None:
        """Go to the line at a store row; None stays."""

    def go_to(self, at: int) -> None:
        """Load and show a time (epoch milliseconds)."""


class Reading:
    """What a reader can do in one pane."""

    def __init__(self, pane: Reader) -> None:
        lines = pane.lines
        view = lines.view
        self._pane = pane
        self.marks = Marks(view, lines.redraw)
        lines.rules.note_of = self.marks.note_of
        self.target = Target(lines)
        self.search = Searching(lines, pane.run_exclusive, pane.update_view, pane.go_row, self._remark)
        self.filters = Filtering(view, pane.run_exclusive, pane.update_view)
        self.patterns = PatternCounts(view)
        self.highlights = Highlights(lines.show_terms)
        self.ruler = Ruler(lines, pane.go_row, pane.go_to)
        self._actions: dict[str, Callable[[int], object]] = {
            "match": self.search.step,
            "error": lambda steps: self._go_level("error", steps),
            "warning": lambda steps: self._go_level("warning", steps),
            "bar": self.ruler.step,
            "mark": self._go_mark,
            "context": self._widen,
            "highlight": lambda _steps: self._keep_highlighted(),
        }

    def do(self, action: str, steps: int) -> None:
        """Go to the next or previous `match`, `error`, `warning`, `bar` or `mark`; change `context` or `highlight`."""
        self._actions[action](steps)

    def _go_level(self, name: str, steps: int) -> None:
        work = go_level(self._pane.lines, name, steps, self._pane.go_row, self._remark)
        self._pane.run_exclusive(work, "log-level")

    def _remark(self, text: str) -> None:
        self._pane.post_message(Remark(text))

    def _widen(self, steps: int) -> None:
        if not self.filters.wanted.hides:
            self._remark(_("no lines are hidden here: f filters, L chooses a level"))
            return
        self.filters.widen(steps)

    def _go_mark(self, steps: int) -> None:
        row = self._pane.lines.position
        self._pane.go_row(self.marks.after(row) if steps > 0 else self.marks.before(row))

    def _keep_highlighted(self) -> None:
        """Keep the searched text highlighted, or no longer."""
        if self.search.query is None:
            self._remark(_("nothing is searched: / searches"))
        else:
            self.highlights.toggle(self.search.query)
