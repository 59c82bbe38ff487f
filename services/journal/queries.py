"""The SQL of a query, designed so that the first page of any query reads little of a large journal."""

import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from services.journal.chain import micros, storable
from services.journal.schema import LISTED, SELECTED
from services.models.journal import EntryQuery

_LARGEST = (1 << 63) - 1
_KEPT = 50  # Maximum number of spans that are remembered
MANY_KINDS = 8
"""Number of kinds from which reading all entries is cheaper than merging the indexes of the kinds."""


def fold(text: str) -> str:
    """The text as it is indexed for searching: width (full, half) and case are ignored."""
    return unicodedata.normalize("NFKC", storable(text)).casefold()


def searched(row: Sequence[object]) -> str:
    return "\n".join((str(row[5]), str(row[4]), str(row[3]), str(row[6])))


@dataclass
class _Where:
    parts: list[str] = field(default_factory=list)
    values: list[object] = field(default_factory=list)

    def add(self, part: str, *values: object) -> None:
        self.parts.append(part)
        self.values += values


def select(
    query: EntryQuery,
    *,
    limit: int,
    before_seq: int | None,
    after_seq: int | None,
    newest_first: bool,
    whole: bool = True,
) -> tuple[str, list[object]]:
    """The statement and its values; its rows are the columns of `chain.COLUMNS`. Without `whole`, large
    bodies are ""."""
    selected = SELECTED if whole else LISTED
    where = _where(query)
    tables, outer = _tables(query)
    if before_seq is not None:
        where.add(f"{outer}.seq < ?", before_seq)
    if after_seq is not None:
        where.add(f"{outer}.seq > ?", after_seq)
    order = "DESC" if newest_first else "ASC"
    kinds = _kinds(query)
    if not kinds or len(kinds) >= MANY_KINDS:
        if kinds:
            # The plus keeps SQLite from using the kinds' index, and so from sorting.
            where.add(f"+entries.kind IN ({', '.join('?' * len(kinds))})", *kinds)
        text = (
            f"SELECT {selected} FROM {tables} WHERE {_all(where.parts)} ORDER BY {outer}.seq {order} LIMIT ?"
        )
        return text, [*where.values, limit]
    # SQLite merges the branches of a compound in order, so it reads no more of each than is needed.
    arm = f"SELECT {selected} FROM {tables} WHERE {_all(['entries.kind = ?', *where.parts])}"
    text = f"{' UNION ALL '.join([arm] * len(kinds))} ORDER BY 1 {order} LIMIT ?"
    return text, [*(value for kind in kinds for value in (kind, *where.values)), limit]


def _tables(query: EntryQuery) -> tuple[str, str]:
    """The tables to read, and the one whose number bounds and orders them: SQLite uses only the outer table's."""
    if not fold(query.words).split():
        return "entries", "entries"
    few_kinds = 0 < len(_kinds(query)) < MANY_KINDS
    narrowed = few_kinds or query.person or query.target or query.subject or query.since or query.before
    outer, inner = ("entries", "words") if narrowed else ("words", "entries")
    # A cross join fixes the order of the tables: without another condition the narrow one is read through.
    return f"{outer} CROSS JOIN {inner} ON words.seq = entries.seq", outer


def _kinds(query: EntryQuery) -> list[str]:
    return sorted({kind.value for kind in query.kinds} | {storable(kind) for kind in query.unknown_kinds})


def _where(query: EntryQuery) -> _Where:
    where = _Where()
    for column, value in (("user", query.person), ("target", query.target), ("subject", query.subject)):
        if value:
            where.add(f"entries.{column} = ?", storable(value))
    # The plus keeps SQLite from using the times' index, and so from sorting: the numbers bound what is read.
    if query.since:
        where.add("+entries.at >= ?", micros(query.since))
    if query.before:
        where.add(f"{'+' if query.since else ''}entries.at < ?", micros(query.before))
    for word in fold(query.words).split():
        where.add("instr(words.folded, ?) > 0", word)
    return where


def _all(parts: list[str]) -> str:
    return " AND ".join(parts) or "1"


class TimeBounds:
    """Finds the numbers between which all entries of a span of time lie, so that a query reads that part
    alone. The index of times tells them, and once only: a journal grows at its end. The entries' own times
    decide what belongs to a span; a clock that was set makes the bounds wider, never too narrow."""

    def __init__(self, query: Callable[[str, Sequence[object]], list[tuple[Any, ...]]]) -> None:
        """`query`: all rows of a statement with these values."""
        self._query = query
        self._bounds: dict[tuple[int, int], tuple[int, int, int]] = {}
        """By span: the first and last number, and the newest entry that was considered; (0, 0): none lies in it."""
        self._newest: tuple[int, str] = (0, "")
        """The newest entry's number and hash when they were last asked for."""

    def of(self, since: datetime, before: datetime | None) -> tuple[int, int]:
        """The first and last number of the entries from `since` to before `before` (UTC); (0, 0): there are none."""
        span = (micros(since), micros(before) if before is not None else _LARGEST)
        newest, head = self._head()
        if self._query("SELECT hash FROM entries WHERE seq = ?", (self._newest[0],)) != [(self._newest[1],)]:
            # Not a later state of the same journal: a backup was put back.
            self._bounds.clear()
        self._newest = newest, head
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

    def _head(self) -> tuple[int, str]:
        rows = self._query("SELECT seq, hash FROM entries ORDER BY seq DESC LIMIT 1", ())
        return rows[0] if rows else (0, "")

    def _one(self, statement: str, values: Sequence[object]) -> tuple[int, int]:
        ((first, last),) = self._query(statement, values)
        return int(first or 0), int(last or 0)
