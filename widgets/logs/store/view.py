"""A view of a log store: a severity threshold hides lines, a search marks them."""

from collections.abc import Sequence

from services.models.logs import Severity
from widgets.logs.store.line_chunk import Chunk
from widgets.logs.store.row_subsets import AllRows, Rows
from widgets.logs.store.store import LogStore
from widgets.logs.text.search import Query
from widgets.logs.text.severity import at_least


class LogView:
    """The visible rows and the matches, for one threshold and one query."""

    def __init__(self, store: LogStore) -> None:
        self.store = store
        self.threshold = Severity.PLAIN
        self.query: Query | None = None
        self.visible = self.rows_for(Severity.PLAIN)
        self.matches = self.matches_for(None)

    def rows_for(self, threshold: Severity) -> Rows:
        """The rows at `threshold` or worse."""
        if threshold is Severity.PLAIN:
            return AllRows(self.store)
        return Rows(self.store, "visible", threshold, lambda chunk: at_least(chunk.lines(), threshold))

    def matches_for(self, query: Query | None) -> Rows:
        """The visible rows that match `query`."""
        visible, threshold = self.visible, self.threshold

        def pick(chunk: Chunk) -> Sequence[int]:
            if query is None:
                return ()
            indexes = query.lines_in(chunk.text)
            if threshold is Severity.PLAIN:
                return indexes
            visible_indexes = set(visible.within(chunk))
            return [index for index in indexes if index in visible_indexes]

        return Rows(self.store, "matches", (query, threshold), pick)

    async def show(self, threshold: Severity) -> None:
        """Hide what is below `threshold`; takes effect when the rows are computed."""
        rows = self.rows_for(threshold)
        await rows.prepare()
        self.threshold, self.visible = threshold, rows
        self.matches = self.matches_for(self.query)
        await self.matches.prepare()

    async def search(self, query: Query | None) -> None:
        """Mark what matches `query`; takes effect when the rows are computed."""
        rows = self.matches_for(query)
        await rows.prepare()
        self.query, self.matches = query, rows

    def match_near(self, row: int | None) -> int | None:
        """The first match from `row` on, else the newest one; the newest one if `row` is None."""
        match = self.matches.at_or_after(row) if row is not None else None
        return match if match is not None else self.matches.at_or_before(self.store.end - 1)

    def match_after(self, row: int) -> int | None:
        """The next match after `row`; after the newest one, the oldest."""
        match = self.matches.at_or_after(row + 1)
        return match if match is not None else self.matches.at_or_after(self.store.first)

    def match_before(self, row: int) -> int | None:
        """The match before `row`; before the oldest one, the newest."""
        match = self.matches.at_or_before(row - 1)
        return match if match is not None else self.matches.at_or_before(self.store.end - 1)
