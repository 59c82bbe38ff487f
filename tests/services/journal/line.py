"""The line between one host and a ledger, which a test cuts."""

from collections import Counter
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime

from services.journal.ledger import LIMIT, Ledger, LedgerUnavailable
from services.models.problem import Problem, ProblemKind

WHEN = datetime(2026, 1, 14, tzinfo=UTC)


class Line:
    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self.address, self.largest = ledger.address, ledger.largest
        self.is_cut = False
        self.loses_answers = False  # What is sent arrives, but nobody is told
        self.breaks = False  # What is sent next arrives, but nobody is told, and the line is cut from then on
        self.requests: Counter[str] = Counter()

    async def put(self, seq: int, record: bytes) -> bytes | None:
        self.requests["put"] += 1
        self._check()
        standing = await self._ledger.put(seq, record)
        self.is_cut, self.breaks = self.breaks, False
        self._check()
        if self.loses_answers:
            raise no_answer()
        return standing

    async def read(self, after: int, limit: int = LIMIT) -> Sequence[tuple[int, bytes]]:
        self.requests["read"] += 1
        self._check()
        return await self._ledger.read(after, limit)

    async def news(self) -> AsyncIterator[None]:
        async for hint in self._ledger.news():
            yield hint

    async def close(self) -> None:
        """See `Ledger.close`."""

    def _check(self) -> None:
        if self.is_cut:
            raise no_answer()


def no_answer() -> LedgerUnavailable:
    """What an engine raises that gets no answer."""
    return LedgerUnavailable(
        Problem(kind=ProblemKind.UNREACHABLE, summary="The ledger does not answer.", remedy="Wait.", at=WHEN)
    )
