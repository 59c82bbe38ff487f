from widgets.logs.drawing.lines import LogLines

MINUTE = 60_000  # Milliseconds


class SearchTarget:
    """Marked at once, and brought into view as soon as its lines are there."""

    def __init__(self, lines: LogLines) -> None:
        self._lines = lines
        self._at: int | None = None  # Epoch milliseconds; None when nothing is brought into view any more

    @property
    def at(self) -> int | None:
        """What is being brought into view, epoch milliseconds; None once the reader moved elsewhere."""
        return self._at

    def go_to(self, at: int, *, minute: bool = False) -> int:
        """Mark `at` (epoch milliseconds), or the whole minute that it is in; return what is marked."""
        self._at = at - at % MINUTE if minute else at
        self._lines.mark(self._at, MINUTE if minute else 1)
        self.seek()
        return self._at

    def seek(self) -> None:
        if self._at is None:
            return
        view = self._lines.view
        row = view.visible.at_or_after(view.store.row_at(self._at))
        if row is not None:
            self._lines.go_row(row)

    def drop(self) -> None:
        """Bring it into view no longer: the reader moved elsewhere."""
        self._at = None

    @property
    def marked(self) -> bool:
        return self._lines.rules.marked_at is not None

    def clear(self) -> None:
        self.drop()
        self._lines.mark(None)
