from collections.abc import Callable

from widgets.logs.drawing.lines import LogLines


class Movement:
    def __init__(self, lines: LogLines, report: Callable[[int], object]) -> None:
        """`report` gets the time of the reader's line, epoch milliseconds."""
        self._lines = lines
        self._report = report
        self._at: int | None = None

    def note(self) -> bool:
        """Note a move; False without the focus, because the pane was moved along with another one."""
        row, store = self._lines.position, self._lines.view.store
        if not self._lines.has_focus or row < store.first:
            return False
        self._at = store.time_at(row)
        return True

    def report(self) -> None:
        at, self._at = self._at, None
        if at is not None:
            self._report(at)
