"""Filtering in a log pane, here and not by AWS: levels, lines that match or do not, the lines around them."""

from collections.abc import Callable, Coroutine
from dataclasses import replace
from typing import Any

from services.models.logs import Severity
from widgets.logs.store.shown import LineFilter, LineQuery, Shown
from widgets.logs.store.view import LogView

CONTEXTS = (0, 1, 2, 3, 5, 10, 20, 50)
"""Lines around a filtered one, from step to step."""


class Filtering:
    """Changes what the view shows; a change takes effect when its rows are computed, in slices."""

    def __init__(
        self,
        view: LogView,
        run: Callable[[Coroutine[Any, Any, None], str], object],
        changed: Callable[[], None],
    ) -> None:
        """`run` runs a worker in a group; `changed` draws anew."""
        self._view = view
        self._run = run
        self._changed = changed
        self._wanted = view.shown
        """What is shown once the rows are computed."""

    @property
    def wanted(self) -> Shown:
        """What is shown, or will be in a moment."""
        return self._wanted

    def show_from(self, threshold: Severity) -> None:
        """Hide what is less severe; PLAIN shows all lines."""
        self._show(replace(self._wanted, threshold=threshold))

    def add(self, query: LineQuery, *, hides: bool) -> None:
        """Show only what matches, or hide it; the same query again takes the place of the earlier one."""
        others = tuple(each for each in self._wanted.filters if each.query != query)
        self._show(replace(self._wanted, filters=(*others, LineFilter(query, hides))))

    def toggle(self, index: int) -> None:
        """Switch a filter off or on."""
        filters = list(self._wanted.filters)
        filters[index] = replace(filters[index], is_on=not filters[index].is_on)
        self._show(replace(self._wanted, filters=tuple(filters)))

    def remove(self, index: int = -1) -> None:
        """Remove a filter, the newest by default."""
        filters = list(self._wanted.filters)
        del filters[index]
        self._show(replace(self._wanted, filters=tuple(filters)))

    def widen(self, steps: int) -> None:
        """Show more or fewer lines around each line that threshold and filters leave."""
        place = CONTEXTS.index(self._wanted.context) + steps
        self._show(replace(self._wanted, context=CONTEXTS[max(0, min(place, len(CONTEXTS) - 1))]))

    def _show(self, shown: Shown) -> None:
        self._wanted = shown
        self._run(self._apply(shown), "log-filter")

    async def _apply(self, shown: Shown) -> None:
        await self._view.show(shown)
        self._changed()
