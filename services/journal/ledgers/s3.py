"""A ledger in an S3 bucket, by puts with If-None-Match: above all the archive that records are copied to.
With Object Lock and a bucket policy that demands the condition, nobody with a console's rights can alter it.
The requests themselves are `services.aws.ledgers.bucket`'s."""

from services.aws.client.meter import UsageMeter
from services.aws.ledgers.bucket import CONFLICT, LARGEST, LedgerBucket, LedgerFolder
from services.aws.ledgers.sessions import ledger_session
from services.clock import Clock
from services.journal.ledgers.aws_ledger import AwsLedger
from services.journal.ledgers.registry import LedgerAddress


def opened(
    address: LedgerAddress, ledger_name: str, clock: Clock, meter: UsageMeter | None = None
) -> AwsLedger:
    bucket, _slash, prefix = address.place.partition("/")
    folder = LedgerFolder(bucket, f"{prefix}/" if prefix else "", ledger_name)
    session = ledger_session(folder, clock, meter, **dict(address.options))
    return AwsLedger(
        address, session, LedgerBucket(session, folder), clock, largest=LARGEST, unsure=(CONFLICT,)
    )
