"""One time for all panes: where the cursor of the active pane is, the others show the same moment."""

from collections.abc import Callable, Collection

from widgets.logs.pane.pane import LogPane


class OneTime:
    """Moves the mark line of the shared cursor, and the panes along with it."""

    def __init__(self, panes: Callable[[], Collection[LogPane]]) -> None:
        self._panes = panes
        self.together = True
        """Whether the other panes scroll to the moment; otherwise only their mark line moves."""
        self._led: set[LogPane] = set()
        """Panes that were moved along and have not moved by themselves since."""

    def moved(self, source: LogPane, at: int) -> None:
        """The reader moved in `source` to the line of the time `at` (epoch milliseconds), or of the one asked for."""
        at = at if source.target.at is None else source.target.at
        self._led &= set(self._panes())
        self._led.discard(source)
        source.set_time_mark(None)
        if source.lines.scroller.follow:
            self._follow(source)
            return
        for pane in self._panes():
            if pane is not source:
                pane.set_time_mark(at)
                if self.together and pane.target.at != at:
                    self._lead(pane, at)

    def go_to(self, source: LogPane, at: int, *, minute: bool) -> None:
        """The reader chose a time in `source`: the others go there, too."""
        for pane in self._panes():
            if pane is not source:
                pane.go_to(at, minute=minute)

    def toggle(self, source: LogPane | None) -> bool:
        """Let the panes scroll together, or no longer; returns whether they do now."""
        self.together = not self.together
        if self.together and source is not None and not source.lines.scroller.follow:
            row = source.lines.position
            if row >= source.store.first:
                self.moved(source, source.store.time_at(row))
        return self.together

    def _lead(self, pane: LogPane, at: int) -> None:
        """Bring the moment into view: the first line of it or later, else the newest."""
        visible, store = pane.view.visible, pane.store
        row = visible.at_or_after(store.row_at(at))
        if row is None and pane.lines.scroller.follow:
            return  # nothing is as late as that: the newest line is in view already
        row = visible.at_or_before(store.end - 1) if row is None else row
        if row is not None:
            self._led.add(pane)
            pane.target.drop()
            pane.lines.go_row(row)

    def _follow(self, source: LogPane) -> None:
        """The reader follows again: so do the panes that were only moved along."""
        for pane in self._panes():
            pane.set_time_mark(None)
            if pane is not source and pane in self._led and not pane.paused:
                pane.action_go_end()
        self._led.clear()
