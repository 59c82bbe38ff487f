"""Searching in a log pane: the query, its matches, going from one to the next."""

from collections.abc import Callable, Coroutine
from typing import Any

from services.i18n import _
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
        remark: Callable[[str], None],
    ) -> None:
        """`run` runs a worker in a group; `changed` draws anew; `go` shows the line at a store row; `remark` says."""
        self._pending: Query | None = None
        """Whose matches are being computed; None if none are."""
        self._lines = lines
        self._view = lines.view
        self._run = run
        self._changed = changed
        self._go = go
        self._remark = remark

    @property
    def query(self) -> Query | None:
        """What is searched; None without a search."""
        return self._view.query

    @property
    def running(self) -> bool:
        """Whether the matches are being computed."""
        return self._pending is not None

    def start(self, query: Query | None) -> None:
        """Search `query` from where the reader is; None ends the search."""
        self._pending = query
        self._changed()
        self._run(self._search(query), "log-search")

    async def _search(self, query: Query | None) -> None:
        try:
            await self._view.search(query)
        finally:
            if self._pending is query:  # else another search has begun meanwhile
                self._pending = None
        if query is not None:
            # Backwards from the end while following, else forwards from the reader.
            follow = self._lines.scroller.follow
            self._go(self._view.match_near(None if follow else self._lines.position))
        self._changed()

    def step(self, steps: int) -> None:
        """Go to the next match, from the newest to the oldest; or to the previous one."""
        if self.query is None:
            self._remark(_("nothing is searched: / searches"))
            return
        view, row = self._view, self._lines.position
        match = view.match_after(row) if steps > 0 else view.match_before(row)
        if match is not None and (match - row) * steps <= 0:
            self._remark(around(steps))
        self._go(match)


def around(steps: int) -> str:
    """That a step went around the end."""
    return _("past the newest: on from the oldest") if steps > 0 else _("past the oldest: on from the newest")
