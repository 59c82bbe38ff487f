"""The SQL of a query, shaped so that the first page of any of them reads little of a large journal."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field

from services.journal.chain import micros, storable
from services.journal.schema import SELECTED
from services.models.journal import EntryQuery

MANY_KINDS = 8
"""From here on it is cheaper to look at every entry than to merge an index for each kind."""


def fold(text: str) -> str:
    """The text as it is searched: full-width and half-width, upper and lower case are the same."""
    return unicodedata.normalize("NFKC", storable(text)).casefold()


def searched(row: Sequence[object]) -> str:
    """What a search looks through: text, target, subject and OS user of a row."""
    return "\n".join((str(row[5]), str(row[4]), str(row[3]), str(row[6])))


@dataclass
class _Where:
    parts: list[str] = field(default_factory=list)
    values: list[object] = field(default_factory=list)

    def add(self, part: str, *values: object) -> None:
        self.parts.append(part)
        self.values += values


def select(
    query: EntryQuery, *, limit: int, before_seq: int | None, after_seq: int | None, newest_first: bool
) -> tuple[str, list[object]]:
    """The statement and its values; its rows are the columns of `chain.COLUMNS`."""
    where = _where(query)
    tables, outer = _tables(query)
    if before_seq is not None:
        where.add(f"{outer}.seq < ?", before_seq)
    if after_seq is not None:
        where.add(f"{outer}.seq > ?", after_seq)
    order = "DESC" if newest_first else "ASC"
    kinds = sorted(kind.value for kind in query.kinds)
    if not kinds or len(kinds) >= MANY_KINDS:
        if kinds:
            # The plus keeps SQLite from sorting what it finds under each kind.
            where.add(f"+entries.kind IN ({', '.join('?' * len(kinds))})", *kinds)
        text = (
            f"SELECT {SELECTED} FROM {tables} WHERE {_all(where.parts)} ORDER BY {outer}.seq {order} LIMIT ?"
        )
        return text, [*where.values, limit]
    # SQLite merges the branches of a compound by their order, so it reads no more of each than is shown.
    arm = f"SELECT {SELECTED} FROM {tables} WHERE {_all(['entries.kind = ?', *where.parts])}"
    text = f"{' UNION ALL '.join([arm] * len(kinds))} ORDER BY 1 {order} LIMIT ?"
    return text, [*(value for kind in kinds for value in (kind, *where.values)), limit]


def _tables(query: EntryQuery) -> tuple[str, str]:
    """What is read, and the table whose number bounds and orders it: SQLite uses the outer one's alone."""
    if not fold(query.words).split():
        return "entries", "entries"
    few_kinds = 0 < len(query.kinds) < MANY_KINDS
    narrowed = few_kinds or query.person or query.target or query.subject or query.since or query.before
    outer, inner = ("entries", "words") if narrowed else ("words", "entries")
    # A cross join keeps the order of the tables: the narrow one is read through when nothing else narrows.
    return f"{outer} CROSS JOIN {inner} ON words.seq = entries.seq", outer


def _where(query: EntryQuery) -> _Where:
    where = _Where()
    for column, value in (("user", query.person), ("target", query.target), ("subject", query.subject)):
        if value:
            where.add(f"entries.{column} = ?", storable(value))
    if query.since:
        where.add("entries.at >= ?", micros(query.since))
    if query.before:
        where.add("entries.at < ?", micros(query.before))
    for word in fold(query.words).split():
        where.add("instr(words.folded, ?) > 0", word)
    return where


def _all(parts: list[str]) -> str:
    return " AND ".join(parts) or "1"
