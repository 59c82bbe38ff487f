from collections.abc import Callable, Sequence

from services.models.logs import Severity
from widgets.logs.store.line_chunk import Chunk
from widgets.logs.store.row_subsets import AllRows, RowSubset
from widgets.logs.store.shown import ContextRows, Shown
from widgets.logs.store.store import LogStore
from widgets.logs.text.search import SearchQuery, SlowQuery

Pick = Callable[[Chunk], Sequence[int]]


class LogView:
    def __init__(self, store: LogStore) -> None:
        self.store = store
        self.shown = Shown()
        self.query: SearchQuery | None = None
        self.slow = ""
        """The text of a regular expression that was given up, because it took too long; "" if none was."""
        self.hits = self._hits(self.shown)  # The visible rows without the context around them
        self.visible = self.hits
        self.matches = self.matches_for(None)

    @property
    def threshold(self) -> Severity:
        return self.shown.threshold

    def _hits(self, shown: Shown) -> RowSubset:
        if not shown.hides:
            return AllRows(self.store)
        return RowSubset(self.store, "visible", shown.key, self._guarded(shown.pick))

    def _guarded(self, pick: Pick) -> Pick:
        def pick_in_time(chunk: Chunk) -> Sequence[int]:
            try:
                return pick(chunk) if self.slow == "" else ()
            except SlowQuery as error:
                self.slow = error.text
                return ()

        return pick_in_time

    def matches_for(self, query: SearchQuery | None) -> RowSubset:
        visible, hides = self.visible, self.shown.hides

        def pick(chunk: Chunk) -> Sequence[int]:
            if query is None:
                return ()
            indexes = query.lines_in(chunk.text)
            if not hides:
                return indexes
            visible_indexes = set(visible.within(chunk))
            return [index for index in indexes if index in visible_indexes]

        return RowSubset(self.store, "matches", (query, self.shown), self._guarded(pick))

    async def show(self, shown: Shown) -> None:
        """Show another choice of lines; takes effect when the rows are computed."""
        self.slow = ""
        hits = self._hits(shown)
        await hits.prepare()
        visible = ContextRows(self.store, hits, shown.context) if shown.hides and shown.context else hits
        await visible.prepare()
        self.shown, self.hits, self.visible = shown, hits, visible
        self.matches = self.matches_for(self.query)
        await self.matches.prepare()

    async def search(self, query: SearchQuery | None) -> None:
        """Mark what matches `query`; takes effect when the rows are computed."""
        self.slow = ""
        await self.matches_for(query).prepare()
        # Other lines may be shown by now; of the same ones the chunks have the matches.
        self.query, self.matches = query, self.matches_for(query)

    def match_near(self, row: int | None) -> int | None:
        match = self.matches.at_or_after(row) if row is not None else None
        return match if match is not None else self.matches.at_or_before(self.store.end - 1)

    def match_after(self, row: int) -> int | None:
        match = self.matches.at_or_after(row + 1)
        return match if match is not None else self.matches.at_or_after(self.store.first)

    def match_before(self, row: int) -> int | None:
        match = self.matches.at_or_before(row - 1)
        return match if match is not None else self.matches.at_or_before(self.store.end - 1)
