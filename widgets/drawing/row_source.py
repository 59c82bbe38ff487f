from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from widgets.drawing.lines import Line, width_of


@dataclass(frozen=True, slots=True)
class Row:
    """One row; a heading cannot be selected and spans the table."""

    key: str
    cells: tuple[Line, ...]
    heading: bool = False
    whole: bool = False
    """Its only cell spans the table, but it can be selected."""


class RowSource(Protocol):
    @property
    def keys(self) -> Sequence[str]: ...

    def row(self, place: int) -> Row: ...

    def is_heading(self, place: int) -> bool: ...

    def measured(self) -> Iterable[Row]: ...

    def has_grown(self) -> bool: ...


class ListedRows:
    def __init__(self, rows: Sequence[Row] = ()) -> None:
        self.rows = tuple(rows)
        self.keys = [row.key for row in self.rows]

    def row(self, place: int) -> Row:
        return self.rows[place]

    def is_heading(self, place: int) -> bool:
        return self.rows[place].heading

    def measured(self) -> Iterable[Row]:
        return self.rows

    def has_grown(self) -> bool:
        return False


class MadeRows:
    """Rows that are made when they are asked for; the widest cells so far give the columns' widths."""

    def __init__(self) -> None:
        self._rows: dict[int, Row] = {}
        self._widest: list[Line] = []
        self._sizes: list[int] = []  # The widths of the widest cells
        self._has_grown = False

    def measured(self) -> Iterable[Row]:
        return [Row("", tuple(self._widest))] if self._widest else []

    def has_grown(self) -> bool:
        has_grown, self._has_grown = self._has_grown, False
        return has_grown

    def _measure(self, row: Row) -> None:
        if row.heading or row.whole:
            return
        if not self._widest:
            self._widest = [[] for _cell in row.cells]
            self._sizes = [-1 for _cell in row.cells]
        for column, cell in enumerate(row.cells):
            size = width_of(cell)
            if size > self._sizes[column]:
                self._widest[column], self._sizes[column] = cell, size
                self._has_grown = True
