"""What the reader sees of a store: a severity threshold hides lines, a search marks them."""

from collections.abc import Sequence

from services.models.logs import Severity
from widgets.logs.chunk import Chunk
from widgets.logs.rows import Rows
from widgets.logs.search import Query
from widgets.logs.severity import at_least
from widgets.logs.store import LogStore


class LogView:
    """The rows shown and the rows found, for one threshold and one query."""

    def __init__(self, store: LogStore) -> None:
        self.store = store
        self.threshold = Severity.PLAIN
        self.query: Query | None = None
        self.shown = self.rows_for(Severity.PLAIN)
        self.found = self.hits_for(None)

    def rows_for(self, threshold: Severity) -> Rows:
        """The rows that `threshold` would leave; `prepare` them before `show`."""
        if threshold is Severity.PLAIN:
            return Rows(self.store, "shown", None, lambda chunk: range(len(chunk)))
        return Rows(self.store, "shown", threshold, lambda chunk: at_least(chunk.lines(), threshold))

    def hits_for(self, query: Query | None) -> Rows:
        """The rows shown now that `query` would find; `prepare` them before `search`."""
        shown, threshold = self.shown, self.threshold

        def pick(chunk: Chunk) -> Sequence[int]:
            if query is None:
                return ()
            hits = query.lines_in(chunk.text)
            if threshold is Severity.PLAIN:
                return hits
            visible = set(shown.within(chunk))
            return [hit for hit in hits if hit in visible]

        return Rows(self.store, "found", (query, threshold), pick)

    async def show(self, threshold: Severity) -> None:
        """Hide what is below `threshold`; takes effect when all is ready."""
        rows = self.rows_for(threshold)
        await rows.prepare()
        self.threshold, self.shown = threshold, rows
        self.found = self.hits_for(self.query)
        await self.found.prepare()

    async def search(self, query: Query | None) -> None:
        """Mark what `query` finds; takes effect when all is ready."""
        rows = self.hits_for(query)
        await rows.prepare()
        self.query, self.found = query, rows

    def match_near(self, row: int | None) -> int | None:
        """The first match from `row` on, else the newest one; the newest one, too, where `row` is None."""
        match = self.found.at_or_after(row) if row is not None else None
        return match if match is not None else self.found.at_or_before(self.store.end - 1)

    def match_after(self, row: int) -> int | None:
        """The next match after `row`; after the newest one, the oldest."""
        match = self.found.at_or_after(row + 1)
        return match if match is not None else self.found.at_or_after(self.store.first)

    def match_before(self, row: int) -> int | None:
        """The match before `row`; before the oldest one, the newest."""
        match = self.found.at_or_before(row - 1)
        return match if match is not None else self.found.at_or_before(self.store.end - 1)
