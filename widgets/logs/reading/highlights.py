"""Terms that stay highlighted in a log pane, each in a colour of its own, beside the search."""

from collections.abc import Callable

from widgets.logs.drawing.styles import TERM_STYLES
from widgets.logs.text.search import Query


class Highlights:
    """At most as many terms as there are styles; the oldest makes room."""

    def __init__(self, show: Callable[[tuple[tuple[Query, str], ...]], None]) -> None:
        """`show` gets the terms with the names of their styles."""
        self._show = show
        self._styles: dict[Query, str] = {}

    @property
    def terms(self) -> tuple[tuple[Query, str], ...]:
        """The terms with the names of their styles, the oldest first."""
        return tuple(self._styles.items())

    def toggle(self, query: Query) -> bool:
        """Keep a term highlighted, or no longer; returns whether it is now."""
        if query in self._styles:
            self.remove(query)
            return False
        if len(self._styles) == len(TERM_STYLES):
            del self._styles[next(iter(self._styles))]
        free = [style for style in TERM_STYLES if style not in self._styles.values()]
        self._styles[query] = free[0]
        self._show(self.terms)
        return True

    def remove(self, query: Query) -> None:
        """Highlight a term no longer."""
        if self._styles.pop(query, None) is not None:
            self._show(self.terms)
