"""The shared log of a journal's records: every number is taken once, by whoever comes first. A ledger knows
nothing of entries: chain, claims and holds are decided above it (`services.journal.appending`) from a local
copy that contains every record before the number being written. One file per engine in
`services.journal.ledgers`."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Protocol

from services.i18n import _
from services.models.problem import Problem, ProblemKind
from services.models.text import clean

LIMIT = 1000  # Records of one read
GIB = 1 << 30
"""Bytes of a record at most, where the engine has no lower limit: more than a console ever writes."""


class LedgerUnavailable(Exception):
    """The ledger gave no answer: a record may or may not have been stored; `problem` has the cause and the remedy."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.summary)
        self.problem = problem


def silent(address: str, seconds: float, remedy: str, at: datetime) -> LedgerUnavailable:
    """The error for a ledger that gave no answer for so long (real time); `at` is now (UTC)."""
    summary = _("The ledger did not answer within {seconds} seconds: {place}").format(
        place=clean(address), seconds=f"{seconds:g}"
    )
    return LedgerUnavailable(Problem(kind=ProblemKind.UNREACHABLE, summary=summary, remedy=remedy, at=at))


class Rejected(LedgerUnavailable):
    """The ledger refused this attempt, and asking again would not help before somebody acts (permission, no table)."""


class TooLarge(Rejected):
    """The engine stores no record of this size; the ledger itself is well."""


class Ledger(Protocol):
    """One ledger of one engine. Every method may be called concurrently."""

    address: str
    """As in the configuration, without passwords: `dynamodb://toban-journal?region=ap-northeast-1`."""
    largest: int  # Bytes of a record at most

    async def put(self, seq: int, record: bytes) -> bytes | None:
        """Store the record under this number if nothing is there. Returns None if stored, else what is there
        instead. Atomic among all writers, and durable when it returns. Record 0 identifies the journal;
        entries begin at 1. `record` is UTF-8 JSON. Raises Unavailable, Rejected."""
        ...

    async def read(self, after: int, limit: int = LIMIT) -> Sequence[tuple[int, bytes]]:
        """Up to `limit` records with numbers greater than `after`, ascending; -1 begins at record 0.
        Consistent: contains every record whose `put` returned before the call. Raises Unavailable,
        Rejected."""
        ...

    def news(self) -> AsyncIterator[None]:
        """Yield whenever there may be new records: late or needlessly at times, but after the poll's seconds
        at the latest. Raises nothing; an engine that cannot be reached yields as it polls."""
        ...

    async def close(self) -> None:
        """Close every connection; later calls raise Unavailable."""
        ...
