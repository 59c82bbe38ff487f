from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256

from widgets.logs.drawing.scroll import Anchor
from widgets.logs.store.view import LogView


@dataclass(frozen=True)
class LineMark:
    at: int  # Event time, epoch milliseconds
    stream: str
    text: str
    note: str = ""
    digest: str = ""  # `digest_of` the line's text where `text` is not exactly it, because secrets are masked

    def is_of(self, stream: str, text: str) -> bool:
        if stream != self.stream:
            return False
        return digest_of(text) == self.digest if self.digest else text == self.text


def digest_of(text: str) -> str:
    return sha256(text.encode("utf-8", "replace")).hexdigest()[:16]


class Marks:
    """The marks of one pane, by the ids of their lines. A mark whose line is not held (restored from an
    earlier session, dropped, or read again with another filter) waits for a line of the same time, stream and
    text."""

    def __init__(self, view: LogView, changed: Callable[[], None]) -> None:
        self._view = view
        self._store = view.store
        self._changed = changed
        self._placed: dict[int, tuple[LineMark, Anchor]] = {}
        self._waiting: list[LineMark] = []
        self._dropped = 0  # The store's count of dropped lines when the marks were last looked over

    def __len__(self) -> int:
        return len(self._placed) + len(self._waiting)

    @property
    def all(self) -> tuple[LineMark, ...]:
        marks = [mark for mark, _anchor in self._placed.values()]
        return tuple(sorted([*marks, *self._waiting], key=lambda mark: mark.at))

    def note_of(self, line_id: int) -> str | None:
        entry = self._placed.get(line_id)
        return None if entry is None else entry[0].note

    def put(self, row: int, note: str = "") -> LineMark:
        mark = self._put(row, note)
        self._changed()
        return mark

    def remove(self, line_id: int) -> None:
        if self._placed.pop(line_id, None) is not None:
            self._changed()

    def toggle(self, row: int, note: str = "") -> bool:
        line_id = self._store.id_at(row)
        if line_id in self._placed:
            self.remove(line_id)
            return False
        self.put(row, note)
        return True

    def restore(self, marks: Sequence[LineMark]) -> None:
        self._placed.clear()
        self._waiting = list(marks)
        self.place()
        self._changed()

    def unplace(self) -> None:
        """Wait for all lines anew: the store was cleared."""
        self._waiting += [mark for mark, _anchor in self._placed.values()]
        self._placed.clear()

    def place(self) -> None:
        """Look for the lines of the marks that wait; cheap when none does."""
        if self._store.dropped != self._dropped:
            self._dropped = self._store.dropped
            for line_id in [each for each, (_mark, anchor) in self._placed.items() if anchor.row is None]:
                self._waiting.append(self._placed.pop(line_id)[0])
        if not self._waiting or not len(self._store):
            return
        waiting = [mark for mark in self._waiting if not self._place(mark)]
        if len(waiting) < len(self._waiting):
            self._waiting = waiting
            self._changed()

    def _put(self, row: int, note: str) -> LineMark:
        line, anchor = self._store.line(row), Anchor(self._view)
        anchor.set(row)
        mark = LineMark(line.at, line.stream, line.text, note)
        self._placed[line.id] = mark, anchor
        return mark

    def _place(self, mark: LineMark) -> bool:
        row = max(self._store.row_at(mark.at), self._store.first)
        while row < self._store.end and self._store.time_at(row) == mark.at:
            line = self._store.line(row)
            if mark.is_of(line.stream, line.text) and line.id not in self._placed:
                self._put(row, mark.note)
                return True
            row += 1
        return False

    def rows(self) -> list[int]:
        return sorted(anchor.row for _mark, anchor in self._placed.values() if anchor.row is not None)

    def after(self, row: int) -> int | None:
        rows = self.rows()
        return next((each for each in rows if each > row), rows[0] if rows else None)

    def before(self, row: int) -> int | None:
        rows = self.rows()
        return next((each for each in reversed(rows) if each < row), rows[-1] if rows else None)
