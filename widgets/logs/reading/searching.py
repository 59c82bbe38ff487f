"""Searching in a log pane: the query, its matches, going from one to the next."""

from collections.abc import Callable, Coroutine
from typing import Any

from widgets.logs.drawing.lines import LogLines
from widgets.logs.text.search import Query


class Searching:
    """Marks the lines that match a query; hides none."""

    def __init__(
        self,
        lines: LogLines,
        run: Callable[[Coroutine[Any, Any, None], str], object],
        changed: Callable[[], None],
        go: Callable[[int | None], None],
    ) -> None:
        """`run` runs a worker in a group; `changed` draws anew; `go` shows the line at a store row."""
        self.running = False
        """Whether the matches are being computed."""
        self._lines = lines
        self._view = lines.view
        self._run = run
        self._changed = changed
        self._go = go

    @property
    def query(self) -> Query | None:
        """What is searched; None without a search."""
        return self._view.query

    def start(self, query: Query | None) -> None:
        """Search `query` from where the reader is; None ends the search."""
        self.running = query is not None
        self._changed()
        self._run(self._search(query), "log-search")

    async def _search(self, query: Query | None) -> None:
        try:
            await self._view.search(query)
        finally:
            self.running = False
        if query is not None:
            # Backwards from the end while following, else forwards from the reader.
            follow = self._lines.scroller.follow
            self._go(self._view.match_near(None if follow else self._lines.position))
        self._changed()

    def step(self, steps: int) -> None:
        """Go to the next match, from the newest to the oldest; or to the previous one."""
        view, row = self._view, self._lines.position
        self._go(view.match_after(row) if steps > 0 else view.match_before(row))
