"""The numbers between which all entries of a span of time lie, so that a query reads that part of the journal alone."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from services.journal.chain import micros

_LARGEST = (1 << 63) - 1
_KEPT = 50
"""Maximum number of spans that are remembered."""


class TimeBounds:
    """Finds the bounds by the index of times, and once only: a journal grows at its end.

    The entries' own times decide what belongs to a span; a clock that was set makes the bounds wider, never too narrow.
    """

    def __init__(self, query: Callable[[str, Sequence[object]], list[tuple[Any, ...]]]) -> None:
        """`query`: all rows of a statement with these values."""
        self._query = query
        self._bounds: dict[tuple[int, int], tuple[int, int, int]] = {}
        """By span: the first and last number, and the newest entry that was considered; (0, 0): none lies in it."""

    def of(self, since: datetime, before: datetime | None) -> tuple[int, int]:
        """The first and last number of the entries from `since` to before `before` (UTC); (0, 0): there are none."""
        span = (micros(since), micros(before) if before is not None else _LARGEST)
        newest = self._one("SELECT max(seq), NULL FROM entries", ())[0]
        if span not in self._bounds:
            first, last = self._one("SELECT min(seq), max(seq) FROM entries WHERE at >= ? AND at < ?", span)
        else:
            first, last, considered = self._bounds[span]
            # The plus keeps SQLite from using the times' index.
            text = "SELECT min(seq), max(seq) FROM entries WHERE seq > ? AND +at >= ? AND +at < ?"
            news = self._one(text, (considered, *span)) if newest > considered else (0, 0)
            first, last = first or news[0], max(last, news[1])
        while len(self._bounds) >= _KEPT:
            self._bounds.pop(next(iter(self._bounds)))
        self._bounds[span] = (first, last, newest)
        return first, last

    def _one(self, statement: str, values: Sequence[object]) -> tuple[int, int]:
        ((first, last),) = self._query(statement, values)
        return int(first or 0), int(last or 0)
