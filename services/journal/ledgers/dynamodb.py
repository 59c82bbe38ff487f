"""A ledger in a DynamoDB table, by single conditional puts and consistent reads: no transactions, no lease.

The same calls work on a global table with multi-Region strong consistency. The requests themselves are
`services.aws.ledgers.table`'s.
"""

from collections.abc import AsyncIterator, Sequence

from services.aws.client.errors import AwsError
from services.aws.ledgers.sessions import ledger_session
from services.aws.ledgers.table import LARGEST, LedgerPartition, LedgerTable
from services.clock import Clock
from services.journal.ledger import LIMIT
from services.journal.ledgers.aws_problems import AwsProblems
from services.journal.ledgers.news import Hint
from services.journal.ledgers.registry import LedgerAddress, address_text


def opened(address: LedgerAddress, ledger_name: str, clock: Clock) -> "DynamodbLedger":
    """The engine, as `registry.open_ledger` calls it."""
    return DynamodbLedger(address, ledger_name, clock)


class DynamodbLedger:
    """See `services.journal.ledger.Ledger`; a put is attempted once, and its caller decides whether to try again."""

    def __init__(self, address: LedgerAddress, ledger_name: str, clock: Clock) -> None:
        self.address = address_text(address)
        partition = LedgerPartition(address.place, ledger_name)
        self._session = ledger_session(partition, clock, **dict(address.options))
        self._table = LedgerTable(self._session, partition)
        self._problems = AwsProblems(address, clock)
        self._hint = Hint(clock, address.poll)
        self._closed = False

    async def put(self, seq: int, record: bytes) -> bytes | None:
        """See `Ledger.put`."""
        self._require_open()
        if self._table.is_too_large(record):
            raise self._problems.too_large(len(record), LARGEST)
        try:
            return await self._table.put(seq, record)
        except AwsError as error:
            raise self._problems.of(error) from error

    async def read(self, after: int, limit: int = LIMIT) -> Sequence[tuple[int, bytes]]:
        """See `Ledger.read`."""
        self._require_open()
        try:
            return await self._table.after(after, limit)
        except AwsError as error:
            raise self._problems.of(error) from error

    async def news(self) -> AsyncIterator[None]:
        """See `Ledger.news`."""
        while not self._closed:
            await self._hint.wait()
            yield

    async def close(self) -> None:
        """See `Ledger.close`."""
        self._closed = True
        self._hint.give()
        await self._session.close()

    def _require_open(self) -> None:
        if self._closed:
            raise self._problems.closed()
