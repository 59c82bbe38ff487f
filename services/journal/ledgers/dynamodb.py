"""A ledger in a DynamoDB table, by single conditional puts and consistent reads: no transactions, no lease.
The same calls work on a global table with multi-Region strong consistency. Requests:
`services.aws.ledgers.table`."""

from services.aws.client.meter import UsageMeter
from services.aws.ledgers.sessions import ledger_session
from services.aws.ledgers.table import LedgerPartition, LedgerTable, largest_record
from services.clock import Clock
from services.journal.ledgers.aws_ledger import AwsLedger
from services.journal.ledgers.registry import LedgerAddress


def opened(
    address: LedgerAddress, ledger_name: str, clock: Clock, meter: UsageMeter | None = None
) -> AwsLedger:
    partition = LedgerPartition(address.place, ledger_name)
    session = ledger_session(partition, clock, meter, **dict(address.options))
    return AwsLedger(
        address, session, LedgerTable(session, partition), clock, largest=largest_record(ledger_name)
    )
