from collections.abc import Callable
from typing import NamedTuple

from textual.app import ComposeResult
from textual.containers import Container, Vertical

from widgets.changes.list import ChangeList
from widgets.changes.live_state import LiveStatePanel
from widgets.changes.load import LEAST_ROWS, TargetLoadPanel
from widgets.changes.run.table import RunTable

_WIDE = 100  # Cells from which the two columns share the width
_LEAST_OFFERS = 8
_LEAST_RUNS = 4  # Rows of the table of changes: its head, and the words for an empty one
_RUNS_WITHOUT_LOAD = 6
_FRAME = 2  # Rows of a table's two heads


class TargetRows(NamedTuple):
    offers: int  # What can be changed, and its state in AWS
    load: int  # The target's last hour; 0 where there is no room for it
    runs: int  # The changes made


def divide(height: int, facts: int, runs: int, *, has_load: bool = True) -> TargetRows:
    """Divide `height` rows between `facts` rows of state, the last hour, and `runs` changes that were made.
    The state first; then the table, at most half of the rest; then the charts."""
    offers = max(_LEAST_OFFERS, facts + 1)
    rest = height - offers
    table = min(max(_LEAST_RUNS, runs + _FRAME), max(_LEAST_RUNS, rest // 2))
    if has_load and rest - table >= LEAST_ROWS:
        return TargetRows(offers, rest - table, table)
    few = max(_LEAST_RUNS, min(_RUNS_WITHOUT_LOAD, runs + _FRAME, height - _LEAST_OFFERS))
    table = max(few, rest)
    return TargetRows(max(1, height - table), 0, table)


class ScreenParts(Vertical):
    """What can be changed beside its state, the last hour, the changes made; `arranged` follows every division."""

    DEFAULT_CSS = """
    ScreenParts { height: 1fr; }
    ScreenParts > #offers { layout: grid; grid-size: 2 1; grid-columns: 2fr 3fr; height: 1fr; }
    ScreenParts.-narrow > #offers { grid-columns: 32 1fr; }
    """

    def __init__(
        self,
        changes: ChangeList,
        live: LiveStatePanel,
        load: TargetLoadPanel,
        runs: RunTable,
        arranged: Callable[[], None],
    ) -> None:
        super().__init__()
        self._changes, self._live, self._load, self._runs = changes, live, load, runs
        self._arranged = arranged
        self._offers = Container(changes, live, id="offers")
        self._load.display = False

    def compose(self) -> ComposeResult:
        yield self._offers
        yield self._load
        yield self._runs

    def on_resize(self) -> None:
        self.set_class(self.size.width < _WIDE, "-narrow")
        self.call_after_refresh(self.give_rows)

    def give_rows(self) -> None:
        """Give every part its rows; the last hour only where there is room for it and a metric to draw."""
        if not self.size.height:
            return
        offer = self._changes.offer_at_cursor()
        facts = max(self._live.natural_height(), len(self._changes.table.rows) + 1)
        rows = divide(
            self.size.height,
            facts,
            len(self._runs.requests) + len(self._runs.runs),
            has_load=offer is not None and offer.has_load,
        )
        for part, height in zip((self._offers, self._load, self._runs), rows, strict=True):
            part.display = height > 0
            part.styles.height = height
        self._arranged()
